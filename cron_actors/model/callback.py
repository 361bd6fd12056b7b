"""Methods of a worker class that are called beside its work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cron_actors.model.run import Identity


class CallbackKind(StrEnum):
    """Which method of a worker class is called: after a failed attempt, or when the process it left behind is over."""

    AFTER_ERROR = "after_error"
    AFTER_ASYNC = "after_async"


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A method of a worker class to be called in a process of its own, and how the attempt ended."""

    kind: CallbackKind
    error: str | None = None
    output_tail: str = ""
    launched: Identity | None = None
