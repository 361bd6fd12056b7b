"""Run the benchmarks: ``python benchmarks/run.py all`` or one of them by name; exits 1 where a bound is missed.

Options after the name of one are its own: ``python benchmarks/run.py queue --help``.
"""

from __future__ import annotations

import importlib
import sys
from itertools import dropwhile
from pathlib import Path

NAMES = ("lateness", "idle", "tick", "load", "simulate", "queue")


def main(arguments: list[str]) -> int:
    """Run what is asked for, print its table and its line of figures; return the exit code."""
    options = list(dropwhile(lambda word: not word.startswith("-"), arguments))
    wanted = arguments[: len(arguments) - len(options)] or ["all"]
    names = NAMES if wanted == ["all"] else tuple(wanted)
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(Path(__file__).parent))
    if options and len(names) > 1:
        print("options are those of one benchmark: name it", file=sys.stderr)
        return 2
    own = [options] if options else []
    missed = [bound for name in names for bound in importlib.import_module(f"bench_{name}").main(*own)]
    for bound in missed:
        print(f"MISSED: {bound}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
