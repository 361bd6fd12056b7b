"""How a recurrence rule ends, said once and for all: an UNTIL on the event's own clock instead of COUNT or UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cron_actors.core.recurrence import Recurrence
from cron_actors.core.recurrence_rule import parse_rule
from cron_actors.errors import InvalidValueError

_END = re.compile(r"(^|;)(COUNT|UNTIL)=[^;]*")


@dataclass(slots=True)
class RuleBudget:
    """What the rules of one file may cost together: starts a day, and years to count through at load."""

    times: int = 500
    years: int = 1_000

    def spend(self, *, times: int = 0, years: int = 0) -> None:
        """Raise InvalidValueError when it is used up."""
        self.times -= times
        self.years -= years
        if self.times < 0:
            raise InvalidValueError("found more than 500 starts a day in all rules together; accepted: at most that")
        if self.years < 0:
            raise InvalidValueError("found more than 1000 years of COUNT in all rules together; accepted: UNTIL")


def settled_rule(text: str, start: datetime, zone: ZoneInfo | None, budget: RuleBudget) -> str:
    """Return the rule without COUNT, its UNTIL naive as ``start`` is: what the clock of ``zone`` shows.

    Without a zone an UNTIL in UTC is taken as it stands. Raises InvalidValueError for a rule that is not accepted.
    """
    rule = parse_rule(text)
    recurrence = Recurrence.of(rule, start)
    budget.spend(times=len(recurrence.times))
    until = rule.until
    if until is not None and rule.until_in_utc and zone is not None:
        until = until.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    if rule.count is not None:
        until = recurrence.last_start(rule.count)
        if until is None:
            raise InvalidValueError(f"found COUNT={rule.count}, for which 100 years are too short; accepted: UNTIL")
        budget.spend(years=until.year - start.year)
    settled = _END.sub("", text.strip().upper().rstrip(";")).lstrip(";")
    return settled if until is None else f"{settled};UNTIL={until:%Y%m%dT%H%M%S}"
