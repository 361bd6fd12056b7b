"""What all jobs of a new jobs file say alike, said once, in its section ``defaults``."""

from __future__ import annotations

from collections.abc import Sequence

from cron_actors.model.job import Json

_SHAREABLE = ("timezone", "catch_up", "user", "group", "shell", "working_directory", "env", "x-mailto")
_FEWEST_JOBS = 2


def jobs_file(jobs: Sequence[dict[str, Json]]) -> dict[str, Json]:
    """Return the content of a jobs file with these jobs; ``core.job_defaults`` makes the same jobs of it again."""
    if len(jobs) < _FEWEST_JOBS:
        return {"jobs": list(jobs)}
    found = {key: _shared([job.get(key) for job in jobs]) for key in _SHAREABLE}
    defaults: dict[str, Json] = {key: value for key, value in found.items() if value is not None}
    rest: list[Json] = [_without(job, defaults) for job in jobs]
    return {"defaults": defaults, "jobs": rest} if defaults else {"jobs": rest}


def _shared(values: Sequence[Json]) -> Json:
    """Return the value if all are alike; of objects what they have in common, None if that is nothing."""
    first, *others = values
    if not isinstance(first, dict):
        return first if all(value == first for value in others) else None
    common = {
        key: value
        for key, value in first.items()
        if all(isinstance(other, dict) and other.get(key) == value for other in others)
    }
    return common or None


def _without(job: dict[str, Json], defaults: dict[str, Json]) -> dict[str, Json]:
    """Return the job without what the defaults say."""
    rest: dict[str, Json] = {}
    for key, value in job.items():
        usual = defaults.get(key)
        if isinstance(value, dict) and isinstance(usual, dict):
            value = {name: inner for name, inner in value.items() if name not in usual}  # noqa: PLW2901 - the rest of it
        elif usual is not None:
            continue
        if value != {}:
            rest[key] = value
    return rest
