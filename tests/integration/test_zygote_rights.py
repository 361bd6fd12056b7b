"""Accounts, umask, limits and env files of processes."""

from __future__ import annotations

import os
import pwd
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.executors.zygote_client import ZygoteExecutor
from cron_actors.model.job import Command, FunctionCall, Limits, ProcessSettings, Work
from cron_actors.model.run import Outcome
from tests.conftest import Require
from tests.integration.executor_bench import FOREVER, Bench, is_gone

MEGABYTE = 1_000_000
NOBODY = ProcessSettings(user="nobody", working_directory="/")
BURN = (sys.executable, "-c", "while True: pass")


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Return a bench in a folder that every user can read."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    executor = ZygoteExecutor()
    executor.open()
    yield Bench(executor, folder)
    executor.close()
    shutil.rmtree(folder)


@pytest.fixture
def as_root(require: Require) -> None:
    require("the rights of root", present=os.geteuid() == 0)


def limited(**limits: object) -> ProcessSettings:
    return ProcessSettings(limits=Limits(**limits))  # type: ignore[arg-type]  # any limit


@pytest.mark.usefixtures("as_root")
def test_a_command_has_the_user_and_all_groups_and_the_variables_of_its_account(bench: Bench) -> None:
    account = pwd.getpwnam("nobody")
    groups = sorted(os.getgrouplist("nobody", account.pw_gid))
    line = 'id -u; id -g; id -G; echo "$HOME|$LOGNAME|$USER|$SHELL"'
    *numbers, variables = bench.output(Command(line=line), NOBODY).splitlines()
    assert numbers[:2] == [str(account.pw_uid), str(account.pw_gid)]
    assert sorted(map(int, numbers[2].split())) == groups
    assert variables == f"{account.pw_dir}|nobody|nobody|{account.pw_shell}"


@pytest.mark.usefixtures("as_root")
def test_every_supplementary_group_of_the_user_is_set(bench: Bench) -> None:
    # Few machines have a user of many groups, so the name service is replaced, in the job's own process.
    body = """
import os
from cron_actors.adapters.executors.accounts import find_account
def job():
    os.getgrouplist = lambda name, group: [group, *range(1000, 1100)]
    find_account('nobody', 'daemon').assume()
    print(os.getuid(), os.getgid(), sorted(os.getgroups()) == [1, *range(1000, 1100)])
"""
    assert bench.output(bench.function(body)) == "65534 1 True\n"


@pytest.mark.usefixtures("as_root")
def test_a_group_takes_the_place_of_the_users_own(bench: Bench) -> None:
    line = Command(line="id -u; id -g")
    assert bench.output(line, ProcessSettings(user="nobody", group="daemon", working_directory="/")) == "65534\n1\n"
    assert bench.output(line, ProcessSettings(group="daemon")) == "0\n1\n"
    assert bench.output(line, ProcessSettings(user="12345", group="23456", working_directory="/")) == "12345\n23456\n"


@pytest.mark.usefixtures("as_root")
def test_a_process_cannot_get_its_old_rights_back(bench: Bench) -> None:
    status = bench.output(Command(line="grep -E '^(Uid|Gid|CapEff|CapPrm)' /proc/self/status"), NOBODY).split()
    assert status == ["Uid:", *["65534"] * 4, "Gid:", *["65534"] * 4, "CapPrm:", "0" * 16, "CapEff:", "0" * 16]


@pytest.mark.usefixtures("as_root")
def test_the_log_stays_the_daemons_own(bench: Bench) -> None:
    key = bench.start(Command(line="echo said"), NOBODY)
    bench.ending(key)
    assert bench.text(key) == "said\n"
    assert bench.log(key).stat().st_uid == 0


@pytest.mark.usefixtures("as_root")
def test_a_function_has_the_account_before_its_module_is_imported(bench: Bench) -> None:
    body = (
        "import os\nfound = os.getuid(), os.getgid(), os.environ['USER'], os.umask(0)\ndef job():\n    print(*found)\n"
    )
    settings = ProcessSettings(user="nobody", group="daemon", umask=0o027, working_directory="/")
    assert bench.output(bench.function(body), settings) == "65534 1 nobody 23\n"


@pytest.mark.usefixtures("as_root")
def test_a_function_of_another_user_dies_with_the_template(bench: Bench) -> None:
    call = bench.function("import time\ndef job():\n    time.sleep(600)\n")
    identity = bench.identity(bench.start(call, NOBODY))
    os.kill(bench.executor.template_pid, 9)  # type: ignore[attr-defined]
    assert is_gone(identity.pid)


@pytest.mark.usefixtures("as_root")
def test_a_command_of_another_user_is_ended_like_any_other(bench: Bench) -> None:
    key = bench.start(FOREVER, NOBODY)
    bench.identity(key)
    bench.end(key)
    assert bench.ending(key).error == "killed by SIGTERM"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (ProcessSettings(user="no-such-user"), "no such user: 'no-such-user'"),
        (ProcessSettings(group="no-such-group"), "no such group: 'no-such-group'"),
        (ProcessSettings(user="4294967295", group="0"), "no such user: '4294967295'"),
        (ProcessSettings(user="12345"), "the user 12345 has no account, and so no group; accepted: a group as well"),
    ],
)
def test_an_account_that_is_not_there_fails_the_attempt_by_name(
    bench: Bench, settings: ProcessSettings, told: str
) -> None:
    for work in (Command(line=("true",)), bench.function("def job():\n    pass\n")):
        ending = bench.run(work, settings)
        assert (ending.outcome, ending.exit_code, ending.error) == (Outcome.FAILURE, 126, told)


def test_files_are_made_without_the_bits_of_the_umask(bench: Bench) -> None:
    assert bench.output(Command(line="umask"), ProcessSettings(umask=0o027)) == "0027\n"
    bench.output(Command(line=f"touch {bench.folder}/made"), ProcessSettings(umask=0o077))
    assert (bench.folder / "made").stat().st_mode & 0o777 == 0o600
    assert bench.output(Command(line="umask"), ProcessSettings(umask=0)) == "0000\n"


def test_limits_are_those_of_the_job(bench: Bench) -> None:
    settings = limited(memory=512 * 1024 * 1024, cpu=timedelta(minutes=10), open_files=64, nice=5)
    shown = bench.output(Command(line="ulimit -d; ulimit -t; ulimit -Ht; ulimit -n; nice"), settings).split()
    assert shown == [str(512 * 1024), "600", "605", "64", str(os.nice(0) + 5)]


def test_a_limit_that_is_not_named_stays_as_it_is(bench: Bench) -> None:
    shown = bench.output(Command(line="ulimit -d; ulimit -t; ulimit -n"), limited(nice=0)).split()
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert shown == ["unlimited", "unlimited", str(soft)]


@pytest.mark.parametrize("function", [True, False], ids=["function", "command"])
def test_memory_beyond_the_limit_costs_the_attempt_alone(bench: Bench, function: bool) -> None:  # noqa: FBT001 - a case
    work: Work = Command(line=(sys.executable, "-c", "x = bytearray(300_000_000)"))
    if function:
        work = bench.function("def job():\n    x = bytearray(300_000_000)\n")
    key = bench.start(work, limited(memory=200 * MEGABYTE))
    ending = bench.ending(key)
    assert (ending.outcome, ending.exit_code) == (Outcome.FAILURE, 1)
    assert "MemoryError" in bench.text(key)
    assert bench.run(Command(line=("true",))).outcome is Outcome.SUCCESS


def test_a_memory_limit_too_low_to_begin_with_is_a_failure_like_any_other(bench: Bench) -> None:
    for work in (Command(line=("true",)), bench.function("def job():\n    list(range(10**6))\n")):
        assert bench.run(work, limited(memory=1)).outcome is Outcome.FAILURE


@pytest.mark.parametrize("kind", ["program", "shell", "function", "stubborn"])
def test_computing_beyond_the_limit_is_told_as_that(bench: Bench, kind: str) -> None:
    stubborn = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nimport resource\n"
    works: dict[str, Work] = {
        "program": Command(line=BURN),
        "shell": Command(line=f"{sys.executable} -c 'while True: pass'; exit $?"),
        "function": bench.function("def job():\n    while True: pass\n"),
        # It takes its own hard limit down, so that the test need not wait for the spare seconds.
        "stubborn": Command(line=(sys.executable, "-c", stubborn + "resource.setrlimit(0, (2, 2))\nwhile True: pass")),
    }
    ending = bench.run(works[kind], limited(cpu=timedelta(seconds=1)))
    assert (ending.outcome, ending.error) == (Outcome.FAILURE, "CPU limit of 1s reached")


def test_a_daemon_of_another_user_cannot_change_accounts(bench: Bench, require: Require) -> None:
    require("the rights of root", present=os.geteuid() == 0)
    # A function of nobody's stands for a daemon of nobody's.
    body = """
from cron_actors.adapters.executors.accounts import find_account
from cron_actors.adapters.executors.confinement import confine
from cron_actors.adapters.executors.programs import StillbornError
def job():
    confine({}, find_account('nobody', None))
    for rights, account in (({}, find_account('root', None)), ({'nice': -1}, None), ({'open_files': 10**6}, None)):
        try:
            confine(rights, account)
        except StillbornError as error:
            print(error.text)
"""
    settings = ProcessSettings(user="nobody", working_directory="/", limits=Limits(open_files=64))
    assert bench.output(bench.function(body), settings).splitlines() == [
        "cannot become user 0 with group 0: Operation not permitted; only root can",
        "cannot add -1 to the niceness: Operation not permitted",
        "cannot set the limit open_files to 1000000: the daemon's own is 64",
    ]


def test_an_env_file_lies_over_the_account_and_under_env(bench: Bench) -> None:
    (bench.folder / "a.env").write_text("A=file\nB=file\nHOME=/file\nCRON_ACTORS_JOB=file\n")
    line = Command(line='echo "$A $B $HOME $CRON_ACTORS_JOB"')
    settings = ProcessSettings(env={"B": "env"}, env_file="a.env", user="0")
    key = bench.start(line, settings, {"CRON_ACTORS_JOB": "shop"})
    bench.ending(key)
    assert bench.text(key) == "file env /file shop\n"


def test_an_env_file_is_read_at_each_start_by_commands_and_functions(bench: Bench) -> None:
    settings = ProcessSettings(env_file="a.env")
    function = bench.function("import os\ndef job():\n    print(os.environ['A'])\n")
    other = FunctionCall(path=function.path, function_name="job", python=sys.executable)
    for value in ("one", "two\udcff"):
        (bench.folder / "a.env").write_bytes(f"A='{value}'".encode("utf-8", "surrogateescape"))
        bytes_found = []
        for work in (Command(line='echo "$A"'), function, other):
            key = bench.start(work, settings)
            bench.ending(key)
            bytes_found.append(bench.log(key).read_bytes())
        assert bytes_found[0] == f"{value}\n".encode("utf-8", "surrogateescape")
        assert bytes_found[1] == bytes_found[2]


@pytest.mark.usefixtures("as_root")
def test_an_env_file_may_be_for_the_daemon_alone(bench: Bench) -> None:
    file = bench.folder / "secret.env"
    file.write_text("A=secret\n")
    file.chmod(0o600)
    settings = ProcessSettings(env_file="secret.env", user="nobody", working_directory="/")
    assert bench.output(Command(line='echo "$A"; cat ' + f"{file} 2>/dev/null; :"), settings) == "secret\n"


def test_an_env_file_that_cannot_be_read_fails_the_attempt_with_file_and_line(bench: Bench) -> None:
    (bench.folder / "broken.env").write_text("A=1\nsecret\n")
    os.mkfifo(bench.folder / "fifo.env")
    (bench.folder / "large.env").write_bytes(b"#" * 1_000_001)
    told = {
        "missing.env": "cannot read the env file '{}': No such file or directory",
        "broken.env": "the env file '{}', line 2: no NAME=value; a name is of letters, digits, _ . and -",
        "fifo.env": "the env file '{}', line 1: this is no regular file",
        "large.env": "the env file '{}', line 1: the file has more than 1000000 bytes",
    }
    for name, text in told.items():
        for work in (Command(line=("true",)), bench.function("def job():\n    pass\n")):
            ending = bench.run(work, ProcessSettings(env_file=name))
            assert (ending.outcome, ending.error) == (Outcome.FAILURE, text.format(bench.folder / name))


def test_a_program_is_looked_up_in_the_path_of_the_env_file(bench: Bench) -> None:
    program = bench.folder / "mine"
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(0o755)
    (bench.folder / "a.env").write_text(f"PATH={bench.folder}:/bin\n")
    assert bench.output(Command(line=("mine",)), ProcessSettings(env_file="a.env")) == "found\n"


def test_a_forked_command_finds_what_a_spawned_one_finds(bench: Bench) -> None:
    plain, forked = ProcessSettings(stdin="in"), ProcessSettings(stdin="in", umask=os.umask(0o22))
    os.umask(0o22)
    line = "cat; ls /proc/self/fd | wc -l; pwd; env | grep -v CRON | sort"
    assert bench.output(Command(line=line), plain) == bench.output(Command(line=line), forked)
    for settings in (plain, forked):
        status = bench.output(Command(line="grep -E '^Sig(Ign|Blk)' /proc/self/status"), settings).split()
        assert [int(word, 16) & 0x7FFF_FFFF for word in status[1::2]] == [0, 0]
        leads = 'set -- $$ $(cat /proc/$$/stat); [ "$6 $7" = "$1 $1" ] && echo leads'
        assert bench.output(Command(line=leads), settings) == "leads\n"


def test_another_interpreter_gets_the_rights_too(bench: Bench) -> None:
    body = "import os\ndef job():\n    print(os.umask(0))\n    raise ValueError('bad')\n"
    key = bench.start(bench.function(body, python=sys.executable), ProcessSettings(umask=0o027))
    ending = bench.ending(key)
    assert ending.error == "ValueError: bad"
    assert bench.text(key).startswith("23\n")
