"""A terminal that shows one screen after another and is left as it was found."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

ENTER = "\x1b[?1049h\x1b[?25l"  # the alternate screen, no cursor
LEAVE = "\x1b[?25h\x1b[?1049l"
HOME, REST_OF_LINE, REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"
ENDS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
QUIT = {"q", "Q", "\x1b", "\x04"}


def frame(lines: Sequence[str], rows: int) -> str:
    r"""Return what draws the lines over the screen before, without clearing it first: that would flicker.

    >>> frame(["one", "two", "three"], 2)
    '\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J'
    """
    return HOME + f"{REST_OF_LINE}\r\n".join(lines[:rows]) + REST_OF_LINE + REST_OF_SCREEN


class Screen:
    """The alternate screen of the terminal on standard output, with keys from standard input if that is one too."""

    def __init__(self, noted: int) -> None:
        self._noted = noted
        self._before = termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None

    def enter(self) -> None:
        """Take the terminal."""
        if self._before is not None:
            tty.setcbreak(sys.stdin)
        _write(ENTER)

    def leave(self) -> None:
        """Give it back as it was."""
        _write(LEAVE)
        if self._before is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    @property
    def size(self) -> tuple[int, int]:
        """Return its columns and rows."""
        columns, rows = shutil.get_terminal_size()
        return columns, rows

    def show(self, lines: Sequence[str]) -> None:
        """Show the lines, those that find place."""
        _write(frame(lines, self.size[1]))

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until the size changes; False if somebody wants the end."""
        sources = [self._noted] + ([sys.stdin.fileno()] if self._before is not None else [])
        ready, _, _ = select.select(sources, [], [], seconds)
        if self._noted in ready:
            return self._heed(os.read(self._noted, 64))
        if ready:
            keys = os.read(ready[0], 64).decode(errors="replace")
            return bool(keys) and not QUIT.intersection(keys)
        return True

    def _heed(self, numbers: bytes) -> bool:
        if any(number in numbers for number in ENDS):
            return False
        if signal.SIGTSTP in numbers:
            self.leave()
            os.kill(os.getpid(), signal.SIGSTOP)  # here the shell takes over, until it lets us go on
            self.enter()
        return True


@contextmanager
def screen() -> Iterator[Screen]:
    """Take the terminal while the block runs; signals that end or stop the process give it back first."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def note(number: int, _: FrameType | None) -> None:
        with suppress(BlockingIOError):  # as many notes as fit are more than enough
            os.write(writing, bytes([number]))

    numbers = (*ENDS, signal.SIGTSTP, signal.SIGWINCH)
    before = {number: signal.signal(number, note) for number in numbers}
    taken = Screen(reading)
    try:
        taken.enter()
        yield taken
    finally:
        taken.leave()
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
