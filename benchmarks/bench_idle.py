"""What a daemon costs that has 100 jobs and nothing to do: CPU seconds a minute, memory with its template process."""

from __future__ import annotations

import time

from conditions import children, cpu_seconds, describe, proportional_megabytes, table
from daemon import daemon, wait_until

JOBS = 100
SETTLED_AFTER = 10.0  # seconds
SECONDS = 60.0
MOST_CPU_SECONDS = 0.3
MOST_MEGABYTES = 80.0


def main() -> list[str]:
    """Measure, print, return the bounds that were missed."""
    jobs = [{"identifier": f"job{n}", "command": "true", "cron": f"{n % 60} 3 29 2 *"} for n in range(JOBS)]
    with daemon(jobs) as (process, _):
        wait_until(time.time() + SETTLED_AFTER)  # noqa: TID251 # a measurement takes real time
        pids = [process.pid, *children(process.pid)]
        before = sum(map(cpu_seconds, pids))
        wait_until(time.time() + SECONDS)  # noqa: TID251 # as above
        used = (sum(map(cpu_seconds, pids)) - before) * 60 / SECONDS
        megabytes = sum(map(proportional_megabytes, pids))
    print(f"idle: {JOBS} jobs, none due, {SECONDS:g} s; {describe()}")
    rows = [
        ("CPU s/min", f"{used:.3f}", MOST_CPU_SECONDS),
        ("PSS MB", f"{megabytes:.1f}", MOST_MEGABYTES),
        ("processes", len(pids), 2),
    ]
    print(table(("figure", "measured", "at most"), rows))
    print(f"idle cpu_s_per_min={used:.3f} pss_mb={megabytes:.1f}")
    missed = []
    if used > MOST_CPU_SECONDS:
        missed.append(f"idle: {used:.3f} CPU s a minute, at most {MOST_CPU_SECONDS}")
    if megabytes > MOST_MEGABYTES:
        missed.append(f"idle: {megabytes:.1f} MB, at most {MOST_MEGABYTES}")
    return missed
