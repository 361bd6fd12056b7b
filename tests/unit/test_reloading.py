"""What a change of the jobs files makes a running daemon do; its thread is not started here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cron_actors.loading import load, unresolved
from cron_actors.messages import Load, Trouble
from cron_actors.reloading import InForce, Reloader, watch_over
from cron_actors.settings import Settings
from tests.fakes.mail import Outbox


class Desk:
    """A reloader over a directory of jobs files, and the ledger it tells."""

    def __init__(self, folder: Path, **files: list[dict[str, Any]]) -> None:
        self.folder = folder
        for name, jobs in files.items():
            self.write(name, *jobs)
        settings = Settings(jobs_file_path=str(folder))
        watch = watch_over(settings)
        sources = load(None, settings)
        self.ledger = Outbox()
        self.reloader = Reloader(settings, watch, InForce.of(sources, unresolved(sources)), self.ledger)

    def write(self, name: str, *jobs: dict[str, Any]) -> None:
        (self.folder / f"{name}.json").write_text(json.dumps({"jobs": jobs}), encoding="utf-8")

    def reload(self, *, everything: bool = False) -> list[dict[str, list[str]]]:
        """Reload; return the jobs told to the ledger, by the names of their files."""
        self.reloader.reload(everything=everything)
        return [
            {Path(source).stem: [item.job.identifier for item in jobs] for source, jobs in message.jobs.items()}
            for message in self.ledger.messages
            if isinstance(message, Load)
        ]

    def troubles(self) -> list[str | None]:
        return [message.text for message in self.ledger.messages if isinstance(message, Trouble)]


def job(identifier: str, **keys: Any) -> dict[str, Any]:  # noqa: ANN401 # keys of a job
    work = {} if "path" in keys else {"command": "true"}
    return {"identifier": identifier, "manual": True, "timeout": "1m", **work, **keys}


def write_calendar(path: Path, day: str) -> None:
    """Write an iCalendar file with an event of one day."""
    event = ["BEGIN:VEVENT", "UID:1", "DTSTAMP:20270101T000000Z", f"DTSTART;VALUE=DATE:{day}", "END:VEVENT"]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *event, "END:VCALENDAR", ""]
    path.write_text("\r\n".join(lines), encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a desk with two files."""
    return Desk(tmp_path, a=[job("a")], b=[job("b")])


def test_files_that_did_not_change_are_not_told(desk: Desk) -> None:
    assert desk.reload() == []
    assert desk.ledger.messages == []


def test_only_the_file_that_changed_is_told(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    desk.write("b", job("b", timeout="2m"), job("new"))
    assert desk.reload() == [{"b": ["b", "new"]}]
    assert f"jobs: {desk.folder / 'b.json'} was read again: 1 new, 1 changed" in caplog.messages


def test_a_file_whose_jobs_are_the_same_is_not_told(desk: Desk) -> None:
    (desk.folder / "b.json").write_text(json.dumps({"x-note": 1, "jobs": [job("b")]}), encoding="utf-8")
    assert desk.reload() == []


def test_a_new_file_of_a_directory_is_told_and_one_that_is_gone_has_no_jobs_any_more(desk: Desk) -> None:
    desk.write("c", job("c"))
    (desk.folder / "a.json").unlink()
    assert desk.reload() == [{"a": [], "c": ["c"]}]
    assert desk.troubles() == []


def test_a_file_of_which_only_the_queues_changed_is_told_with_them(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    queues = {"mail": {"parallelism": 2}}
    (desk.folder / "b.json").write_text(json.dumps({"queues": queues, "jobs": [job("b")]}), encoding="utf-8")
    assert desk.reload() == [{"b": ["b"]}]
    [message] = [message for message in desk.ledger.messages if isinstance(message, Load)]
    [(source, [declared])] = message.queues.items()
    assert (Path(source).stem, declared.queue.name, declared.text) == ("b", "mail", '{"parallelism":2}')
    assert f"jobs: {desk.folder / 'b.json'} was read again: other queues" in caplog.messages


def test_a_file_that_is_gone_declares_no_queues_any_more(desk: Desk) -> None:
    desk.write("c", job("c"))
    (desk.folder / "a.json").unlink()
    desk.reload()
    [message] = [message for message in desk.ledger.messages if isinstance(message, Load)]
    assert message.queues == {str(desk.folder / "a.json"): (), str(desk.folder / "c.json"): ()}


def test_a_job_that_moves_is_told_together_with_the_file_that_it_leaves(desk: Desk) -> None:
    desk.write("a")
    desk.write("b", job("a"), job("b"))
    assert desk.reload() == [{"a": [], "b": ["a", "b"]}]


def test_when_asked_everything_is_told(desk: Desk) -> None:
    assert desk.reload(everything=True) == [{"a": ["a"], "b": ["b"]}]


def test_a_bad_file_keeps_its_jobs_and_is_a_trouble_until_it_is_good(desk: Desk) -> None:
    desk.write("b", job("b", timeout="soon"))
    desk.write("a", job("a"), job("new"))
    assert desk.reload() == [{"a": ["a", "new"]}]
    [trouble] = desk.troubles()
    assert trouble is not None
    assert trouble.startswith(f"{desk.folder / 'b.json'}:1:")
    assert trouble.endswith("; the jobs that were there before go on")
    desk.write("a", job("a"))
    desk.reload()
    assert desk.troubles() == [trouble]  # it is not forgotten because another file was read
    desk.write("b", job("b"))
    desk.reload()
    assert desk.troubles() == [trouble, None]


def test_a_file_that_names_an_account_nobody_knows_keeps_its_jobs(desk: Desk) -> None:
    desk.write("b", job("b", user="no-such-user"))
    desk.write("new", job("c", group="no-such-group"))
    assert desk.reload() == []
    [trouble] = desk.troubles()
    assert trouble is not None
    assert "job 'b', user: no such user: 'no-such-user' (and 1 more)" in trouble
    desk.write("b", job("b", user="root"))
    desk.write("new", job("c"))
    assert desk.reload() == [{"b": ["b"], "new": ["c"]}]


def test_a_directory_that_is_gone_takes_no_jobs_with_it(desk: Desk) -> None:
    shutil.rmtree(desk.folder)
    assert desk.reload() == []
    assert len(desk.troubles()) == 1
    desk.folder.mkdir()
    desk.write("a", job("a"))
    assert desk.reload() == [{"b": []}]
    assert desk.troubles()[1:] == [None]


def test_a_job_whose_function_is_not_there_is_told_so_and_its_file_goes_on(desk: Desk) -> None:
    desk.write("b", job("b"), job("lost", path="no_such_module", function_name="f"))
    assert desk.reload() == [{"b": ["b", "lost"]}]
    [load_] = desk.ledger.of(Load)
    assert load_.unresolved == {"lost"}


def test_a_file_none_of_whose_jobs_can_run_keeps_the_jobs_it_had(desk: Desk) -> None:
    desk.write("b", job("lost", path="no_such_module", function_name="f"))
    assert desk.reload() == []
    [trouble] = desk.troubles()
    assert trouble is not None
    assert "no_such_module" in trouble


def test_a_function_that_has_come_is_found_when_asked(desk: Desk) -> None:
    desk.write("b", job("b"), job("late", path="late_module", function_name="f"))
    desk.reload()
    (desk.folder / "late_module.py").write_text("def f(): pass\n", encoding="utf-8")
    desk.ledger.take()
    desk.reload(everything=True)
    [load_] = desk.ledger.of(Load)
    assert load_.unresolved == frozenset()


def test_a_calendar_file_that_changes_has_the_jobs_file_read_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, a=[job("a")])
    document = {
        "calendars": {"off": {"ics": "off.ics"}},
        "jobs": [job("a", manual=False, cron="0 4 * * *", exclude="off")],
    }
    write_calendar(tmp_path / "off.ics", "20270101")
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    assert desk.reload() == [{"a": ["a"]}]
    desk.ledger.take()
    write_calendar(tmp_path / "off.ics", "20270211")
    assert desk.reload() == [{"a": ["a"]}]
