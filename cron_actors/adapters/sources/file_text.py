"""The text of a file that a user named: read once, through one descriptor, whatever the path turns out to be."""

from __future__ import annotations

import codecs
import errno
import os
import stat
from dataclasses import dataclass

from cron_actors.adapters.sources.document import LineTable
from cron_actors.adapters.sources.problem_lines import FaultyJobsError, ProblemLine

LARGEST = 64 * 1024 * 1024
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_REASONS = {
    errno.ENOENT: "found no such file; accepted: {kind}",
    errno.ENOTDIR: "found a file where the path needs a folder; accepted: the path of {kind}",
    errno.EACCES: "found a file that may not be read; accepted: one that this user may read",
    errno.EPERM: "found a file that may not be read; accepted: one that this user may read",
    errno.ELOOP: "found a loop of links; accepted: a link that ends at a file",
    errno.ENAMETOOLONG: "found a name that is too long; accepted: the path of {kind}",
    errno.ENXIO: "found a socket or a device; accepted: a regular file",
}
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_OTHER_CODES = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """What a file is to be, in words: its name, what it begins with; and how many bytes it may have."""

    name: str
    begins: str
    largest: int


JOBS_FILE = FileKind(name="a jobs file", begins='an object with the key "jobs"', largest=LARGEST)


def read_text(path: str, kind: FileKind = JOBS_FILE) -> str:
    """Return the text of the UTF-8 file, without its byte order mark; raises FaultyJobsError, which names the file."""
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        raise _refusal(path, _reason(error, kind)) from None
    try:
        content = _content(path, descriptor, kind)
    except OSError as error:
        raise _refusal(path, _reason(error, kind)) from None
    finally:
        os.close(descriptor)
    return _decoded(path, content, kind)


def _content(path: str, descriptor: int, kind: FileKind) -> bytes:
    """Read the file, which must be an ordinary one, not too large, and the same at the end as at the beginning."""
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        shape = next((name for test, name in _KINDS if test(before.st_mode)), "something else")
        raise _refusal(path, f"found {shape}; accepted: a regular file")
    with open(descriptor, "rb", closefd=False) as file:
        content = file.read(kind.largest + 1)
    if len(content) > kind.largest:
        raise _refusal(path, f"found more than {kind.largest // 2**20} MB; accepted: at most that")
    after = os.fstat(descriptor)
    if (before.st_mtime_ns, len(content)) != (after.st_mtime_ns, after.st_size):
        raise _refusal(path, "found a file that was being written while it was read; accepted: one that is complete")
    return content


def _decoded(path: str, content: bytes, kind: FileKind) -> str:
    code = next((name for mark, name in _OTHER_CODES if content.startswith(mark)), None)
    if code is None and b"\0" in content[:2]:
        code = "UTF-16 or UTF-32"
    if code is not None:
        raise _refusal(path, f"found {code}; accepted: UTF-8")
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        good = content[: error.start].decode("utf-8")
        line, column = LineTable(good).position(len(good))
        message = f"found the byte 0x{content[error.start]:02x}, which is not UTF-8; accepted: UTF-8"
        raise FaultyJobsError((ProblemLine(file=path, line=line, column=column, message=message),)) from None
    if not text.strip():
        raise _refusal(path, f"found an empty file; accepted: {kind.begins}")
    return text


def _reason(error: OSError | ValueError, kind: FileKind) -> str:
    if isinstance(error, OSError):
        usual = f"found a file that cannot be read ({os.strerror(error.errno or 0).lower()}); accepted: a readable one"
        return _REASONS.get(error.errno or 0, usual).format(kind=kind.name)
    return f"found a path that no file can have; accepted: the path of {kind.name}"


def _refusal(path: str, message: str) -> FaultyJobsError:
    return FaultyJobsError((ProblemLine(file=path, message=message),))
