"""The exit codes of the command line."""

from __future__ import annotations

OK = 0
FAILURE = 1
USAGE = 2
TIMED_OUT = 124  # as timeout(1) has it
INTERRUPTED = 130  # 128 + SIGINT, as a shell has it
BROKEN_PIPE = 141  # 128 + SIGPIPE, as a filter that the signal ends
SIGNAL_BASE = 128
