"""Programs as execvp(3) finds them, and the texts for those that cannot be started."""

from __future__ import annotations

import os

NOT_FOUND = 127
NOT_RUNNABLE = 126


class StillbornError(Exception):
    """The child cannot be started: one line for people, and the status that a shell would give."""

    def __init__(self, text: str, status: int = NOT_RUNNABLE) -> None:
        """Keep both."""
        super().__init__(text)
        self.text = text
        self.status = status


def find_program(name: str, path: str) -> str:
    """Return the first program of the name that can be executed, else the first that exists.

    ``path`` is a PATH; it is not asked for a name with a slash. Raises FileNotFoundError.
    """
    if "/" in name:
        return name
    candidates = [f"{folder or '.'}/{name}" for folder in path.split(":")]
    files = [candidate for candidate in candidates if os.path.isfile(candidate)]  # noqa: PTH113 - pathlib costs memory
    if not files:
        raise FileNotFoundError(name)
    return next((file for file in files if os.access(file, os.X_OK)), files[0])


def not_started(name: str, error: OSError | ValueError) -> StillbornError:
    """Return what to say of a program whose start failed like this."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        where = "no such program" if "/" in name else "no such program in PATH"
        return StillbornError(f"cannot run {name!r}: {where}", NOT_FOUND)
    return StillbornError(f"cannot run {name!r}: {error.strerror if isinstance(error, OSError) else error}")


def enter(folder: str) -> None:
    """Make the folder the working directory; raises StillbornError."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise StillbornError(f"cannot enter the working directory {folder!r}: {error.strerror}") from error
