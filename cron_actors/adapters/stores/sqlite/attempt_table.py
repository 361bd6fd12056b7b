"""Attempts: claimed, begun, settled; each fenced by the token of its claim."""
# ruff: noqa: S608 - the statements are joined from constants of this package only

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime

from cron_actors.adapters.stores.sqlite.rows import (
    ATTEMPT_COLUMNS,
    RUN_COLUMNS,
    RUN_WIDTH,
    Row,
    attempt_of,
    claimed_run_of,
    micros,
    micros_of,
    micros_or_none,
    run_of,
    storable,
)
from cron_actors.adapters.stores.sqlite.table import Table
from cron_actors.core.run_states import FINAL
from cron_actors.core.settlement import ANEW
from cron_actors.model.run import Attempt, AttemptKey, Identity, Run, RunState, Settlement
from cron_actors.ports.store import NameLog

CLAIMABLE = (
    f"SELECT {RUN_COLUMNS} FROM run WHERE state = 'available' AND queue = ?"
    " ORDER BY priority DESC, due_at, run_id LIMIT ?"
)
_CLAIM = (
    "UPDATE run SET state = 'executing', reason = NULL, attempt = ?, node = ?, lease_token = ?, started_at = ?,"
    " log = ?, duration = NULL, outcome = NULL, exit_code = NULL, error = NULL, result = NULL WHERE run_id = ?"
)
_BEGIN = "INSERT INTO attempt (run_id, attempt, lease_token, node, started_at) VALUES (?, ?, ?, ?, ?)"
_IDENTIFY = (
    "UPDATE attempt SET pid = ?1, start_time = ?2, boot_id = ?3"
    " WHERE run_id = ?4 AND lease_token = ?5 AND finished_at IS NULL"
)
# Run and token of what is to be settled, as JSON: which of these hold their runs? CROSS JOIN looks them up one by one.
VALID = (
    "SELECT run_id, lease_token FROM json_each(?1) AS claim CROSS JOIN run ON run.run_id = claim.value ->> 0"
    " WHERE lease_token = claim.value ->> 1 AND state IN ('executing', 'launched')"
)
_SETTLE = (
    "UPDATE run SET state = ?, reason = ?, attempt = attempt - ?, deaths = deaths + ?, finished_at = ?, duration = ?,"
    " outcome = ?, exit_code = ?, error = ?, result = ?, scheduled_at = ? {}WHERE run_id = ?"
)
_SETTLE_ENDED = _SETTLE.format("")
_SETTLE_ANEW = _SETTLE.format(", node = NULL, lease_token = NULL, started_at = NULL ")
_END = (
    "UPDATE attempt SET finished_at = ?, counted = ?, outcome = ?, exit_code = ?, error = ?, output_tail = ?,"
    " cpu_seconds = ?, peak_memory = ?, callback_error = ?, pid = ifnull(?, pid), start_time = ifnull(?, start_time),"
    " boot_id = ifnull(?, boot_id) WHERE run_id = ? AND lease_token = ?"
)
_LAUNCH = "UPDATE run SET state = 'launched' WHERE run_id = ? AND lease_token = ? AND state = 'executing'"
_ADOPT = f"UPDATE run SET node = ?1, lease_token = ?2 WHERE run_id = ?3 AND state = 'launched' RETURNING {RUN_COLUMNS}"
# The attempt follows the token of its run, which is still the old one here.
_HAND_OVER = (
    "UPDATE attempt SET lease_token = ?1 WHERE run_id = ?2"
    " AND lease_token = (SELECT lease_token FROM run WHERE run_id = ?2 AND state = 'launched')"
)
HELD = (
    f"SELECT {', '.join(f'run.{name}' for name in RUN_COLUMNS.split(', '))},"
    f" {', '.join(f'attempt.{name}' for name in ATTEMPT_COLUMNS.split(', '))}"
    " FROM run JOIN attempt ON attempt.run_id = run.run_id AND attempt.lease_token = run.lease_token"
    " WHERE run.state IN ('executing', 'launched')"
    " AND (?1 IS NULL OR run.node <> ?1) ORDER BY run.run_id"
)
_ATTEMPTS = f"SELECT {ATTEMPT_COLUMNS} FROM attempt WHERE run_id = ? ORDER BY attempt_id"
# What goes to one of these states is as if the attempt were not there.
_FORGETTING = frozenset({RunState.AVAILABLE, RunState.SCHEDULED})


class AttemptTable(Table):
    """The table ``attempt``, and what attempts do to their runs."""

    def claim(self, queue: str, slots: int, node: str, at: datetime, log_of: NameLog) -> list[Run]:
        """Take up to ``slots`` available runs of the queue for the node, best first: priority, due instant, id."""
        rows = self._all(CLAIMABLE, queue, slots)
        claim = secrets.token_hex(12)
        runs = [claimed_run_of(row, node, f"{claim}-{row[0]}", at, log_of) for row in rows]
        started_at = micros(at)
        self._do_each(
            _CLAIM, [(run.attempt, node, run.lease_token, started_at, storable(run.log), run.run_id) for run in runs]
        )
        self._do_each(_BEGIN, [(run.run_id, run.attempt, run.lease_token, node, started_at) for run in runs])
        return runs

    def begin_attempts(self, begun: Sequence[tuple[AttemptKey, Identity]]) -> None:
        """Note the processes of attempts that are not over; an old token changes nothing."""
        self._do_each(_IDENTIFY, [(who.pid, who.start_time, who.boot_id, key.run_id, key.token) for key, who in begun])

    def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """End the attempts and move their runs on; False, and no change, for a token that does not hold its run."""
        claims = [(settlement.key.run_id, settlement.key.token) for settlement in settlements]
        valid = set(self._all(VALID, json.dumps(claims)))
        known: list[bool] = []
        anew: list[Settlement] = []
        ended: list[Settlement] = []
        for claim, settlement in zip(claims, settlements, strict=True):
            held = claim in valid
            known.append(held)
            if held:
                valid.remove(claim)  # an attempt ends once
                (anew if settlement.state in ANEW else ended).append(settlement)
        self._do_each(_SETTLE_ANEW, [_settled_row(settlement) for settlement in anew])
        self._do_each(_SETTLE_ENDED, [_settled_row(settlement) for settlement in ended])
        self._do_each(_END, [_ended_row(settlement) for settlement in (*anew, *ended)])
        return known

    def launch(self, key: AttemptKey, identity: Identity) -> bool:
        """Move the run from executing to launched and note the process that goes on; False for an old token."""
        if not self._do(_LAUNCH, key.run_id, key.token):
            return False
        self.begin_attempts([(key, identity)])
        return True

    def adopt(self, run_id: int, node: str) -> Run | None:
        """Make a launched run the node's, under a fresh token; None if it is not launched."""
        token = secrets.token_hex(16)
        self._do(_HAND_OVER, token, run_id)
        row = self._one(_ADOPT, node, token, run_id)
        return None if row is None else run_of(row)

    def held(self, excluding: str | None = None) -> list[tuple[Run, Attempt]]:
        """Return the held runs, but not those of the node ``excluding``, each with its present attempt."""
        rows = self._all(HELD, excluding)
        return [(run_of(row[:RUN_WIDTH]), attempt_of(row[RUN_WIDTH:])) for row in rows]

    def attempts(self, run_id: int) -> list[Attempt]:
        """Return every try of the run, uncounted ones included, oldest first."""
        return [attempt_of(row) for row in self._all(_ATTEMPTS, run_id)]


def _settled_row(settlement: Settlement) -> Row:
    # Exact types throughout: whatever else sqlite3 is given, an Enum or a bool, it looks up adapters for each time.
    # The text of a member is had sooner by str() than by its value.
    ending, state, reason = settlement.ending, settlement.state, settlement.reason
    forgotten = state in _FORGETTING
    return (
        str(state),
        None if reason is None else str(reason),
        0 if settlement.counted else 1,
        settlement.deaths,
        micros(settlement.at) if state in FINAL else None,
        None if forgotten else micros_of(ending.duration),
        None if forgotten else str(ending.outcome),
        None if forgotten else ending.exit_code,
        None if forgotten else storable(ending.error),
        None if forgotten else storable(ending.result),
        micros_or_none(settlement.scheduled_at),
        settlement.key.run_id,
    )


def _ended_row(settlement: Settlement) -> Row:
    ending, identity = settlement.ending, settlement.identity
    process = (None, None, None) if identity is None else (identity.pid, identity.start_time, identity.boot_id)
    return (
        micros(settlement.at),
        1 if settlement.counted else 0,
        str(ending.outcome),
        ending.exit_code,
        storable(ending.error),
        storable(ending.output_tail),
        ending.cpu_seconds,
        ending.peak_memory,
        storable(ending.callback_error),
        *process,
        settlement.key.run_id,
        settlement.key.token,
    )
