"""What goes wrong in the second year, and when: drawn from the seed before the year begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Literal

from tests.year.trust import london

Kind = Literal["everything", "schedules", "mail"]
# From the beginning of the outage, or for mail of the first message that the server did not take, until a person must have been told: faults.md P4
# (five minutes) and P11 (ten); ten minutes of patience with a mail server and one look a minute (db/watching.py).
LIMITS: dict[Kind, timedelta] = {"everything": timedelta(minutes=5), "schedules": timedelta(minutes=10), "mail": timedelta(minutes=12)}
LONGEST = timedelta(days=10)
WEEK = timedelta(days=7)
APART = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Outage:
    """`everything`: no worker and no schedule; `schedules`: the worker serves and sends, and no scheduled flow runs; `mail`: connections refused."""

    kind: Kind
    first: datetime
    last: datetime

    def has(self, at: datetime) -> bool:
        """Whether it lasts then."""
        return self.first <= at < self.last


def draw_outages(chance: Random, first: date, last: date, number: int = 8) -> list[Outage]:
    """`number` stretches without schedules, one of ten days, the others shorter; and a week without a mail server. None meets another."""
    mail_from = first + timedelta(days=chance.randrange(30, max(31, (last - first).days - 40)))
    found = [Outage("mail", london(mail_from, 3), london(mail_from, 3) + WEEK)]
    lengths = [LONGEST] + [timedelta(hours=chance.randrange(2, 240)) for _ in range(number - 1)]
    for place, length in enumerate(lengths):
        for _ in range(1000):
            day = first + timedelta(days=chance.randrange(3, max(4, (last - first).days - 11)))
            begins = london(day, chance.randrange(24), chance.choice((0, 30)))
            one = Outage("schedules" if place % 3 == 1 else "everything", begins, begins + length)
            if all(one.last + APART < other.first or other.last + APART < one.first for other in found):
                found.append(one)
                break
    return sorted(found, key=lambda one: one.first)


def lasting(outages: Sequence[Outage], at: datetime) -> Outage | None:
    """The outage that lasts then, if one does."""
    return next((one for one in outages if one.has(at)), None)
