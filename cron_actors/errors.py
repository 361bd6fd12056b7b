"""The exceptions of the project: one class per reaction a caller can have.

A run never ends in one of these: a run ends in an outcome, which is a value.
"""

from __future__ import annotations


class CronActorsError(Exception):
    """The root of every error that cron_actors raises on purpose."""


class InvalidValueError(CronActorsError, ValueError):
    """One value that a user wrote cannot be taken; the text says what was found and what is accepted."""


class UsageError(CronActorsError):
    """The user asked for something that does not exist or contradicts itself: exit code 2."""


class SettingsError(UsageError):
    """An environment variable holds what it must not; the text names the variable."""


class JobsFileError(UsageError):
    """The jobs cannot be loaded; ``problems`` holds one readable line per fault, all faults at once."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep the lines, in the order of the file."""
        super().__init__("\n".join(problems))
        self.problems = problems


class SubmissionError(UsageError):
    """Work cannot be submitted as it is; the text names the work or the option. Nothing was stored."""


class UnknownWorkError(SubmissionError):
    """There is no such function or worker class, or no other process could find it."""


class WrongArgumentsError(SubmissionError):
    """The work cannot be called with these arguments."""


class UnknownQueueError(SubmissionError):
    """There is no such queue, or the worker class names none."""


class DelayError(SubmissionError, InvalidValueError):
    """No moment for it: negative, in the past, further than a year ahead, no integer, or two of them."""


class StartError(CronActorsError):
    """The daemon cannot start or cannot go on (another daemon, a newer database, no permission): exit code 1."""


class StoreError(CronActorsError):
    """The store refused; nothing of the transaction was written."""


class StoreBusyError(StoreError):
    """The store cannot write for now (locked, full disk, I/O error): keep the batch and try again."""


class IllegalTransitionError(CronActorsError):
    """A run was asked to go from one state to another that the table of states does not know: a bug."""
