"""A crontab as a whole: what its lines mean for each other, and the jobs and notes that come of them."""

from __future__ import annotations

import doctest
from pathlib import PurePath

import pytest

from cron_actors.core import crontab_places, tz_variable
from cron_actors.core.crontab import Crontab, ImportedCrontab, import_crontab
from cron_actors.core.crontab_environment import Account
from cron_actors.core.crontab_places import is_system_crontab, owner_by_path
from cron_actors.model.job import Json

ACCOUNTS = {name: Account(name=name, home=home) for name, home in (("root", "/root"), ("www-data", "/var/www"))}
ANN = Account(name="ann", home="/home/ann")


def imported(*lines: str, system: bool = False, prefix: str = "") -> ImportedCrontab:
    crontab = Crontab(text="\n".join(lines), zone="Europe/Berlin", owner=None if system else ANN, account=ACCOUNTS.get)
    return import_crontab(crontab, prefix)


def told(found: ImportedCrontab) -> list[tuple[int, str, bool]]:
    return [(note.line, note.message, note.lost) for note in found.notes]


def env(job: dict[str, Json]) -> dict[str, Json]:
    variables = job["env"]
    assert isinstance(variables, dict)
    return variables


def test_a_job_has_all_that_cron_gives_it_and_its_keys_in_a_readable_order() -> None:
    found = imported("# Copies the shop.", "30 2  * * mon-fri\tbackup --day \\%F%yes")
    assert found.notes == ()
    (job,) = found.jobs
    assert list(job.items()) == [
        ("identifier", "backup"),
        ("description", "Copies the shop."),
        ("command", "backup --day %F"),
        ("stdin", "yes\n"),
        ("cron", "30 2 * * mon-fri"),
        ("timezone", "Europe/Berlin"),
        ("catch_up", "skip"),
        ("working_directory", "/home/ann"),
        (
            "env",
            {"SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", "HOME": "/home/ann", "LOGNAME": "ann", "USER": "ann"},
        ),
        ("x-crontab", "30 2  * * mon-fri\tbackup --day \\%F%yes"),
    ]


def test_a_variable_holds_for_the_entries_below_it() -> None:
    found = imported("@daily a", "A=1", "@daily b", "A = 2", "B=", "@daily c")
    values = [(env(job).get("A"), env(job).get("B")) for job in found.jobs]
    assert values == [(None, None), ("1", None), ("2", "")]
    assert found.notes == ()


def test_home_is_where_a_command_begins_and_shell_what_reads_it() -> None:
    (job,) = imported("HOME=/srv/shop", "SHELL=/bin/bash", "PATH=/opt/bin", "@daily a").jobs
    assert (job["working_directory"], job["shell"]) == ("/srv/shop", "/bin/bash")
    assert {"HOME": "/srv/shop", "SHELL": "/bin/bash", "PATH": "/opt/bin"}.items() <= env(job).items()


@pytest.mark.parametrize("line", ["HOME=", "HOME=relative", "SHELL="])
def test_an_empty_home_or_shell_does_not_keep_a_job_from_running(line: str) -> None:
    (job,) = imported(line, "@daily a").jobs
    assert job["working_directory"] == "/home/ann"
    assert "shell" not in job


def test_nobody_can_be_another_by_a_variable() -> None:
    found = imported("LOGNAME=root", "USER=root", "@daily a")
    assert {"LOGNAME": "ann", "USER": "ann"}.items() <= env(found.jobs[0]).items()
    assert [line for line, _, lost in told(found) if not lost] == [1, 2]


def test_cron_tz_holds_from_its_line_on() -> None:
    lines = (
        "@daily a",
        "CRON_TZ=Asia/Tokyo",
        "@daily b",
        "CRON_TZ=:America/New_York",
        "@daily c",
        "CRON_TZ=",
        "@daily d",
    )
    found = imported(*lines)
    zones = [job["timezone"] for job in found.jobs]
    assert zones == ["Europe/Berlin", "Asia/Tokyo", "America/New_York", "Europe/Berlin"]
    assert all("CRON_TZ" not in env(job) for job in found.jobs)
    assert found.notes == ()


def test_after_an_unknown_zone_nothing_is_imported_until_a_known_one() -> None:
    found = imported("CRON_TZ=Europe/Berln", "@daily a", "@daily b", "CRON_TZ=UTC", "@daily c")
    assert [job["identifier"] for job in found.jobs] == ["c"]
    assert [(line, lost) for line, _, lost in told(found)] == [(1, True), (2, True), (3, True)]
    assert "did you mean 'Europe/Berlin'?" in found.notes[0].message


def test_tz_is_for_the_command_and_not_for_the_times() -> None:
    found = imported("TZ=Asia/Tokyo", "@daily a")
    (job,) = found.jobs
    assert (job["timezone"], env(job)["TZ"]) == ("Europe/Berlin", "Asia/Tokyo")
    assert [line for line, _, _ in told(found)] == [1]


def test_the_address_for_mail_is_kept_and_that_no_mail_comes_is_said() -> None:
    found = imported("MAILTO=ops@example.org", "@daily a", 'MAILTO=""', "@daily b")
    assert [job.get("x-mailto") for job in found.jobs] == ["ops@example.org", None]
    assert all("MAILTO" not in env(job) for job in found.jobs)
    assert [(line, lost) for line, _, lost in told(found)] == [(1, False)]


@pytest.mark.parametrize("name", ["RANDOM_DELAY", "MAILFROM", "CONTENT_TYPE"])
def test_what_crons_own_variables_did_is_noted_and_they_are_left_out(name: str) -> None:
    found = imported(f"{name}=5", "@daily a")
    assert name not in env(found.jobs[0])
    ((line, message, lost),) = told(found)
    assert (line, lost) == (1, False)
    assert message.startswith(f"{name} is not carried over")


def test_in_a_system_crontab_each_line_names_its_user() -> None:
    found = imported("17 * * * * root true", "@daily www-data artisan", "@daily www-data:adm artisan", system=True)
    assert [(job["user"], job.get("group"), job["working_directory"]) for job in found.jobs] == [
        ("root", None, "/root"),
        ("www-data", None, "/var/www"),
        ("www-data", "adm", "/var/www"),
    ]
    assert env(found.jobs[1])["LOGNAME"] == "www-data"


def test_an_unknown_user_is_reported_and_its_line_alone_is_not_imported() -> None:
    found = imported("@daily nobody-here a", "@daily root b", system=True)
    assert [job["identifier"] for job in found.jobs] == ["b"]
    assert told(found) == [(1, "found the user 'nobody-here'; accepted: a user of this machine", True)]


def test_a_login_class_is_noted() -> None:
    found = imported("@daily root/daemon a", system=True)
    assert found.jobs[0]["user"] == "root"
    assert "login class 'daemon'" in found.notes[0].message


def test_a_system_crontab_read_as_a_users_is_suspected_once() -> None:
    found = imported("@daily root a", "@hourly root b")
    assert [(line, "--system" in message, lost) for line, message, lost in told(found)] == [(1, True, False)]


def test_an_owner_other_than_oneself_is_named() -> None:
    crontab = Crontab(text="@daily a", zone="UTC", owner=ANN, account=ACCOUNTS.get, names_owner=True)
    assert import_crontab(crontab).jobs[0]["user"] == "ann"


def test_notes_of_an_entry_are_those_of_its_times_its_command_and_its_hyphen() -> None:
    found = imported("-0~9 4 * * * -n backup")
    assert [line for line, _, lost in told(found) if not lost] == [1, 1, 1]
    assert found.jobs[0]["command"] == "backup"


def test_a_broken_line_takes_no_other_with_it() -> None:
    found = imported("@daily a", "0 4 * * * * b", "61 * * * * c", "@daily a")
    assert [job["identifier"] for job in found.jobs] == ["a", "a-2"]
    assert [(line, lost) for line, _, lost in told(found)] == [(2, True), (3, True)]


def test_a_comment_belongs_to_the_entry_right_below_it_alone() -> None:
    found = imported("# far", "", "@daily a", "# near", "@daily b", "@daily c", "# of A", "A=1", "@daily d")
    assert [job.get("description") for job in found.jobs] == [None, "near", None, None]


@pytest.mark.parametrize("text", ["\ufeff@daily a\n@daily b", "@daily a\r\n@daily b\r\n", "@daily a\n\n@daily b"])
def test_byte_order_mark_carriage_returns_and_a_missing_end_are_forgiven(text: str) -> None:
    found = imported(text)
    assert [(job["command"], job["x-crontab"]) for job in found.jobs] == [("a", "@daily a"), ("b", "@daily b")]
    assert found.notes == ()


def test_only_a_line_feed_ends_a_line() -> None:
    (job,) = imported("@daily a \x0b\x0c\x1c\u2028 b").jobs
    assert job["command"] == "a \x0b\x0c\x1c\u2028 b"


def test_an_empty_crontab_has_no_jobs() -> None:
    assert imported("") == ImportedCrontab(jobs=(), notes=())


def test_a_prefix_begins_every_identifier() -> None:
    assert [job["identifier"] for job in imported("@daily a", "@daily a", prefix="shop-").jobs] == [
        "shop-a",
        "shop-a-2",
    ]


@pytest.mark.parametrize(
    ("path", "system", "owner"),
    [
        ("/etc/crontab", True, None),
        ("/etc/cron.d/certbot", True, None),
        ("/etc/cron.daily/x", False, None),
        ("/srv/etc/crontab", False, None),
        ("/var/spool/cron/crontabs/www-data", False, "www-data"),
        ("/var/spool/cron/root", False, "root"),
        ("/home/ann/crontab", False, None),
    ],
)
def test_the_path_says_whose_crontab_it_is(path: str, system: bool, owner: str | None) -> None:  # noqa: FBT001 - an example
    assert (is_system_crontab(PurePath(path)), owner_by_path(PurePath(path))) == (system, owner)


def test_the_examples_of_the_modules_are_true() -> None:
    assert doctest.testmod(crontab_places).failed == 0
    assert doctest.testmod(tz_variable).failed == 0


def test_an_endless_crontab_comes_to_an_end() -> None:
    found = imported(*["* * * * * x"] * 9_999, "broken", "* * * * * y", "* * * * * z")
    assert len(found.jobs) == 9_999
    assert told(found)[1:] == [
        (10_001, "found 10000 jobs and notes above; accepted: at most that; all lines from here on are left out", True)
    ]


def test_entries_that_would_repeat_too_many_variables_are_lost() -> None:
    found = imported(*(f"V{number}=x" for number in range(2_000)), *["* * * * * x"] * 102)
    assert len(found.jobs) == 100
    message = (
        "found more variables for all entries together than 200000; accepted: fewer variables above it, or entries"
    )
    assert told(found) == [(2_101, message, True), (2_102, message, True)]
