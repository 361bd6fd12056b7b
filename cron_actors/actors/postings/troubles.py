"""What the operator must know about this node, as it stands in its row."""

from __future__ import annotations

import logging
from dataclasses import replace

from cron_actors.actors.postings.posting import Posting

log = logging.getLogger(__name__)


class Troubles:
    """The troubles of a node by topic."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def note(self, posting: Posting, topic: str, text: str | None) -> None:
        """Write down that this is the trouble with the topic, or that there is none any more, and say so once."""
        known = self._texts.pop(topic, None)
        if text is not None:
            self._texts[topic] = text
        if text is None and known is not None:
            log.warning("%s: all is well again", topic)
        elif text is not None and text != known:  # what is tried again, as it could not be committed, is not said again
            log.error("%s: %s", topic, text)
        trouble = "; ".join(self._texts.values()) or None
        posting.node.record = replace(posting.node.record, trouble=trouble)
        posting.transaction.put_node(posting.node.record)
