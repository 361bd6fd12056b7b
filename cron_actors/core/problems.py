"""What is wrong with a job, as a value: where it stands in the jobs file, and one line that says what."""

from __future__ import annotations

from dataclasses import dataclass

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault of a jobs file.

    ``pointer`` leads from the top of the file to the value, or to the key that is missing. ``at_key`` says that the
    key itself is at fault, not its value. ``message`` says what was found and what is accepted.
    """

    pointer: Pointer
    message: str
    at_key: bool = False

    @property
    def field(self) -> str | None:
        """Return the field as people write it, below its job if it is inside one; None for a job or the whole file.

        >>> Problem(pointer=("jobs", 3, "cron", 1), message="").field
        'cron[1]'
        """
        inside = self.pointer[2:] if self.index is not None else self.pointer
        return dotted(inside) or None

    @property
    def index(self) -> int | None:
        """Return the place of the job in the list, from 0; None if the fault is outside the jobs."""
        match self.pointer:
            case ("jobs", int(index), *_):
                return index
            case _:
                return None


def dotted(pointer: Pointer) -> str:
    """Return the pointer as people write it.

    >>> dotted(("jobs", 0, "catch_up", "within"))
    'jobs[0].catch_up.within'
    """
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in pointer]
    return "".join(parts).removeprefix(".")
