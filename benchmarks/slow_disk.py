"""A slower disk than the machine has: every fsync(2) and fdatasync(2) of a measurement takes so long at the least.

A queue that commits once for each task is as fast as its disk, one that commits for many at once is not: how they
compare depends on the disk, and this shows it for another one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from daemon import new_folder

VARIABLE = "BENCH_SYNC_AT_LEAST_NS"

_SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int slowly(const char *name, int file) {
    int (*sync)(int) = (int (*)(int)) dlsym(RTLD_NEXT, name);
    const char *text = getenv("BENCH_SYNC_AT_LEAST_NS");
    long long until = now() + (text ? atoll(text) : 0);
    int result = sync(file);
    struct timespec t = {until / 1000000000LL, until % 1000000000LL};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
    return result;
}

int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
"""


def begin_anew(milliseconds: float) -> None:
    """Run this very program anew on such a disk, unless it is already; raises OSError without a C compiler."""
    if VARIABLE in os.environ:
        return
    compiler = shutil.which("cc")
    if compiler is None:
        raise OSError("a slower disk needs a C compiler (cc), and there is none")
    folder = new_folder()
    library = folder / "slow_disk.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O2", "-o", library, "-x", "c", "-"], input=_SOURCE.encode(), check=True
    )
    environment = {**os.environ, "LD_PRELOAD": str(library), VARIABLE: str(int(milliseconds * 1e6))}
    arguments = [sys.executable, str(Path(sys.argv[0]).resolve()), *sys.argv[1:]]
    sys.exit(subprocess.run(arguments, env=environment, check=False).returncode)
