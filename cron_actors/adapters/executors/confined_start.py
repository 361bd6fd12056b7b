"""A program that becomes what an order says, as a child of the template process does; for jobs without a daemon.

Its arguments are the descriptors of two memory files: the order, and the report in which it leaves why it came to
nothing.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from cron_actors.adapters.executors.newborn import UNBORN, become
from cron_actors.adapters.executors.programs import NOT_RUNNABLE, StillbornError


def main() -> None:
    """Become it, or leave one line in the report and end with the status that a shell would give."""
    order, report = int(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(report, False)  # noqa: FBT003 - it takes no keyword
    with open(order, encoding="utf-8") as file:
        content = json.load(file)
    if "call" in content:  # wherever this was started: Ctrl-C means to Python what it always means
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        become(content, report)
    except StillbornError as error:
        text, status = error.text, error.status
    except (OSError, ValueError, MemoryError) as error:
        text, status = f"cannot start: {error}", NOT_RUNNABLE
    os.write(report, (UNBORN + text).encode("utf-8", "replace"))
    os._exit(status)


if __name__ == "__main__":
    main()
