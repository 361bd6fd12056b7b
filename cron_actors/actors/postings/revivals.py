"""Giving dead runs another attempt when the definition of their job has changed."""

from __future__ import annotations

from cron_actors.actors.postings.posting import Posting
from cron_actors.core.revival import revives
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Job


def revive(posting: Posting, job: str, before: str, after: str) -> None:
    """Put the newest tried run of the job back into the line, as its new definition says, if that revives it.

    Not while another run of the job waits for a worker or is performed: then the change has its effect anyway.
    """
    newest = posting.transaction.newest_tried(job)
    if newest is None or posting.transaction.occupants([job]):
        return
    if revives(_readable(posting, before), posting.job(after), newest, posting.at):
        revived = posting.transaction.revive(newest.run_id, after)
        if revived is not None:
            posting.note(revived, was=newest.state)


def _readable(posting: Posting, definition: str) -> Job | None:
    try:
        return posting.job(definition)
    except InvalidValueError:  # an older version took it
        return None
