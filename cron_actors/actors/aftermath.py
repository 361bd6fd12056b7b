"""What follows the end of an attempt's own process: callbacks of its worker class, a process left to go on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum

from cron_actors.model.callback import Callback, CallbackKind
from cron_actors.model.run import Ending, Identity, Outcome

FAILED = (Outcome.FAILURE, Outcome.TIMEOUT)


class Stage(Enum):
    """How far an attempt has come."""

    PERFORMING = "performing"
    LEFT_RUNNING = "left running"
    AFTER_ASYNC = "after_async"
    AFTER_ERROR = "after_error"


@dataclass(slots=True, kw_only=True)
class Aftermath:
    """The stages of one attempt after each other; ``follow`` is told of each end and says what comes next.

    ``launched`` is the process left running, ``failed`` how the attempt ended whose failure is being told to its class.
    """

    stage: Stage = Stage.PERFORMING
    launched: Identity | None = None
    failed: Ending | None = None
    callbacks: tuple[str, ...] = ()
    took: timedelta = timedelta(0)

    @classmethod
    def of_adopted(cls, launched: Identity, so_far: timedelta) -> Aftermath:
        """Return that of a process which an earlier daemon looked after; its class may have any of the callbacks.

        ``so_far`` is how long the attempt has taken until now.
        """
        return cls(stage=Stage.LEFT_RUNNING, launched=launched, callbacks=tuple(CallbackKind), took=so_far)

    def follow(self, ending: Ending, verdict: Outcome | None) -> Callback | Identity | Ending | None:
        """Return what follows this end, which is judged already: it counts as ``verdict`` if we asked for it.

        A callback to be called, a process to be watched, how the attempt ended, or None: the next daemon goes on.
        """
        if self.failed is not None:
            trouble = None if ending.outcome is Outcome.SUCCESS else ending.error
            return replace(self.failed, callback_error=ending.callback_error or trouble)
        if self.stage is Stage.PERFORMING and ending.outcome is Outcome.SUCCESS:  # as most are
            return ending
        if self.stage is Stage.PERFORMING or self.stage is Stage.AFTER_ASYNC:
            self.callbacks = ending.callbacks
        ending = replace(ending, duration=self.took + ending.duration)
        if ending.outcome is Outcome.LAUNCHED and ending.launched is not None:
            self.stage, self.launched, self.took = Stage.LEFT_RUNNING, ending.launched, ending.duration
            return ending.launched
        if self.launched is None:
            return self._failed(ending)
        return self._of_launched(ending, verdict)

    def _of_launched(self, ending: Ending, verdict: Outcome | None) -> Callback | Ending | None:
        if ending.outcome is Outcome.INTERRUPTED:
            # As ours we end the callback only: the run stays launched, and the next daemon finds its process gone.
            return None if verdict is Outcome.INTERRUPTED else self._failed(replace(ending, outcome=Outcome.FAILURE))
        if self.stage is Stage.LEFT_RUNNING and ending.outcome is Outcome.SUCCESS:
            self.stage, self.took = Stage.AFTER_ASYNC, ending.duration
            if CallbackKind.AFTER_ASYNC in self.callbacks:
                return Callback(kind=CallbackKind.AFTER_ASYNC, launched=self.launched)
        return self._failed(ending)

    def _failed(self, ending: Ending) -> Callback | Ending:
        """Return the ending, or the callback that is told of it first if it is a failure."""
        if ending.outcome not in FAILED or CallbackKind.AFTER_ERROR not in self.callbacks:
            return ending
        self.stage, self.failed = Stage.AFTER_ERROR, ending
        return Callback(kind=CallbackKind.AFTER_ERROR, error=ending.error, output_tail=ending.output_tail)
