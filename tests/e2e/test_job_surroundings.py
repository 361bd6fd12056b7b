"""What a job finds around it: variables, standard input, folder, shell, and the code as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest

from cron_actors.model.run import RunState
from tests.fakes.daemon import DaemonHome, job

pytestmark = pytest.mark.e2e


def test_a_job_finds_its_variables_its_input_its_folder_and_its_shell(home: DaemonHome) -> None:
    (home.folder / "sub").mkdir()
    once = {"periodicity": "1h"}
    home.write_jobs(
        job(
            "variables",
            'echo "$CRON_ACTORS_JOB $CRON_ACTORS_RUN_ID $CRON_ACTORS_ATTEMPT $OWN $GIVEN"',
            env={"OWN": "mine"},
            **once,
        ),
        job("due", 'echo "<$CRON_ACTORS_DUE_AT>"', **once),
        job("input", "cat", stdin="first\nlast", **once),
        job("no-input", "cat; echo end", **once),
        job("folder", "pwd", working_directory="sub", **once),
        job("usual-folder", "pwd", **once),
        job("shell", 'echo "${BASH_VERSION:+bash}"', **{"shell": "/bin/bash", **once}),
        job("words", ["printf", "%s|", "a b", "$HOME", "*"], **once),
        job("nowhere", "true", working_directory="not-there", **once),
        job("nothing", ["/no/such/program"], **once),
    )
    assert home.start("--max-ticks", "1", GIVEN="daemon's").wait(20) == 0
    outputs = {run.job: output(run.log) for run in home.runs()}
    (due,) = home.runs("due")
    number = {run.job: run.run_id for run in home.runs()}["variables"]
    assert outputs["variables"] == f"variables {number} 1 mine daemon's\n"
    assert outputs["due"] == f"<{due.due_at:%Y-%m-%dT%H:%M:%SZ}>\n"
    assert outputs["input"] == "first\nlast\n"
    assert outputs["no-input"] == "end\n"
    assert outputs["folder"] == f"{home.folder / 'sub'}\n"
    assert outputs["usual-folder"] == f"{home.folder}\n"
    assert outputs["shell"] == "bash\n"
    assert outputs["words"] == "a b|$HOME|*|\n"
    for name, told in (("nowhere", "not-there"), ("nothing", "/no/such/program")):
        (run,) = home.runs(name)
        assert run.state == RunState.DISCARDED
        assert told in (run.error or "")


def output(log: str | None) -> str:
    """Return what stands between the first line and the last."""
    assert log is not None
    lines = Path(log).read_text().splitlines(keepends=True)
    return "".join(lines[1:-1])


def test_the_arguments_of_a_function_arrive_as_they_are_written(home: DaemonHome) -> None:
    home.write("mine.py", "async def show(*args, **kwargs):\n    print(len(args[0]), args[1:], kwargs)\n")
    large = "x" * 1_000_000
    args = [large, "ä \U0001f600", None, 1.5, {"a": [True]}]
    home.write_jobs(job("shows", path="mine", function_name="show", args=args, kwargs={"k": "v"}, periodicity="1h"))
    assert home.start("--max-ticks", "1", PYTHONIOENCODING="utf-8").wait(20) == 0
    assert "1000000 ('ä \U0001f600', None, 1.5, {'a': [True]}) {'k': 'v'}\n" in home.read("logs/shows/latest.txt")


def test_edited_code_is_picked_up_without_a_restart(home: DaemonHome) -> None:
    home.write("mine.py", "def work():\n    print('version one')\n")
    home.write_jobs(job("works", path="mine", function_name="work"))
    daemon = home.start()
    home.eventually(lambda: "version one\n" in home.read("logs/works/latest.txt"))
    home.write("mine.py", "def work():\n    print('version twenty-two')\n")
    home.eventually(lambda: "version twenty-two\n" in home.read("logs/works/latest.txt"))
    assert home.stop(daemon) == 0


def test_an_identifier_may_hold_blanks_and_any_letters(home: DaemonHome) -> None:
    names = ["nightly report", "données-été", "报告", "a'b\"c$d`e", "-dash", "x" * 128]
    home.write_jobs(*(job(name, 'echo "<$CRON_ACTORS_JOB>"') for name in names))
    assert home.start("--max-ticks", "1", LC_ALL="C").wait(20) == 0
    for name in names:
        (run,) = home.runs(name)
        assert run.state == RunState.COMPLETED, run.error
        assert f"<{name}>\n" in home.read(f"logs/{name}/latest.txt")
        assert home.ask("stats", "--", name)["successes"] == 1
