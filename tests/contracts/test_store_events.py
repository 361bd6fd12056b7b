"""What every store promises about the journal of events, those who follow it, and queues."""

from __future__ import annotations

from dataclasses import replace

from cron_actors.core.statistics import fold_all
from cron_actors.messages import RunChanged
from cron_actors.model.queue import QueueRecord
from cron_actors.model.records import JobRecord, Pause, Request, RequestKind
from cron_actors.model.run import Outcome, RunState
from cron_actors.ports.store import Mailbox, Reader
from tests.contracts.store_contract import SECOND, AnyStore, T
from tests.fakes.values import a_change

INSERTED = a_change(RunState.AVAILABLE, attempt=0, queue="mail")
BEGUN = a_change(RunState.EXECUTING, was=RunState.AVAILABLE, queue="mail", started_at=T, lateness=SECOND)
FAILED = a_change(
    RunState.RETRYABLE,
    was=RunState.EXECUTING,
    queue="mail",
    reason="failed",
    outcome=Outcome.FAILURE,
    error="ü is no \x00 address",
    duration=SECOND,
    started_at=T,
)


def journal(store: AnyStore, *commits: list[RunChanged]) -> None:
    for changes in commits:
        with store.begin() as transaction:
            transaction.journal(changes)


def test_the_changes_of_a_commit_come_back_as_one_entry(store: AnyStore, reader: Reader) -> None:
    assert (reader.last_event(), reader.events(0)) == (0, [])
    journal(store, [INSERTED], [BEGUN, FAILED])
    assert reader.events(0) == [(1, (INSERTED,)), (2, (BEGUN, FAILED))]
    assert reader.events(1) == [(2, (BEGUN, FAILED))]
    assert reader.events(0, limit=1) == [(1, (INSERTED,))]
    assert (reader.events(2), reader.events(10**30), reader.last_event()) == ([], [], 2)


def test_the_text_of_an_error_is_kept_up_to_its_500th_character(store: AnyStore, reader: Reader) -> None:
    journal(store, [replace(FAILED, error="x" * 501), replace(FAILED, error="bad byte \udcff")])
    ((_, (long, odd)),) = reader.events(0)
    assert (long.error, odd.error) == ("x" * 500, "bad byte \\udcff")


def test_the_newest_entries_stay_and_their_numbers_go_on(store: AnyStore, reader: Reader) -> None:
    journal(store, [INSERTED], [BEGUN], [FAILED])
    with store.begin() as transaction:
        transaction.fold_statistics()
        transaction.trim_journal(2)
    assert [number for number, _ in reader.events(0)] == [2, 3]
    with store.begin() as transaction:
        transaction.trim_journal(0)
    assert (reader.events(0), reader.last_event()) == ([], 3)
    journal(store, [INSERTED])
    assert reader.events(0) == [(4, (INSERTED,))]


def test_what_the_figures_have_still_to_count_is_not_trimmed(store: AnyStore, reader: Reader) -> None:
    journal(store, [FAILED], [FAILED], [FAILED])
    with store.begin() as transaction:
        assert transaction.fold_statistics(1) == 1
        transaction.trim_journal(0)
    assert [number for number, _ in reader.events(0)] == [2, 3]
    assert reader.statistics() == fold_all({}, [FAILED] * 3)


def test_what_ends_nothing_is_read_by_the_figures_and_counted_by_none(store: AnyStore, reader: Reader) -> None:
    journal(store, [INSERTED, BEGUN], [FAILED, INSERTED])
    with store.begin() as transaction:
        assert transaction.fold_statistics(2) == 2
        assert transaction.fold_statistics(None) == 2
        assert transaction.fold_statistics(None) == 0
    assert reader.statistics() == fold_all({}, [FAILED])
    assert [number for number, _ in reader.events(0)] == [1, 2], "folded, and still there to be read"


# queues

MAIL = QueueRecord(name="mail", source="/etc/jobs.yaml", declared='{"weight":3}')


def test_queues_come_back_as_they_were_put(store: AnyStore, reader: Reader) -> None:
    full = replace(
        MAIL,
        changes='{"parallelism":2}',
        changed_at=T,
        changed_by="ü (process 7)",
        paused_at=T + SECOND,
        paused_by="me",
        removed_at=T + 2 * SECOND,
        share=7,
    )
    low = replace(MAIL, name="low", source="built-in")
    with store.begin() as transaction:
        assert transaction.queues() == []
        for record in (MAIL, low, full):
            transaction.put_queue(record)
        assert transaction.queues() == [low, full]
        transaction.put_shares({"low": 5, "unknown": 9})
    assert reader.queues() == [replace(low, share=5), full]


# what came to records that were there before


def test_one_job_is_found_with_its_pauses(store: AnyStore) -> None:
    job = JobRecord(identifier="backup", source="jobs.yaml", definition="d", first_seen_at=T, changed_at=T)
    pause = Pause(paused_at=T, paused_by="me")
    with store.begin() as transaction:
        transaction.put_job(job)
        transaction.put_job(replace(job, identifier="other"))
        transaction.put_pause("backup", pause)
        assert transaction.job("backup") == replace(job, pauses=(pause,))
        assert transaction.job("other") == replace(job, identifier="other")
        assert transaction.job("unknown") is None


def test_a_request_keeps_what_it_says_beside_its_kind(store: AnyStore, mailbox: Mailbox) -> None:
    request = Request(
        request_id=0,
        kind=RequestKind.RESIZE_QUEUE,
        requested_at=T,
        requested_by="me",
        payload={"queue": "mail", "parallelism": 2},
    )
    number = mailbox.submit(request)
    with store.begin() as transaction:
        assert transaction.requests() == [replace(request, request_id=number)]
