"""Secrets, hidden before anything is printed."""

from __future__ import annotations

import re

from cron_actors.model.job import Json

HIDDEN = "***"
_SECRET_NAME = re.compile("PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
# Up to the last @ before the path: a password may hold one itself. Only the end of a long scheme is looked at, as
# otherwise each letter of a long word would be the beginning of one.
_URL_PASSWORD = re.compile(r"(?P<user>[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s:/@]*):[^\s/]*@")

_FOUND_IN_FIELD = re.compile(r"(?<!\S)(?P<field>\S++)(?<=:) found ")
_VARIABLE = re.compile(r"\benv\.(?P<name>.*)")
_ACCEPTED = "; accepted"


def is_secret(name: str) -> bool:
    """Say whether the value of a variable with this name must never be printed."""
    return _SECRET_NAME.search(name) is not None


def without_passwords(text: str) -> str:
    """Return the text with the password of every URL hidden, and what an error found in a secret variable.

    >>> without_passwords("postgresql://ann:s3cret@db/jobs")
    'postgresql://ann:***@db/jobs'
    >>> without_passwords("job 'a', env.API_KEY: found the number 5; accepted: text in quotes")
    "job 'a', env.API_KEY: found ***; accepted: text in quotes"
    """
    hidden = _URL_PASSWORD.sub(rf"\g<user>:{HIDDEN}@", text)
    return "".join(map(_without_finding, hidden.splitlines(keepends=True))) if _ACCEPTED in hidden else hidden


def _without_finding(line: str) -> str:
    """Return the line of an error about a jobs file without what was found in a secret variable."""
    end = line.rfind(_ACCEPTED)
    for match in _FOUND_IN_FIELD.finditer(line, 0, max(end, 0)):
        variable = _VARIABLE.search(match["field"])
        if variable is not None and is_secret(variable["name"]):
            return f"{line[: match.end()]}{HIDDEN}{line[end:]}"
    return line


def without_secrets(job: dict[str, Json]) -> dict[str, Json]:
    """Return a job as it was written, with the secret values of its ``env`` and the passwords of all URLs hidden."""
    return {key: _masked_environment(value) if key == "env" else _masked(value) for key, value in job.items()}


def _masked_environment(env: Json) -> Json:
    if not isinstance(env, dict):
        return _masked(env)
    return {name: HIDDEN if is_secret(name) else _masked(value) for name, value in env.items()}


def _masked(value: Json) -> Json:
    if isinstance(value, str):
        return without_passwords(value)
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return value
