"""The actor-model cron daemon; see ``docs/architecture.md`` for the map."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["RunningScheduler", "Scheduler", "__version__", "launch_scheduler"]

TYPE_CHECKING = False  # type checkers take it for true; importing typing for it would cost the template process memory
if TYPE_CHECKING:
    from cron_actors.launcher import RunningScheduler, Scheduler, launch_scheduler
else:

    def __getattr__(name: str) -> object:
        """Return what a program embeds, loaded at the first use: the package alone must stay light."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from cron_actors import launcher  # noqa: PLC0415 # the whole daemon, which the template process must not carry

        return getattr(launcher, name)
