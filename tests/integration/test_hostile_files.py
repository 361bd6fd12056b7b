"""Jobs files made to hurt: ``validate`` answers within two seconds of CPU and 200 MB, and never with a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MOST_SECONDS = 2.0
MOST_KILOBYTES = 200_000
JOB = '{"identifier": "a", "command": "x", "manual": true, %s}'


def of_one_job(keys: str) -> str:
    return '{"jobs": [' + JOB % keys + "]}"


def listed(items: list[str]) -> str:
    return '{"jobs": [' + ",".join(items) + "]}"


def ics_of(events: int) -> str:
    each = (
        f"BEGIN:VEVENT\nDTSTART:2027010{n % 9 + 1}T{n % 24:02}{n // 24 % 60:02}00Z\nEND:VEVENT\n" for n in range(events)
    )
    return f"BEGIN:VCALENDAR\n{''.join(each)}END:VCALENDAR\n"


NUMBERED = '{"identifier": "a%d", "command": "x", "cron": "* * * * *", "timezone": "Europe/Berlinn%d"}'
ALIASES = "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12))
BRANCHES = "x|y(z|w)*" * 100
WIDE = "(?i:[À-￿])" * 90
FILES = {
    "aliases.yaml": "a: &a [x, x, x]\n" + ALIASES,
    "aliased-jobs.yaml": "x-a: &a [1]\njobs:\n" + "- *a\n" * 30_000,
    "anchors.yaml": "".join(f"- &a{n} x\n" for n in range(30_000)),
    "deep.json": "[" * 100_000,
    "deep.yaml": "\n".join(" " * n + "a:" for n in range(3_000)),
    "digits.json": of_one_job('"catch_up": {"cap": ' + "9" * 100_000 + "}"),
    "digits.yaml": "x-a: " + "9" * 1_000_000 + "\njobs: []",
    "long-key.json": '{"jobs": [], "' + "k" * 1_000_000 + '": 1}',
    "long-key-of-a-job.json": of_one_job('"' + "k" * 1_000_000 + '": 1'),
    "long-module.json": '{"jobs": [{"identifier": "a", "path": "' + "a." * 100_000 + 'b", "manual": 1}]}',
    "long-identifier.json": '{"jobs": [{"identifier": "' + "a" * 1_000_000 + '", "command": "x", "manual": true}]}',
    "long-duration.json": of_one_job('"timeout": "' + "1s " * 100_000 + '"'),
    "empty-jobs.json": listed(["{}"] * 100_000),
    "lists-for-jobs.json": listed(["[]"] * 100_000),
    "one-identifier.json": listed([JOB % '"timeout": "1m"'] * 10_000),
    "unknown-keys.json": of_one_job(",".join(f'"zz{n}": 1' for n in range(50_000))),
    "unknown-defaults.json": '{"defaults": {' + ",".join(f'"zz{n}": 1' for n in range(50_000)) + '}, "jobs": []}',
    "great-defaults.json": '{"defaults": {"env": {'
    + ",".join(f'"V{n}": "1"' for n in range(1_000))
    + '}}, "jobs": ['
    + ",".join(JOB % f'"x-{n}": 1' for n in range(5_000))
    + "]}",
    "wrong-variables.json": of_one_job('"env": {' + ",".join(f'"v{n}": {n}' for n in range(30_000)) + "}"),
    "wrong-tags.json": of_one_job('"tags": ' + json.dumps([1] * 30_000)),
    "wrong-crons.json": '{"jobs": [{"identifier": "a", "command": "x", "cron": '
    + json.dumps(["61 * * * *"] * 30_000)
    + "}]}",
    "wrong-zones.json": listed([NUMBERED % (n, n) for n in range(1_000)]),
    "wrong-dates.json": '{"calendars": {"c": {"dates": ' + json.dumps(["2027-13-01"] * 30_000) + '}}, "jobs": []}',
    "empty-calendars.json": '{"calendars": {' + ",".join(f'"c{n}": {{}}' for n in range(20_000)) + '}, "jobs": []}',
    "unknown-calendars.json": '{"calendars": {'
    + ",".join(f'"cal{n}": {{"weekdays": "mon"}}' for n in range(3_000))
    + '}, "jobs": ['
    + ",".join(JOB % f'"exclude": "cla{n}"' for n in range(3_000))
    + "]}",
    "unknown-calendars-of-a-job.json": '{"calendars": {'
    + ",".join(f'"cal{n}": {{"weekdays": "mon"}}' for n in range(300))
    + '}, "jobs": ['
    + JOB % ('"exclude": ' + json.dumps([f"cla{n}" for n in range(30_000)]))
    + "]}",
    "patterns.json": listed([JOB % f'"success": {{"output": "(?i){n}[a-z]{BRANCHES}"}}' for n in range(3_000)]),
    "wide-patterns.json": listed([JOB % f'"success": {{"output": "{n}{WIDE}"}}' for n in range(9)]),
    "many-parentheses.json": of_one_job('"success": {"output": "' + "(" * 5_000 + '"}'),
    "twice.yaml": "jobs: []\n" + "x-a: 1\n" * 30_000,
    "documents.yaml": "--- 1\n" * 100_000,
}


# The kernel counts the memory of whoever starts a program as the program's own: a small process has to start it.
MEASURE = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def is_judged_soon_and_cheaply(name: str, tmp_path: Path, exit_code: int) -> list[str]:
    """Have the file validated, and return what is said on standard error."""
    validate = [sys.executable, "-m", "cron_actors", "validate", name]
    answer = subprocess.run(
        [sys.executable, "-c", MEASURE, *validate], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    code, seconds, kilobytes = answer.stdout.split()
    lines = answer.stderr.splitlines()
    assert int(code) == exit_code, lines[:3]
    assert len(lines) <= 101
    assert all(line.startswith("cron-actors: ") and len(line) < 2_000 for line in lines)
    assert float(seconds) < MOST_SECONDS
    assert int(kilobytes) < MOST_KILOBYTES
    return lines


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_made_to_hurt_is_refused_soon_and_cheaply(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    assert is_judged_soon_and_cheaply(name, tmp_path, 2)


def test_a_calendar_file_that_is_named_a_thousand_times_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "one.ics").write_text(ics_of(2_000))
    section = '{"calendars": {"c": {"ics": ' + json.dumps(["one.ics"] * 1_000) + '}}, "jobs": []}'
    (tmp_path / "jobs.json").write_text(section)
    assert is_judged_soon_and_cheaply("jobs.json", tmp_path, 0) == []


def test_many_calendar_files_may_not_hold_more_than_all_of_them_together(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number}.ics").write_text(ics_of(1_000))
    calendars = ",".join(f'"c{number}": {{"ics": "{number}.ics"}}' for number in range(50))
    (tmp_path / "jobs.json").write_text('{"calendars": {' + calendars + '}, "jobs": []}')
    lines = is_judged_soon_and_cheaply("jobs.json", tmp_path, 2)
    assert len(lines) == 30
    assert lines[0].startswith("cron-actors: jobs.json:1:")
    assert "calendars.c20.ics: '20.ics': found more in all iCalendar files together" in lines[0]


def test_env_files_are_tried_once_each_and_only_so_many_of_them(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.env").write_text("".join(f"V{line}=x\n" for line in range(100_000)))
    files = [JOB.replace('"a"', f'"a{n}"') % f'"timeout": "1m", "env_file": "{n % 40}.env"' for n in range(4_000)]
    (tmp_path / "jobs.json").write_text(listed(files))
    assert is_judged_soon_and_cheaply("jobs.json", tmp_path, 0) == []


def test_warnings_beyond_the_hundredth_are_counted(tmp_path: Path) -> None:
    jobs = [JOB.replace('"a"', f'"a{n}"') % '"x-a": 1' for n in range(120)]
    (tmp_path / "jobs.json").write_text(listed(jobs))
    lines = is_judged_soon_and_cheaply("jobs.json", tmp_path, 0)
    assert lines[-1] == "cron-actors: warning: and 20 more warnings"


def test_lines_beyond_the_hundredth_are_counted(tmp_path: Path) -> None:
    (tmp_path / "jobs.json").write_text(listed(["[]"] * 120), encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, "-m", "cron_actors", "validate", "jobs.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert answer.stderr.splitlines()[-1] == "cron-actors: and 20 more errors"
