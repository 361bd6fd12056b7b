"""The answer to "why did it not run then?" as a sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cron_actors.cli.wording import counted, span
from cron_actors.core.inquiry import Absence, Answer, Facts, Finding
from cron_actors.core.moments import iso
from cron_actors.core.quotation import quote
from cron_actors.core.run_states import describe
from cron_actors.model.run import Cause, Reason, Run, RunState

REASONS: dict[str, str] = {
    Reason.OVERLAP: "an earlier run of the job was busy, and its overlap policy says so",
    Reason.COALESCED: "a newer instant took its place",
    Reason.PAUSED: "the job was paused",
    Reason.CALENDAR: "a calendar that the job excludes holds it",
    Reason.DOWN: "no daemon looked at it in time, and the job catches up nothing",
    Reason.TOO_LATE: "no daemon looked at it before it was too old to be caught up",
    Reason.OVER_CAP: "no daemon looked at it in time, and more was missed than the job's cap allows",
    Reason.NO_FUNCTION: "its function could not be found",
    Reason.REMOVED: "the job was taken out of its jobs file",
    Reason.RETIMED: "the job was given another schedule",
    Reason.BY_REQUEST: "somebody asked for that",
}
IN_DOWNTIME: dict[str, str] = {
    Reason.COALESCED: "a newer instant took its place",
    Reason.DOWN: "the job catches up nothing",
    Reason.TOO_LATE: "by then it was too old to be caught up",
    Reason.OVER_CAP: "more was missed than the job's cap allows",
    Reason.PAUSED: "by then the job was paused",
}
CAUSES = {
    Cause.SCHEDULE: "",
    Cause.MANUAL: ", which somebody asked for",
    Cause.STARTUP: ", begun by a start",
    Cause.SUBMITTED: ", which was submitted",
    Cause.CHAIN: ", begun by the end of another run",
}
TO_COME = {RunState.SCHEDULED: "its instant", RunState.RETRYABLE: "its next attempt"}


def moment_in(at: datetime, zone: ZoneInfo) -> str:
    """Return the moment in the zone and, if that is another, in UTC.

    >>> moment_in(datetime(2026, 11, 21, 3, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    '2026-11-21 04:00:00 CET (2026-11-21T03:00:00Z)'
    """
    local = at.astimezone(zone)
    text = f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}"
    return text if local.utcoffset() == timedelta(0) else f"{text} ({iso(at.astimezone(UTC))})"


class Words:
    """The words for one finding; moments are told in the zone of the job."""

    def __init__(
        self,
        facts: Facts,
        finding: Finding,
        zone: ZoneInfo,
        *,
        lives: bool,
        late: timedelta | None = None,
        queue_paused: bool = False,
    ) -> None:
        self._facts = facts
        self._finding = finding
        self._zone = zone
        self._lives = lives
        self._late = late
        self._queue_paused = queue_paused

    def sentence(self) -> str:
        """Return the answer, without the instant it is about."""
        run = self._finding.run
        return self._of_nothing() if run is None else self._of_row(run)

    def _of_row(self, run: Run) -> str:
        match self._finding.answer:
            case Answer.RAN:
                return self._ran(run)
            case Answer.RUNNING:
                return self._running(run)
            case Answer.WAITING:
                return self._waiting(run)
            case Answer.CANCELLED:
                return f"it was cancelled before it began, as run {run.run_id}: {_words(run.reason)}"
            case _:
                return f"it was {run.state}{self._among(run)}: {self._why(run.reason)}"

    def _ran(self, run: Run) -> str:
        late = "" if self._late is None else f", {span(self._late.total_seconds())} late"
        took = "" if run.duration is None else f" after {span(run.duration.total_seconds())}"
        error = f" ({run.error})" if run.error else ""
        begun = "began" if run.started_at is None else f"began at {self._moment(run.started_at)}"
        state = describe(run.state, run.reason)
        log = f"; its log is {run.log}" if run.log else ""
        absent = "" if self._finding.absence is None else f", as {self._absence(self._finding.absence)},"
        return f"it ran as run {run.run_id}{CAUSES[run.cause]}, {begun}{late}{absent} and was {state}{took}{error}{log}"

    def _running(self, run: Run) -> str:
        if not self._lives:
            return f"run {run.run_id} was under way when the daemon died; the next start decides what becomes of it"
        since = "" if run.started_at is None else f" since {self._moment(run.started_at)}"
        return f"it is running as run {run.run_id}{CAUSES[run.cause]}{since}; its log is {run.log or '-'}"

    def _waiting(self, run: Run) -> str:
        if run.state is RunState.AVAILABLE:
            what = f"its queue {quote(run.queue)}, which is paused," if self._queue_paused else "a worker"
        elif run.scheduled_at is None and run.state is RunState.SCHEDULED:
            what = "the end of an earlier run of the job"
        else:
            at = "" if run.scheduled_at is None else f" at {self._moment(run.scheduled_at)}"
            what = f"{TO_COME[run.state]}{at}{self._tried(run)}"
        before = f" ({run.reason})" if run.reason and run.state is RunState.AVAILABLE else ""
        absent = "" if self._lives else ", and no daemon runs"
        return f"it waits for {what} as run {run.run_id}{before}{absent}"

    def _tried(self, run: Run) -> str:
        error = f" ({run.error})" if run.error else ""
        return f" after {counted(run.attempt, 'attempt')}{error}" if run.state is RunState.RETRYABLE else ""

    def _of_nothing(self) -> str:  # noqa: PLR0911 - an answer for each kind
        record = self._facts.record
        match self._finding.answer:
            case Answer.NOT_YET_DUE:
                return f"it is not due yet{self._to_come()}"
            case Answer.UNDECIDED:
                return self._undecided()
            case Answer.NOT_DUE:
                return f"it is not due then; {self._nearest()}"
            case Answer.BEFORE_CHANGE if record is not None:
                changed = self._moment(record.changed_at)
                return f"nothing is recorded, and the schedule was another one until {changed}; {self._nearest()}"
            case Answer.NOT_YET_SEEN if record is not None:
                return f"the job was not known then: it was first seen at {self._moment(record.first_seen_at)}"
            case Answer.REMOVED if record is not None and record.removed_at is not None:
                return f"the job was not in force any more: it was removed at {self._moment(record.removed_at)}"
            case Answer.NO_RECORD:
                return "it was due and accounted for, but nothing of it is kept any more: old runs are pruned"
            case _:
                return "no daemon has loaded this job yet"

    def _to_come(self) -> str:
        if self._finding.reason is not None:
            return f", and it is to be skipped: {self._why(self._finding.reason)}"
        return "" if self._lives else ", and no daemon runs"

    def _undecided(self) -> str:
        if self._finding.reason is not None:
            return f"it is skipped, which is not written down yet: {self._why(self._finding.reason)}"
        if self._lives:
            return "it is due, and the daemon has not come to it yet: ask again in a moment"
        record = self._facts.record
        cursor = None if record is None else record.cursor_at
        since = "" if cursor is None else f" since {self._moment(cursor)}"
        return f"no daemon has looked at this job{since}: the next start decides whether it is caught up"

    def _nearest(self) -> str:
        before, after = self._finding.before, self._finding.after
        if before is None and after is None:
            return "its present schedule names no instant at all"
        last = "no instant before" if before is None else f"the one before is {self._moment(before)}"
        following = "none follows" if after is None else f"the next is {self._moment(after)}"
        if before == self._facts.at:
            return f"its present schedule names it, {following}"
        return f"by its present schedule {last}, {following}"

    def _why(self, reason: str | None) -> str:
        """Return the reason with what is known of the pause, the downtime or the calendars behind it."""
        absence, calendars = self._finding.absence, self._finding.calendars
        if absence is not None and reason in IN_DOWNTIME and self._finding.pause is None:
            return f"{self._absence(absence)}, and {IN_DOWNTIME[reason]}"
        if calendars and reason == Reason.CALENDAR:
            names = " and ".join(quote(name) for name in calendars)
            several = len(calendars) > 1
            return f"the calendar{'s' * several} {names}, which the job excludes, hold{'s' * (not several)} it"
        return f"{_words(reason)}{self._pause()}"

    def _absence(self, absence: Absence) -> str:
        since = "" if absence.since is None else f" from {self._moment(absence.since)}"
        return f"no daemon ran{since} until {self._moment(absence.until)}"

    def _pause(self) -> str:
        pause = self._finding.pause
        if pause is None:
            return ""
        until = "" if pause.until_at is None else f" until {self._moment(pause.until_at)}"
        return f" from {self._moment(pause.paused_at)}{until} by {pause.paused_by}"

    def _among(self, run: Run) -> str:
        if run.count == 1:
            return ""
        return f", one of {run.count} instants from {self._moment(run.due_at)} to {self._moment(run.last_due_at)}"

    def _moment(self, at: datetime) -> str:
        return moment_in(at, self._zone)


def _words(reason: str | None) -> str:
    return REASONS.get(reason or "", reason or "nothing says why")
