"""Users of this machine, as crontabs need them."""

from __future__ import annotations

import os

import pytest

from cron_actors.adapters.crontabs import account_named, own_account
from cron_actors.core.crontab_environment import Account


def test_a_user_is_found_by_name_alone() -> None:
    assert account_named("root") == Account(name="root", home="/root")
    for name in ("nobody-here", "0", "a\0b", ""):
        assert account_named(name) is None


def test_one_who_stands_in_no_list_of_users_is_told_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 987_654)
    assert own_account({"LOGNAME": "ann", "HOME": "/srv"}) == Account(name="ann", home="/srv")
    assert own_account({}) == Account(name="987654", home="/")
