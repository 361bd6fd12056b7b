"""All that the ledger can do inside one transaction."""

from __future__ import annotations

from cron_actors.adapters.stores.sqlite.attempt_table import AttemptTable
from cron_actors.adapters.stores.sqlite.final_table import FinalTable
from cron_actors.adapters.stores.sqlite.job_table import JobTable
from cron_actors.adapters.stores.sqlite.office_tables import NodeTable, RequestTable
from cron_actors.adapters.stores.sqlite.pruning import Pruning
from cron_actors.adapters.stores.sqlite.queue_table import QueueTable
from cron_actors.adapters.stores.sqlite.run_table import RunTable
from cron_actors.adapters.stores.sqlite.statistics_table import StatisticsTable
from cron_actors.adapters.stores.sqlite.waiting_table import WaitingTable


class SqliteTransaction(
    JobTable,
    RunTable,
    WaitingTable,
    AttemptTable,
    FinalTable,
    QueueTable,
    StatisticsTable,
    NodeTable,
    RequestTable,
    Pruning,
):
    """The tables, joined; the store that made it commits or rolls back."""
