"""The faults of one source of jobs, as lines for people and as values for programs."""

from __future__ import annotations

from dataclasses import dataclass

from cron_actors.core.quotation import quote
from cron_actors.errors import JobsFileError

MOST_LINES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLine:
    """One fault.

    ``file`` is the source as the user named it, or ``jobs[0].timeout`` for jobs that came from no file. ``line`` and
    ``column`` count from 1 and are None where a fault has no place in a text. ``number`` counts the jobs from 1.
    """

    file: str
    message: str
    line: int | None = None
    column: int | None = None
    job: str | None = None
    number: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        """Return the fault as one line.

        >>> str(ProblemLine(file="jobs.json", line=12, column=5, job="backup", field="timeout", message="missing"))
        "jobs.json:12:5: job 'backup', timeout: missing"
        """
        name = None if self.number is None else f"job number {self.number}"
        if self.job is not None:
            name = f"job {quote(self.job)}"
        subject = ", ".join(part for part in (name, self.field and _printable(self.field)) if part)
        return ": ".join(part for part in (self.place, subject, self.message) if part)

    @property
    def place(self) -> str:
        """Return the file with line and column, as far as there are any.

        >>> ProblemLine(file="jobs.json", line=12, column=5, message="missing").place
        'jobs.json:12:5'
        """
        name = _printable(self.file)
        return name if self.line is None else f"{name}:{self.line}:{self.column}"


class FaultyJobsError(JobsFileError):
    """The jobs cannot be loaded; ``entries`` are the faults, in the order of the file, ``problems`` the lines to show.

    Those are at most ``MOST_LINES``, and one that says how many more there are. ``complete`` is False if not even
    ``entries`` holds them all, as nobody looked through the whole file.
    """

    def __init__(self, entries: tuple[ProblemLine, ...], *, complete: bool = True) -> None:
        """Keep the faults."""
        lines = [str(entry) for entry in entries[:MOST_LINES]]
        more = len(entries) - len(lines)
        if more or not complete:
            lines.append(f"and {'' if complete else 'at least '}{more} more errors")
        super().__init__(tuple(lines))
        self.entries = entries
        self.complete = complete


def _printable(name: str) -> str:
    """Keep a name of the user's on one line and encodable."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "replace").decode()
        for character in name
    )
