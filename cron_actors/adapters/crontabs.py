"""Crontabs and users of this machine: files, standard input, the own crontab by ``crontab -l``."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from cron_actors.core.crontab_environment import Account
from cron_actors.core.quotation import quote
from cron_actors.errors import UsageError

_LARGEST = 16 * 1024 * 1024


def crontab_from_input() -> str:
    """Return the text of standard input; raises UsageError if it is none."""
    return _decoded("stdin", sys.stdin.buffer.read(_LARGEST + 1))


def crontab_in_file(path: str) -> str:
    """Return the text of the file; raises UsageError, which names it."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise UsageError(f"{path}: found nothing that can be read ({reason}); accepted: a crontab, or -") from None
    except ValueError:
        raise UsageError(f"{quote(path)}: found a path that no file can have; accepted: a crontab, or -") from None
    return _decoded(path, content)


def own_crontab() -> str:
    """Return what ``crontab -l`` prints; raises UsageError if it prints none."""
    try:
        result = subprocess.run(["crontab", "-l"], stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S607 - the program of PATH, as in a shell
    except OSError:
        raise UsageError("found no program crontab that lists the own crontab; accepted: a FILE, or -") from None
    if result.returncode != 0:
        said = result.stderr.decode(errors="replace").strip() or f"exit code {result.returncode}"
        raise UsageError(f"found no crontab of the own (crontab -l says: {said}); accepted: a FILE, or -")
    return _decoded("crontab -l", result.stdout)


def account_named(name: str) -> Account | None:
    """Return the user of this name, None if the machine has none."""
    try:
        entry = pwd.getpwnam(name)
    except (KeyError, ValueError):
        return None
    return Account(name=entry.pw_name, home=entry.pw_dir)


def own_account(environ: Mapping[str, str]) -> Account:
    """Return the user of this process; one who stands in no list of users is told by the environment."""
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        return Account(name=environ.get("LOGNAME") or str(os.getuid()), home=environ.get("HOME") or "/")
    return Account(name=entry.pw_name, home=entry.pw_dir)


def _decoded(name: str, content: bytes) -> str:
    if len(content) > _LARGEST:
        raise UsageError(f"{name}: found more than {_LARGEST // 2**20} MB; accepted: at most that")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"found the byte 0x{content[error.start]:02x}, which is not UTF-8"
        raise UsageError(f"{name}:{line}: {found}; accepted: UTF-8, as iconv -f LATIN1 -t UTF-8 makes it") from None
