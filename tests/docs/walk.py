"""A reader who does what a page says, block by block, in one folder that begins as a fresh checkout does."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import ROOT, Block
from tests.fakes.daemon import AT_MOST, DaemonHome

SHIPPED = ("jobs.json", "periodic_functions")
PROMPT = "$ "
SOME_LINES = "...\n"
RUN_TARGET = "@exec $(BIN)/cron-actors run\n"


class Walk:
    """Runs the blocks of one page and compares what they print; ``...`` on a page stands for anything.

    A daemon that a page starts goes on to the end of the page. Of targets of make only ``run`` is carried out: the
    others are asked of make whether they exist.
    """

    def __init__(self, home: DaemonHome) -> None:
        self._home = home
        self._daemon: subprocess.Popen[bytes] | None = None
        for name in SHIPPED:
            source, target = ROOT / name, home.folder / name
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target)

    def do(self, block: Block) -> None:
        """Save the block as the file it names, or do what it says."""
        if block.name is not None:
            self._home.write(block.name, block.text)
        elif block.language == "python":
            self._home.write("example.py", block.text)
            self._compare(self._shell(f"{shlex.quote(sys.executable)} example.py"), [SOME_LINES], block.place, 0)
        elif block.language == "console":
            for command, expected in _commands(block):
                self._enter(command, expected, block.place)

    def end(self) -> None:
        """Stop the daemon, if the page started one; it must end well."""
        if self._daemon is not None:
            assert self._home.stop(self._daemon) == 0, self._home.said()

    def _enter(self, command: str, expected: list[str], place: str) -> None:
        words = shlex.split(command, comments=True)
        variables = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
        words = [word for word in words if not re.match(r"[A-Z_]+=", word)]
        if words[0] == "make" and words[1] != "run":
            found = subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, check=False)
            assert found.returncode == 0, f"{place}: {command}: {found.stderr!r}"
        elif words[0] == "make" or (words[:2] == ["cron-actors", "run"] and "--max-ticks" not in words):
            self._start(words[2:], variables, expected, place)
        else:
            self._compare(self._shell(command), expected, f"{place}: {command}")

    def _start(self, words: list[str], variables: dict[str, str], expected: list[str], place: str) -> None:
        assert self._daemon is None, f"{place}: a page can have one daemon"
        assert RUN_TARGET in (ROOT / "Makefile").read_text(encoding="utf-8")
        settings = {"GRANULARITY": "", "GRACE_SECONDS": "0", **variables}
        self._daemon = self._home.start(*words, **settings)
        pattern = _pattern(expected)
        self._home.eventually(lambda: pattern.match(self._home.said()), within=20)

    def _shell(self, command: str) -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self._home.folder,
            env=self._home.environment(GRANULARITY="", PATH=path, TZ="UTC"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=AT_MOST,
            check=False,
        )

    def _compare(
        self, result: subprocess.CompletedProcess[str], expected: list[str], place: str, code: int | None = None
    ) -> None:
        found = re.sub(r"[ \t]+$", "", result.stdout, flags=re.MULTILINE)
        assert _pattern(expected).fullmatch(found), f"{place}\nsays:\n{''.join(expected)}\nbut prints:\n{found}"
        assert code is None or result.returncode == code, f"{place}: exit code {result.returncode}\n{found}"


def _commands(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the lines it is said to print."""
    command = ""
    expected: list[str] = []
    for line in block.text.splitlines(keepends=True):
        if line.startswith(PROMPT):
            if command:
                yield command, expected
            command, expected = line.removeprefix(PROMPT).strip(), []
        else:
            assert command, f"{block.place}: a console block begins with a command"
            expected.append(line)
    yield command, expected


def _pattern(lines: list[str]) -> re.Pattern[str]:
    """Return the pattern of the lines; runs of blanks may differ, as columns are as wide as what is in them."""
    parts = []
    for line in lines:
        if line == SOME_LINES:
            parts.append(r"(?:.*\n)*?")
            continue
        pieces = [re.sub(r"(?:\\ )+", " +", re.escape(piece)) for piece in line.rstrip("\n").split("...")]
        parts.append(".*?".join(pieces).rstrip() + "\n")
    return re.compile("".join(parts))
