"""Users and groups by name or number, as the name service of this machine knows them."""

from __future__ import annotations

import grp
import os
import pwd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_UNCHANGED = (1 << 32) - 1  # for setresuid(2) and its like this is no number but "leave it"
_NO_GROUP = -1
_USUAL_SHELL = "/bin/sh"


class Account:
    """What a process becomes: user, group, all supplementary groups, and the variables that tell a program of it."""

    __slots__ = ("gid", "groups", "uid", "variables")

    def __init__(self, uid: int, gid: int, groups: list[int], variables: Mapping[str, str]) -> None:
        """Keep them."""
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.variables = variables

    @property
    def is_ours(self) -> bool:
        """Say whether this process has this user and group already."""
        return (self.uid, self.gid) == (os.geteuid(), os.getegid())

    def assume(self) -> None:
        """Become it, for good; raises OSError where that is not allowed."""
        if os.geteuid() != 0 and self.is_ours:
            return
        os.setgroups(self.groups)
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)


def find_account(user: str | None, group: str | None) -> Account:
    """Return the account of the user, ``group`` in place of its own group; without ``user`` that of this process.

    Each may be a number; a user's number need not have an account, and then needs a group. Raises LookupError.
    """
    if user is None:
        gid = os.getegid() if group is None else find_group(group)
        return Account(os.geteuid(), gid, sorted({gid, *os.getgroups()}), {})
    found = _user(user)
    gid = found.pw_gid if group is None else find_group(group)
    if gid == _NO_GROUP:
        raise LookupError(f"the user {user} has no account, and so no group; accepted: a group as well")
    known = found.pw_gid != _NO_GROUP
    variables = {
        "HOME": found.pw_dir,
        "LOGNAME": found.pw_name,
        "USER": found.pw_name,
        "SHELL": found.pw_shell or _USUAL_SHELL,
    }
    return Account(found.pw_uid, gid, os.getgrouplist(found.pw_name, gid) if known else [gid], variables)


def find_group(text: str) -> int:
    """Return the number of the group; raises LookupError."""
    try:
        return grp.getgrnam(text).gr_gid
    except KeyError:
        return _number(text, "group")


def _user(text: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(text)
    except KeyError:
        number = _number(text, "user")
    try:
        return pwd.getpwuid(number)
    except KeyError:
        return pwd.struct_passwd((text, "", number, _NO_GROUP, "", "/", _USUAL_SHELL))


def _number(text: str, kind: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(_UNCHANGED)) else _UNCHANGED
    if number >= _UNCHANGED:
        raise LookupError(f"no such {kind}: {text!r}")
    return number
