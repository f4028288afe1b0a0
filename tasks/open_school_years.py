"""Opens, on the first day of a school year, the cases that each school has once a year (`about: school`): what it publishes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from uuid import UUID, uuid5

from db.ledger import Actor, Opening
from db.queries.schools import SchoolToStart, schools_without_year
from rules.library import Library
from rules.school_age import school_year
from rules.transfer import at_opening
from tasks.failure import code_of, place_of
from tasks.open_reviews import OpenedReviews
from tasks.parts import Parts
from tasks.quiet import refuse_if_leapt

# A school that comes to Sendflow later in its year is opened by hand: September's days are over, and nobody is to be told that they are late.
LATEST = "by 30 September of school_year"
SWEEP = Actor(None, frozenset(), "calendar")
_KEYS = UUID("7d1f0a52-3c0e-5b5e-9a0b-6a9c4e1d2f60")
log = logging.getLogger("sendflow.tasks")


def yearly_processes(library: Library) -> Iterator[str]:
    """The processes about a school that open by themselves once in a school year: those of whose opening the ledger knows every fact."""
    for name, texts in library.definitions.items():
        newest = texts[-1]
        if newest.about_school and "school_year" in newest.once_for and newest.opens_on and set(newest.opens_with) <= SchoolToStart.KNOWN:
            yield name


def open_school_years(parts: Parts, today: date) -> OpenedReviews:
    """Open what has not been opened for this school year; again it opens nothing twice, and nothing that a person has ended.

    One school that cannot be opened keeps no other waiting: it is in `refused`. Raises TaskFailed `clock.leapt`.
    """
    refuse_if_leapt(parts)
    opened: list[str] = []
    refused: list[tuple[int, str]] = []
    for process in yearly_processes(parts.library):
        with parts.engines.scheduler() as session:
            waiting = schools_without_year(session, process, school_year(today), today)
        for school in waiting:
            try:
                opened += _open(parts, process, school, today)
            except Exception as error:
                log.error("the year of school %s was not opened: %s at %s", school.id, code_of(error), place_of(error))
                refused.append((school.id, code_of(error)))
    return OpenedReviews(tuple(opened), tuple(refused))


def _open(parts: Parts, process: str, school: SchoolToStart, today: date) -> list[str]:
    definition = parts.library.for_new_case(process, today, {})
    known = school.facts(today)
    facts = {name: known[name] for name in definition.opens_with}
    first, last = (at_opening(definition, rule, facts, today) for rule in (definition.opens_on, LATEST))
    if first is None or last is None or not first <= today <= last:
        return []
    # The day is in the key: what a person ended by hand is asked for again each morning, and answered with the case that they ended.
    key = uuid5(_KEYS, f"{process}/{school.id}/{known['school_year']}/{today.isoformat()}")
    receipt = parts.ledger.open_cases(SWEEP, [Opening(key, process, None, facts, today, school_id=school.id)])[0]
    return [] if receipt.repeated else [receipt.case]
