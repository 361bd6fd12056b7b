"""Commands as children of the template process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cron_actors.adapters.executors.process_groups import process_stat
from cron_actors.model.job import Command, ProcessSettings
from cron_actors.model.run import Outcome
from tests.integration.executor_bench import FOREVER, Bench


def test_both_streams_go_to_the_log_in_order_after_what_stood_there(bench: Bench) -> None:
    key = bench.start(Command(line="read x; echo one; echo two >&2; echo three"), ProcessSettings(stdin="\n"))
    bench.ending(key)
    assert bench.text(key) == "one\ntwo\nthree\n"


def test_the_tail_is_the_last_output_of_this_attempt_only(bench: Bench) -> None:
    key = bench.start(Command(line="seq 1 5000"))
    ending = bench.ending(key)
    assert len(ending.output_tail) == 2000
    assert ending.output_tail == bench.text(key)[-2000:]
    log = bench.folder / "2.txt"
    log.write_text("=== attempt 1\n")
    assert bench.run(Command(line="echo second")).output_tail == "second\n"
    assert log.read_text() == "=== attempt 1\nsecond\n"


def test_a_death_by_signal_is_named(bench: Bench) -> None:
    ending = bench.run(Command(line="kill -SEGV $$"))
    assert (ending.outcome, ending.exit_code, ending.error) == (Outcome.FAILURE, -11, "killed by SIGSEGV")


def test_another_shell_runs_the_line(bench: Bench) -> None:
    assert bench.output(Command(line="print(6 * 7)", shell=sys.executable)) == "42\n"


def test_a_list_is_executed_without_a_shell(bench: Bench) -> None:
    assert bench.output(Command(line=("printf", "%s|", "a b", "$HOME", ";"))) == "a b|$HOME|;|"


def test_variables_lie_over_env_and_env_over_the_daemons(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    key = bench.start(
        Command(line='echo "$HOME $A $B"'), ProcessSettings(env={"A": "env", "B": "env"}), {"B": "variables"}
    )
    bench.ending(key)
    assert bench.text(key) == f"{os.environ['HOME']} env variables\n"


def test_a_program_is_looked_up_in_the_path_of_the_job(bench: Bench) -> None:
    program = bench.folder / "mine"
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(0o755)
    settings = ProcessSettings(env={"PATH": f"/nowhere:{bench.folder}"})
    assert bench.output(Command(line=("mine",)), settings) == "found\n"


def test_standard_input_is_the_text_of_the_job_and_empty_without_one(bench: Bench) -> None:
    assert bench.output(Command(line=("cat",)), ProcessSettings(stdin="grüße\n")) == "grüße\n"
    assert bench.output(Command(line=("cat",))) == ""


def test_standard_input_may_be_longer_than_a_packet(bench: Bench) -> None:
    assert bench.output(Command(line="wc -c"), ProcessSettings(stdin="x" * 1_000_000)).strip() == "1000000"


def test_the_folder_is_the_daemons_or_starts_at_the_jobs_file(bench: Bench) -> None:
    (bench.folder / "sub").mkdir()
    assert bench.output(Command(line=("pwd",))) == f"{Path.cwd()}\n"
    assert bench.output(Command(line=("pwd",)), ProcessSettings(working_directory="sub")) == f"{bench.folder}/sub\n"
    assert bench.output(Command(line=("pwd",)), ProcessSettings(working_directory="/")) == "/\n"
    assert bench.output(Command(line=("pwd",))) == f"{Path.cwd()}\n"


def test_a_missing_folder_is_one_clear_line(bench: Bench) -> None:
    ending = bench.run(Command(line=("true",)), ProcessSettings(working_directory="nowhere"))
    folder = bench.folder / "nowhere"
    assert (ending.exit_code, ending.error) == (
        126,
        f"cannot enter the working directory '{folder}': No such file or directory",
    )


def test_a_file_that_is_no_program_is_one_clear_line(bench: Bench) -> None:
    (bench.folder / "plain").write_text("text")
    ending = bench.run(Command(line=("./plain",)), ProcessSettings(working_directory="."))
    assert (ending.exit_code, ending.error) == (126, "cannot run './plain': Permission denied")


def test_a_log_that_cannot_be_opened_is_one_clear_line(bench: Bench) -> None:
    (bench.folder / "1.txt").mkdir()
    ending = bench.run(Command(line=("true",)))
    assert ending.error == f"cannot open the log '{bench.folder / '1.txt'}': Is a directory"


def test_a_variable_that_cannot_be_set_is_one_clear_line(bench: Bench) -> None:
    ending = bench.run(Command(line=("true",)), ProcessSettings(env={"A=B": "c"}))
    assert ending.error == "cannot run 'true': illegal environment variable name"


def test_signals_are_neither_ignored_nor_blocked(bench: Bench) -> None:
    status = bench.output(Command(line="grep -E '^Sig(Ign|Blk)' /proc/self/status"))
    blocked, ignored = (int(word, 16) for word in status.split()[1::2])
    # Those above 31 are the C library's own, out of a program's reach.
    assert (blocked, ignored & 0x7FFF_FFFF) == (0, 0)


def test_no_descriptor_of_the_template_reaches_a_command(bench: Bench) -> None:
    other = bench.start(FOREVER)
    bench.identity(other)
    # The third is of ls itself, reading the folder.
    assert bench.output(Command(line=("ls", "/proc/self/fd"))).split() == ["0", "1", "2", "3"]


def test_a_child_leads_its_own_session_and_has_the_identity_reported(bench: Bench) -> None:
    for _ in range(40):
        key = bench.start(FOREVER)
        identity = bench.identity(key)
        stat = process_stat(identity.pid)
        assert stat is not None
        assert (stat.session, stat.group, stat.start_time) == (identity.pid, identity.pid, identity.start_time)
        bench.end(key)


def test_cpu_time_and_memory_are_those_of_the_run(bench: Bench) -> None:
    burn = "x = bytearray(60_000_000); sum(range(2_000_000))"
    ending = bench.run(Command(line=(sys.executable, "-c", burn)))
    assert ending.cpu_seconds is not None
    assert ending.peak_memory is not None
    assert 0.01 < ending.cpu_seconds < 20
    assert 60_000_000 < ending.peak_memory < 200_000_000
    assert ending.duration.total_seconds() > 0


def test_many_starts_at_once_all_end(bench: Bench) -> None:
    keys = [bench.start(Command(line=("true",)), ProcessSettings(stdin="y" * 3_000)) for _ in range(300)]
    assert {bench.ending(key).exit_code for key in keys} == {0}


def test_a_flood_of_output_costs_no_memory_of_the_daemon(bench: Bench) -> None:
    key = bench.start(Command(line="head -c 200000000 /dev/zero"))
    ending = bench.ending(key)
    assert ending.outcome is Outcome.SUCCESS
    assert bench.log(key).stat().st_size == 200_000_000
    bench.log(key).unlink()
    assert len(ending.output_tail) == 2000
