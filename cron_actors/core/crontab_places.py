"""What the path of a crontab says about it: the folders of cron(8) on Debian, Red Hat and SUSE."""

from __future__ import annotations

from pathlib import PurePath

_SYSTEM_FILE = PurePath("/etc/crontab")
_SYSTEM_FOLDER = PurePath("/etc/cron.d")
_SPOOLS = {PurePath("/var/spool/cron/crontabs"), PurePath("/var/spool/cron"), PurePath("/var/spool/cron/tabs")}


def is_system_crontab(path: PurePath) -> bool:
    """Say whether the file at the absolute path has a column of users.

    >>> is_system_crontab(PurePath("/etc/cron.d/certbot"))
    True
    """
    return path == _SYSTEM_FILE or path.parent == _SYSTEM_FOLDER


def owner_by_path(path: PurePath) -> str | None:
    """Return the name of the user whose crontab is kept at the absolute path, None if it is no such place.

    >>> owner_by_path(PurePath("/var/spool/cron/crontabs/www-data"))
    'www-data'
    """
    return path.name if path.parent in _SPOOLS else None
