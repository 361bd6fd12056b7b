"""What a dead daemon has left behind: processes that go on, and runs of which its logs tell whether they were begun."""

from __future__ import annotations

import logging
from contextlib import suppress

from cron_actors.adapters.executors.process_groups import boot_id
from cron_actors.core.run_log import header, interruption
from cron_actors.model.run import Attempt, Run, RunState
from cron_actors.ports.executor import Executor
from cron_actors.ports.run_logs import RunLogs
from cron_actors.ports.store import Store, Transaction

log = logging.getLogger(__name__)


def end_survivors(store: Store, executor: Executor, logs: RunLogs) -> frozenset[str]:
    """Kill what processes of a dead daemon still run, before its runs are rescued, and say so in their logs.

    Return the tokens of the runs that it held and had not begun. What an attempt has left to go on by itself goes on.
    """
    with store.begin() as transaction:
        held = [(run, attempt) for run, attempt in transaction.held() if run.state is not RunState.LAUNCHED]
        unbegun = frozenset(
            run.lease_token
            for run, attempt in held
            if run.lease_token is not None and _was_never_begun(transaction, logs, run, attempt)
        )
    identities = tuple(attempt.identity for _, attempt in held if attempt.identity is not None)
    ended = executor.end_survivors(identities) if identities else 0
    if ended:
        log.warning("%d process groups of a dead daemon were ended", ended)
    for run, _ in held:
        if run.lease_token not in unbegun:
            with suppress(OSError):  # no log was begun, or it is gone: there is nothing to end
                logs.finish(run.log or "", interruption("the daemon died"))
    return unbegun


def _was_never_begun(transaction: Transaction, logs: RunLogs, run: Run, attempt: Attempt) -> bool:
    """Say whether it is certain that the attempt was claimed only; after a power failure a log may lack its end."""
    node = None if run.node is None else transaction.node(run.node)
    if attempt.identity is not None or run.log is None or node is None or node.boot_id != boot_id():
        return False
    try:
        return not logs.has_begun(run.log, header(run))
    except OSError:
        return False
