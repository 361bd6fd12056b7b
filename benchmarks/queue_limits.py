"""What this machine can do at most: bare processes started and waited for, and commits that reach the disk."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time

from conditions import table
from daemon import new_folder

FORKS = 1_000
COMMITS = 1_000
ROUNDS = 3

_BARE_FORKS = f"""
import gc, os, time
import cron_actors.adapters.executors.zygote
gc.freeze()
begun = time.perf_counter()
for _ in range({FORKS}):
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
print({FORKS} / (time.perf_counter() - begun))
"""


def fork_rate() -> float:
    """Return how many processes a second are forked and waited for, one after the other.

    A fork costs what the memory of its process takes to be copied: this one has loaded what the daemon's template has.
    """
    program = [sys.executable, "-c", _BARE_FORKS]
    return max(float(subprocess.run(program, capture_output=True, check=True).stdout) for _ in range(ROUNDS))


def commit_rate() -> float:
    """Return how many transactions of one row a second SQLite makes durable (WAL, synchronous=FULL)."""
    connection = sqlite3.connect(new_folder() / "commits.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (x)")
    best = 0.0
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for number in range(COMMITS):
            connection.execute("INSERT INTO t VALUES (?)", (number,))
        best = max(best, COMMITS / (time.perf_counter() - begun))
    connection.close()
    return best


def limits() -> dict[str, float]:
    """Measure both, print them, return the rates a second."""
    found = {"fork": fork_rate(), "commit": commit_rate()}
    rows = [("bare fork and wait", f"{found['fork']:.0f}"), ("fsynced commit of one row", f"{found['commit']:.0f}")]
    print(table((f"limit ({os.cpu_count()} cores)", "a second"), rows))
    return found
