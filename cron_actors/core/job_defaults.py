"""The section ``defaults`` of a jobs file, laid under each of its jobs (A12)."""

from __future__ import annotations

from collections.abc import Mapping

from cron_actors.core.problems import Pointer
from cron_actors.model.job import Json

OWN_KEYS = ("identifier", "path", "function_name", "args", "kwargs", "command")
"""What every job says itself: its name and what it runs."""

_WHEN_KEYS = ("periodicity", "cron", "run_at", "run_in", "at_startup", "manual")
_POLICY = "policy"


def merged(job: Mapping[str, Json], defaults: Mapping[str, Json]) -> dict[str, Json]:
    """Return the job with the defaults under it.

    The job's own keys win; objects on both sides are merged key by key. A null of the job takes the default away. A job
    that says when it runs takes nothing of when the others run, and ``shell`` and ``python`` reach only those jobs that
    can have them.
    """
    if not defaults:
        return dict(job)
    usable = {key: value for key, value in defaults.items() if _suits(key, job)}
    own = {key: value for key, value in job.items() if value is not None or key not in defaults}
    left = {key: value for key, value in usable.items() if key not in job}
    both = {key: _joined(key, value, usable[key]) for key, value in own.items() if key in usable}
    return {**left, **own, **both}


def placed(pointer: Pointer, job: Mapping[str, Json], defaults: Mapping[str, Json]) -> Pointer | None:
    """Return where in the defaults a value of a merged job stands, None if the job says it itself.

    ``pointer`` starts at the job, the result at the top of the file.
    """
    match pointer:
        case (str(key), *_) if key in defaults and key not in job:
            return ("defaults", *pointer)
        case (str(key), str(inner), *_):
            own, usual = _objects(key, job.get(key), defaults.get(key))
            if isinstance(own, dict) and isinstance(usual, dict) and inner in usual and inner not in own:
                return ("defaults", *pointer)
    return None


def _suits(key: str, job: Mapping[str, Json]) -> bool:
    if key in _WHEN_KEYS:
        return not any(job.get(other) not in (None, False) for other in _WHEN_KEYS)
    if key == "shell":
        return isinstance(job.get("command"), str)
    return key != "python" or "command" not in job


def _joined(key: str, own: Json, usual: Json) -> Json:
    own, usual = _objects(key, own, usual)
    if not isinstance(own, dict) or not isinstance(usual, dict):
        return own
    kept = {name: value for name, value in own.items() if value is not None or name not in usual}
    return {**{name: value for name, value in usual.items() if name not in own}, **kept}


def _objects(key: str, *values: Json) -> list[Json]:
    """Return the values, a policy written alone as the object it stands for."""
    if key != "catch_up":
        return list(values)
    return [{_POLICY: value} if isinstance(value, str) else value for value in values]
