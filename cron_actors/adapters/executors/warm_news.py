"""What is to be reported of batches, until the thread of the reports does so."""

from __future__ import annotations

from cron_actors.adapters.executors.warm_batch import Batch
from cron_actors.ports.executor import BatchReport, ChildEnded, ChildStarted


class News:
    """The batches that have news, in the order in which each got its first."""

    def __init__(self) -> None:
        self._told: list[Batch] = []

    def __len__(self) -> int:
        """Return how many batches have news."""
        return len(self._told)

    def tell(self, batch: Batch, news: ChildStarted | ChildEnded) -> None:
        """Add to the news of the batch."""
        if not batch.news:
            self._told.append(batch)
        batch.news.append(news)

    def take(self) -> list[tuple[BatchReport, list[ChildStarted | ChildEnded]]]:
        """Take all of it, with whom to tell."""
        taken = [(batch.report, batch.news) for batch in self._told]
        for batch in self._told:
            batch.news = []
        self._told = []
        return taken
