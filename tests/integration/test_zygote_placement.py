"""Where the daemon's threads run, and that jobs do not have to run there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

Placed = tuple[list[int], int]
"""Processors and scheduling policy; JSON makes a list of it."""

PROGRAM = """
import json, os, sys, threading, time
from pathlib import Path
from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.adapters.processors import present_placement, settle_down
from tests.integration.executor_bench import Bench

def placed(thread):
    return [sorted(os.sched_getaffinity(thread)), os.sched_getscheduler(thread)]

executor = ZygoteExecutor()
executor.open()
before = present_placement()
settle_down()
threads = [placed(int(thread)) for thread in os.listdir("/proc/self/task")]
later = []
one = threading.Thread(target=lambda: later.append(placed(threading.get_native_id())))
one.start()
one.join()
bench = Bench(executor, Path(sys.argv[1]))
job = "import json, os\\ndef job():\\n    print(json.dumps(PLACED))\\n"
job = job.replace("PLACED", "[sorted(os.sched_getaffinity(0)), os.sched_getscheduler(0)]")
child = json.loads(bench.output(bench.function(job)))
executor.close()
print(json.dumps([[sorted(before.processors), before.policy], threads, later[0], child]))
"""


def _run(folder: Path, policy: str) -> tuple[Placed, list[Placed], Placed]:
    """Return what the program says that was placed by this option of chrt(1): itself, its threads, a job."""
    program = ["chrt", policy, "0", sys.executable, "-c", PROGRAM, str(folder)]
    done = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    before, threads, later, child = json.loads(done.stdout)
    return before, [*threads, later], child


def test_all_threads_take_turns_on_one_processor_and_jobs_run_as_the_daemon_was_started(tmp_path: Path) -> None:
    before, threads, child = _run(tmp_path, "--other")
    assert {tuple(processors) for processors, _ in threads} <= {(processor,) for processor in before[0]}
    assert {policy for _, policy in threads} == {os.SCHED_BATCH}
    assert child == before
    assert before[1] == os.SCHED_OTHER


def test_a_policy_that_somebody_has_chosen_stays(tmp_path: Path) -> None:
    before, threads, child = _run(tmp_path, "--idle")
    assert before[1] == os.SCHED_IDLE
    assert {policy for _, policy in threads} == {os.SCHED_IDLE}
    assert child == before
