"""The place of the database file: whether it can be used, and its creation for its owner alone."""

from __future__ import annotations

import os
import re
from pathlib import Path

from cron_actors.errors import StartError

_MOUNTS = Path("/proc/self/mountinfo")
# Locks and shared memory do not reach from one machine to another there. 9p and virtiofs are how virtual machines and
# containers see their own host's disk, and are not refused.
_NETWORK = frozenset(
    {"afs", "beegfs", "ceph", "cifs", "coda", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs"}
    | {f"fuse.{name}" for name in ("ceph", "ceph-fuse", "glusterfs", "rclone", "s3fs", "sshfs", "mfs")}
)
_OCTAL = re.compile(r"\\([0-7]{3})")

OWNER_FILE = 0o600
OWNER_FOLDER = 0o700


def check_location(path: Path, mounts: Path = _MOUNTS) -> None:
    """Raise StartError, one clear line, where no database can be kept at this absolute path."""
    check_kind(path)
    kind = file_system(path, mounts)
    if kind in _NETWORK:
        raise StartError(
            f"DATABASE_URL: {path} is on a network file system ({kind}), where SQLite loses data; use a local disk"
        )
    for needed in (path, path.parent):
        if needed.exists() and not os.access(needed, os.W_OK):
            raise StartError(f"DATABASE_URL: no permission to write {needed}")


def check_kind(path: Path) -> None:
    """Raise StartError where the path leads to something that is not an ordinary file."""
    if path.exists() and not path.is_file():
        found = "a directory" if path.is_dir() else "not an ordinary file"
        raise StartError(f"DATABASE_URL: {path} is {found}; give the path of a database file")


def create_file(path: Path) -> None:
    """Create the file and its missing folders, readable by their owner only; leave alone what exists.

    The folders are made by hand because ``mkdir(parents=True)`` gives its mode to the last one only.
    """
    for folder in reversed(path.parents):
        if not folder.exists():
            folder.mkdir(mode=OWNER_FOLDER, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_FILE))


def companions(path: Path) -> tuple[Path, ...]:
    """Return the files that SQLite keeps beside this database."""
    return tuple(path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal"))


def file_system(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Return the type of the file system that the path is or would be on; None where the kernel does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    best, found = -1, None
    for line in lines:
        fields, _, rest = line.partition(" - ")
        folder = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), fields.split(" ")[4]))
        # Among mounts on one folder the last one covers the others.
        if path.is_relative_to(folder) and len(folder.parts) >= best:
            best, found = len(folder.parts), rest.split(" ")[0]
    return found
