"""Which pupils change phase next September, and what a rule of a process comes to before its case opens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rules.calendar import england
from rules.dating import Dating
from rules.definition import Definition
from rules.due import DueDate, due_date
from rules.periods import parse_rule
from rules.record import Draft, first_record
from rules.school_age import SEPTEMBER, school_year, year_group
from rules.statuses import Derived
from rules.values import Facts

NURSERY = -1
# A school's phase and the last year group in it (SEND Regulations 2014 reg 2(1)); whoever ends elsewhere (a first school) is opened by hand.
LAST_YEARS: Mapping[tuple[str, int], str] = {
    ("infant", 2): "infant_to_junior",
    **dict.fromkeys([("primary", 6), ("junior", 6), ("all-through", 6), ("special", 6)], "primary_to_secondary"),
    ("middle", 8): "middle_to_secondary",
    **dict.fromkeys([("secondary", 11), ("all-through", 11), ("special", 11)], "secondary_to_post_16"),
}


def change_of_phase(school_phase: str, in_year: int) -> str:
    """The change of phase at the end of this school year, as `phase_transfer` names it; empty if there is none."""
    return "early_years_to_school" if in_year == NURSERY else LAST_YEARS.get((school_phase, in_year), "")


def transfer_day(today: date) -> date:
    """The first of September after this school year: the day on which a change of phase takes place unless somebody says otherwise."""
    return date(school_year(today) + 1, SEPTEMBER, 1)


def year_now(known: int | None, born_on: date, today: date) -> int:
    """The pupil's year group. In September the register may still show last year's, so age decides then; later the register does."""
    return known if known is not None and today.month != SEPTEMBER else year_group(born_on, today)


def at_opening(definition: Definition, rule: str, facts: Facts, today: date) -> date | None:
    """What a rule of the process comes to in a case that opens today with these facts; None if it counts from what is not known then."""
    draft = Draft(definition, first_record(definition, dict(facts), today))
    dating = Dating(draft, Derived(draft), england())
    found = due_date(parse_rule(rule), lambda key: dating.known(key, None, ""), opened_on=today, calendar=england())
    return found.on if isinstance(found, DueDate) else None


def review_by(definition: Definition, facts: Facts, plan_due_on: date, today: date) -> date:
    """The day by which the plan's review is to be decided: that of its twelve months (CFA 2014 s.44(1)), or the process's latest for that change of
    phase, if sooner.
    """
    fact = definition.opens_with.get("review_due_on")
    latest = at_opening(definition, fact.no_later, facts, today) if fact is not None and fact.no_later and facts.get("phase") else None
    return min(plan_due_on, latest or plan_due_on)
