"""Identifiers for the entries of a crontab."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core import crontab_names
from cron_actors.core.crontab_names import Names, program_name
from cron_actors.core.identifiers import parse_identifier, twins


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("backup", "backup"),
        ("/usr/local/bin/backup.sh --all", "backup"),
        ("$HOME/bin/daily.job >> $HOME/tmp/out 2>&1", "daily.job"),
        ("cd /srv && make close", "make"),
        ("LANG=C NICE=1 rsync -a a b", "rsync"),
        ("test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )", "cron.daily"),
        ("[ -x /usr/lib/php/sessionclean ] && if [ ! -d /run ]; then /usr/lib/php/sessionclean; fi", "sessionclean"),
        ("test -x /usr/bin/certbot && perl -e 'sleep int(rand(43200))' && certbot -q renew", "certbot"),
        ("command -v debian-sa1 > /dev/null && debian-sa1 1 1", "debian-sa1"),
        ("sleep 60; /usr/bin/foo", "foo"),
        ("sleep 60", "sleep"),
        ("nice -n 19 ionice -c3 /usr/bin/python3 -u /srv/reports.py", "reports"),
        ("/usr/bin/flock -n /tmp/a.lock /usr/bin/php -d x=y /var/www/artisan schedule:run", "artisan"),
        ("flock -w 10 /tmp/a.lock -c 'cd /srv && ./poll'", "poll"),
        ("bash -lc \"rsync -a 'a b' c\"", "rsync"),
        ("sudo -u www-data -n php -f cron.php", "cron"),
        ("su - www-data -c '/srv/bin/tidy'", "tidy"),
        ("timeout -k 5 10m env A=b fetch.py", "fetch"),
        ("python3.11 -m reports.daily --mail", "daily"),
        ("java -jar /opt/app/poll.jar", "poll"),
        ("python3 -c 'print(1)'", "print"),
        ("echo 'it is late", "echo"),
        ("(cd /srv; ./a b | c)", "a"),
        ("$(which python3) run.py", "run"),
        ("%", "job"),
        (">/dev/null", "null"),
        ("...", "job"),
        ("sauvegarde-é", "sauvegarde-é"),
        ("a/../..", "job"),
    ],
)
def test_the_program_that_does_the_work_names_the_job(command: str, name: str) -> None:
    assert program_name(command) == name


def test_names_that_come_again_are_counted_and_never_the_same() -> None:
    names = Names()
    commands = ["backup --a", "backup --b", "backup-2", "Backup", "backup-2"]
    assert [names.take(command) for command in commands] == [
        "backup",
        "backup-2",
        "backup-2-2",
        "Backup-3",
        "backup-2-3",
    ]


def test_what_comes_later_changes_no_name() -> None:
    earlier, later = Names(), Names()
    commands = ["backup", "report", "backup", "backup-2"]
    assert [earlier.take(command) for command in commands[:3]] == [later.take(command) for command in commands][:3]


def test_a_prefix_stands_in_front_of_all() -> None:
    names = Names("shop-")
    assert [names.take("backup"), names.take("backup")] == ["shop-backup", "shop-backup-2"]


@given(
    st.lists(st.text(max_size=80) | st.sampled_from(["a", "A", "a-2", "é", "/b.sh", "su -c 'bash -c \"env sh -c x\"'"]))
)
def test_whatever_the_commands_the_names_are_identifiers_of_their_own(commands: list[str]) -> None:
    names = Names("p-")
    taken = [names.take(command) for command in commands]
    assert [parse_identifier(identifier) for identifier in taken] == taken
    assert list(twins(taken)) == []


def test_the_same_command_many_times_over_is_counted_without_searching_anew() -> None:
    names = Names()
    for _ in range(20_000):
        last = names.take("x")
    assert last == "x-20000"


def test_the_examples_of_the_module_are_true() -> None:
    assert doctest.testmod(crontab_names).failed == 0
