from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cron_actors.adapters.stores.sqlite.database import Database
from cron_actors.adapters.stores.sqlite.location import check_location, file_system
from cron_actors.errors import StartError

MOUNTS = r"""
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:26 / /mnt/share rw shared:1 master:2 - nfs4 server:/export rw
31 30 0:27 / /mnt/share/local rw - xfs /dev/vdb rw
32 22 0:28 / /mnt/with\040blank rw - cifs //server/share rw
33 22 0:29 / /host rw - 9p share rw
34 22 0:30 / /covered rw - ext4 /dev/vdc rw
35 22 0:31 / /covered rw - fuse.sshfs me@there: rw
""".lstrip()


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    file = tmp_path / "mountinfo"
    file.write_text(MOUNTS)
    return file


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/cron.db", "ext4"),
        ("/mnt/share/cron.db", "nfs4"),
        ("/mnt/share/missing/cron.db", "nfs4"),
        ("/mnt/shared.db", "ext4"),
        ("/mnt/share/local/cron.db", "xfs"),
        ("/mnt/with blank/cron.db", "cifs"),
        ("/covered/cron.db", "fuse.sshfs"),
    ],
)
def test_the_innermost_and_last_mount_decides(mounts: Path, path: str, kind: str) -> None:
    assert file_system(Path(path), mounts) == kind


@pytest.mark.parametrize("folder", ["/mnt/share", "/mnt/with blank", "/covered"])
def test_a_network_file_system_is_refused_by_name(mounts: Path, folder: str) -> None:
    with pytest.raises(StartError, match=rf"^DATABASE_URL: {folder}/cron.db is on a network file system \("):
        check_location(Path(folder) / "cron.db", mounts)


@pytest.mark.parametrize("folder", ["/mnt/share/local", "/host"])
def test_the_disk_of_this_machine_or_its_host_is_taken(mounts: Path, folder: str) -> None:
    check_location(Path(folder) / "cron.db", mounts)


def test_a_kernel_that_lists_no_mounts_is_trusted(tmp_path: Path) -> None:
    assert file_system(tmp_path, tmp_path / "missing") is None


def refusal(path: Path) -> str:
    lines = []
    for attempt in (Database(path=path).for_writing, Database(path=path).for_reading):
        with pytest.raises(StartError) as caught:
            attempt()
        lines.append(str(caught.value))
    assert lines[0] == lines[1]
    assert "\n" not in lines[0]
    return lines[0]


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"DATABASE_URL: {tmp_path} is a directory; give the path of a database file"


def test_a_device_is_refused() -> None:
    assert refusal(Path("/dev/null")).startswith("DATABASE_URL: /dev/null is not an ordinary file")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "jobs.yaml"
    path.write_text("jobs: []\n" * 100)
    assert refusal(path) == f"DATABASE_URL: {path} is not an SQLite database; give another path"
    assert path.read_text() == "jobs: []\n" * 100


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match=r"^DATABASE_URL: cannot open .*: Not a directory$"):
        Database(path=tmp_path / "file" / "cron.db").for_writing()


STRANGER = """
import os, sys
from pathlib import Path
from cron_actors.adapters.stores.sqlite.database import Database
from cron_actors.errors import StartError
database = Database(path=Path("cron.db"))  # reads the migrations while it may
if os.geteuid() == 0:
    os.setuid(65534)
for attempt in (database.for_writing, database.for_requests, database.for_reading):
    try:
        print(attempt())
    except StartError as error:
        print(error)
"""


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (0o444, r"(DATABASE_URL: no permission to write cron.db\n){2}<.*Session object.*>\n"),
        (0o000, r"(DATABASE_URL: no permission to write cron.db\n){2}DATABASE_URL: cannot open cron.db: unable .*\n"),
    ],
)
def test_writers_need_permission_and_readers_less(mode: int, expected: str) -> None:
    # Not in tmp_path: no other user may pass through the folders above it.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Database(path=folder / "cron.db").for_writing().close()
        (folder / "cron.db").chmod(mode)
        folder.chmod(0o755)
        answer = subprocess.run(
            [sys.executable, "-c", STRANGER], cwd=folder, capture_output=True, text=True, check=True, timeout=60
        )
    assert re.fullmatch(expected, answer.stdout)
