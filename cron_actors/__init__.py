"""The actor-model cron daemon; see ``docs/architecture.md`` for the map."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = [
    "AttemptError",
    "Discard",
    "Error",
    "Event",
    "EventKind",
    "Launched",
    "ProcessEnded",
    "Run",
    "RunningScheduler",
    "Scheduler",
    "Snooze",
    "Submitted",
    "Subscription",
    "Unique",
    "Worker",
    "__version__",
    "launch_scheduler",
    "submit",
    "submit_all",
]

TYPE_CHECKING = False  # type checkers take it for true; importing typing for it would cost the template process memory
if TYPE_CHECKING:
    from cron_actors.adapters.subscription import Subscription
    from cron_actors.launcher import RunningScheduler, Scheduler, launch_scheduler
    from cron_actors.model.event import Event, EventKind
    from cron_actors.model.run import Run
    from cron_actors.submitting import Submitted, Unique, submit, submit_all
    from cron_actors.work import AttemptError, Discard, Error, Launched, ProcessEnded, Snooze, Worker
else:
    # Where each name is; loaded at the first use, for the package alone must stay light, and so must user code.
    _PLACES = {
        "Subscription": "adapters.subscription",
        **dict.fromkeys(("Event", "EventKind"), "model.event"),
        "Run": "model.run",
        **dict.fromkeys(("RunningScheduler", "Scheduler", "launch_scheduler"), "launcher"),
        **dict.fromkeys(("Submitted", "Unique", "submit", "submit_all"), "submitting"),
        **dict.fromkeys(
            ("AttemptError", "Discard", "Error", "Launched", "ProcessEnded", "Snooze", "Worker"),
            "work",
        ),
    }

    def __getattr__(name: str) -> object:
        """Return what a program embeds or a job is written with."""
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 # as above

        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
