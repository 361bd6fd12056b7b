"""A folder in which the real daemon runs as a process, and all that a user can find out about it from outside."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from cron_actors.adapters.stores.urls import open_reader
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Run, RunState
from cron_actors.settings import VARIABLES

MARKER = "CRON_ACTORS_TEST_MARKER"
DATABASE = "cron_actors.db"
LOOK_AGAIN = 0.02  # seconds
SOON_ENOUGH = 30.0  # seconds until something becomes visible, many times what it takes: machines are shared
AT_MOST = 60.0  # seconds that any command may take
NEVER = threading.Event()
PROGRAM = (sys.executable, "-m", "cron_actors")

Found = TypeVar("Found")


def job(identifier: str, command: str | list[str] = "true", **keys: Any) -> dict[str, Any]:  # noqa: ANN401 # JSON
    """Return a job that runs the command every second unless its keys say otherwise."""
    when = (
        {}
        if keys.keys() & {"cron", "run_at", "run_in", "manual", "periodicity", "at_startup"}
        else {"periodicity": "1s"}
    )
    work = {} if "path" in keys else {"command": command}
    return {"identifier": identifier, **work, **when, **keys}


class DaemonHome:
    """A folder with a jobs file, a database and logs; its daemons tick every second and tell only this folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.database = folder / DATABASE
        self.marker = secrets.token_hex(8)
        self._started: list[subprocess.Popen[bytes]] = []

    def environment(self, **variables: str) -> dict[str, str]:
        """Return this process's environment without any setting of a daemon, then with these."""
        settings = {variable.name for variable in VARIABLES}
        cleaned = {name: value for name, value in os.environ.items() if name not in settings}
        return {**cleaned, MARKER: self.marker, "GRANULARITY": "second", **variables}

    # what a user writes
    def write_jobs(self, *jobs: dict[str, Any]) -> None:
        """Write the jobs file."""
        self.write("jobs.json", json.dumps({"jobs": jobs}))

    def write(self, name: str, text: str) -> Path:
        """Write a file of the folder."""
        path = self.folder / name
        path.write_text(text)
        return path

    # what a user starts
    def start(self, *words: str, before: Sequence[str] = (), **variables: str) -> subprocess.Popen[bytes]:
        """Start a daemon; ``said`` returns what it says. ``before`` stands before its command."""
        with (self.folder / "daemon.txt").open("ab") as output:
            daemon = subprocess.Popen(
                [*before, *PROGRAM, "run", *words],
                cwd=self.folder,
                env=self.environment(**variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._started.append(daemon)
        return daemon

    def start_ready(self, *words: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start a daemon and wait until it has recorded that it lives."""
        already = self.nodes()
        daemon = self.start(*words, **variables)
        self.eventually(lambda: daemon.poll() is not None or self.nodes() > already)
        assert daemon.poll() is None, self.said()
        return daemon

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [*PROGRAM, *words],
            cwd=self.folder,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=AT_MOST,
            check=False,
        )

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command whose standard output can be read while it runs."""
        command = subprocess.Popen(
            [*PROGRAM, *words],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._started.append(command)
        return command

    def submit_all(self, work: str, runs: int, **options: Any) -> None:  # noqa: ANN401 # as Options has it
        """Submit so many runs of a function without arguments, all at once."""
        program = f"from cron_actors import submit_all; submit_all({work!r}, [()] * {runs}, **{options})"
        subprocess.run([sys.executable, "-c", program], cwd=self.folder, env=self.environment(), check=True)

    def stop(self, daemon: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal to the daemon, wait for its end and return its exit code."""
        daemon.send_signal(number)
        return daemon.wait(AT_MOST)

    # what a user can find out
    def ask(self, *words: str) -> Any:  # noqa: ANN401 # whatever JSON the command prints
        """Return what a command prints with ``--json``; it may say by its exit code that something is wrong."""
        answer = self.run(words[0], "--json", *words[1:])
        assert answer.returncode in (0, 1), answer.stderr
        return json.loads(answer.stdout)

    def stats(self, job: str) -> Any:  # noqa: ANN401 # as above
        """Return the statistics of the job."""
        return self.ask("stats", job)

    def runs(self, job: str | None = None, *states: RunState) -> list[Run]:
        """Return the runs from the store, newest due instant first; none if there is no database."""
        reader = open_reader(f"sqlite:///{self.database}")
        if reader is None:
            return []
        try:
            return reader.runs(RunFilter(job=job, states=states, limit=None))
        finally:
            reader.close()

    def nodes(self) -> int:
        """Return how many daemons have recorded that they live or lived."""
        reader = open_reader(f"sqlite:///{self.database}")
        if reader is None:
            return 0
        try:
            return len(reader.nodes())
        finally:
            reader.close()

    def said(self) -> str:
        """Return all that the daemons have written on standard error and standard output."""
        return (self.folder / "daemon.txt").read_text(errors="replace")

    def read(self, name: str) -> str:
        """Return the text of a file of the folder, nothing if there is none yet."""
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    def eventually(self, condition: Callable[[], Found], within: float = SOON_ENOUGH) -> Found:
        """Return what the condition returns once that is true; fail the test if it is not within so many seconds."""
        deadline = time.monotonic() + within
        while not (found := condition()):
            if time.monotonic() > deadline:
                pytest.fail(f"not within {within:g} s; the daemons said:\n{self.said()[-4000:]}")
            NEVER.wait(LOOK_AGAIN)
        return found

    def processes(self) -> dict[int, str]:
        """Return the command lines, by process id, of all processes begun from here: their environment tells."""
        wanted = f"{MARKER}={self.marker}".encode()
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if wanted in (process / "environ").read_bytes().split(b"\0"):
                    words = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(process.name)] = words.decode(errors="replace").strip()
        return found

    def clear(self, within: float = 5.0) -> dict[int, str]:
        """Kill what was started; return the processes they left behind nevertheless, and kill those too."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()
        deadline = time.monotonic() + within
        while (left := self.processes()) and time.monotonic() < deadline:
            NEVER.wait(LOOK_AGAIN)
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return left
