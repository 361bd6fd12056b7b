"""Nodes, and the requests that other processes leave for them."""

from __future__ import annotations

from datetime import datetime

from cron_actors.adapters.stores.sqlite.rows import json_or_none, micros, micros_or_none, node_of, request_of, storable
from cron_actors.adapters.stores.sqlite.table import Table
from cron_actors.model.records import NodeRecord, Request

_PUT_NODE = "INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SUBMIT = (
    "INSERT INTO request (kind, requested_at, requested_by, job, run_id, force, until_at, payload)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING request_id"
)
_WAITING = "SELECT * FROM request WHERE handled_at IS NULL ORDER BY request_id LIMIT ?"
ABOUT = "SELECT * FROM request WHERE run_id = ? ORDER BY request_id"
# Such requests are few, and this is asked by people, about one run.
_ABOUT_DEAD = (
    "SELECT * FROM request WHERE kind IN ('retry_dead', 'dismiss_dead')"
    " AND EXISTS (SELECT 1 FROM json_each(payload, '$.run_ids') WHERE value = ?)"
)
# The run of a cancel was named by the request; the run of a trigger is known only now.
_ANSWER = "UPDATE request SET answer = ?, handled_at = ?, run_id = coalesce(?, run_id) WHERE request_id = ?"


class NodeTable(Table):
    """The table ``node``."""

    def node(self, node: str) -> NodeRecord | None:
        """Return the node's row, None if there is none."""
        row = self._one("SELECT * FROM node WHERE node = ?", node)
        return None if row is None else node_of(row)

    def nodes(self) -> list[NodeRecord]:
        """Return the nodes, latest start first."""
        return [node_of(row) for row in self._all("SELECT * FROM node ORDER BY started_at DESC, rowid DESC")]

    def put_node(self, record: NodeRecord) -> None:
        """Insert or replace the node's row."""
        self._do(
            _PUT_NODE,
            record.node,
            record.pid,
            record.boot_id,
            record.host,
            micros(record.started_at),
            micros(record.heartbeat_at),
            micros_or_none(record.stopped_at),
            record.ticks,
            storable(record.trouble),
        )


class RequestTable(Table):
    """The table ``request``."""

    def submit(self, request: Request) -> int:
        """Store the request as one that nobody has handled and return its id."""
        row = self._one(
            _SUBMIT,
            request.kind,
            micros(request.requested_at),
            storable(request.requested_by),
            storable(request.job),
            request.run_id,
            request.force,
            micros_or_none(request.until_at),
            json_or_none(request.payload),
        )
        return 0 if row is None else int(row[0])

    def requests(self, limit: int = 1000) -> list[Request]:
        """Return the requests that nobody has handled yet, oldest first."""
        return [request_of(row) for row in self._all(_WAITING, limit)]

    def request(self, request_id: int) -> Request | None:
        """Return the request, None if there is none."""
        row = self._one("SELECT * FROM request WHERE request_id = ?", request_id)
        return None if row is None else request_of(row)

    def requests_about(self, run_id: int) -> list[Request]:
        """Return the request that made the run, if one did, and those to cancel, retry or dismiss it, oldest first."""
        rows = [*self._all(ABOUT, run_id), *self._all(_ABOUT_DEAD, run_id)]
        return sorted(map(request_of, rows), key=lambda request: request.request_id)

    def answer(self, request_id: int, answer: str, at: datetime, run_id: int | None = None) -> None:
        """Mark the request as handled."""
        self._do(_ANSWER, storable(answer), micros(at), run_id, request_id)
