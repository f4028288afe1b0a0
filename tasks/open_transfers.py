"""Opens the change of phase of each pupil with SEND in the last year of a phase: twelve months before it with a plan, eight on SEN support."""

from __future__ import annotations

import logging
from datetime import date
from uuid import UUID, uuid5

from db.ledger import Actor, Opening
from db.queries.transfers import Leaver, leavers
from rules.definition import Definition
from rules.school_age import is_young_person
from rules.transfer import at_opening, change_of_phase, review_by, transfer_day, year_now
from rules.values import Facts
from tasks.failure import code_of, place_of
from tasks.open_reviews import OpenedReviews
from tasks.parts import Parts
from tasks.quiet import refuse_if_leapt

WITH_PLAN, ON_SUPPORT = "phase_transfer", "support_transfer"
# The last day on which a case opens by itself, as a rule of the process: later it has been done elsewhere, or a person must look.
LATEST = {WITH_PLAN: "on due of la_names_school", ON_SUPPORT: "10 weeks before transfer_on"}
SWEEP = Actor(None, frozenset(), "calendar")
_KEYS = UUID("5a0f6c3e-8f0b-5d0e-9a51-6d1c6a3f2b77")
log = logging.getLogger("sendflow.tasks")


def open_due_transfers(parts: Parts, today: date) -> OpenedReviews:
    """Open what is due; again it opens nothing twice. What is too late for `LATEST` is opened by hand.

    One pupil who cannot be opened keeps no other waiting: they are in `refused`. Raises TaskFailed `clock.leapt`.
    """
    refuse_if_leapt(parts)
    with parts.engines.scheduler() as session:
        found = leavers(session, today)
    opened: list[str] = []
    refused: list[tuple[int, str]] = []
    for pupil in found:
        try:
            opened += _open(parts, pupil, today)
        except Exception as error:
            log.error("the change of phase of pupil %s was not opened: %s at %s", pupil.pupil_id, code_of(error), place_of(error))
            refused.append((pupil.pupil_id, code_of(error)))
    return OpenedReviews(tuple(opened), tuple(refused))


def facts_of(definition: Definition, pupil: Leaver, today: date) -> Facts:
    """What the opener states, as far as the ledger knows it. `phase` is empty for a pupil who changes none."""
    in_year, transfer_on = year_now(pupil.year_group, pupil.born_on, today), transfer_day(today)
    facts: Facts = {
        "phase": change_of_phase(pupil.school_phase, in_year),
        "transfer_on": transfer_on,
        "year_group": max(in_year, 0),
        "looked_after": pupil.looked_after,
        "rights_held_by": "young_person" if is_young_person(pupil.born_on, today) else "parent",
        "ordinary_review": _ordinary_review(pupil, transfer_on),
    }
    if pupil.review_due_on is not None:
        return {**facts, "review_due_on": review_by(definition, facts, pupil.review_due_on, today)}
    return facts


def _ordinary_review(pupil: Leaver, transfer_on: date) -> str:
    if pupil.reviewed_now:
        return "under_way"
    decided = pupil.last_review_on is not None and pupil.last_review_on >= transfer_on.replace(year=transfer_on.year - 1)
    return "decided" if decided else "none"


def _open(parts: Parts, pupil: Leaver, today: date) -> list[str]:
    process = WITH_PLAN if pupil.review_due_on is not None else ON_SUPPORT
    definition = parts.library.for_new_case(process, today, {})
    facts = facts_of(definition, pupil, today)
    if not facts["phase"]:  # most pupils: no rule need be worked out for them
        return []
    first, last = (at_opening(definition, rule, facts, today) for rule in (definition.opens_on, LATEST[process]))
    if first is None or last is None or not first <= today <= last:
        return []
    asked = {name: value for name, value in facts.items() if name in definition.opens_with}
    key = uuid5(_KEYS, f"{process}/{pupil.pupil_id}/{facts['transfer_on']}")
    receipt = parts.ledger.open_cases(SWEEP, [Opening(key, process, pupil.pupil_id, asked, today)])[0]
    return [] if receipt.repeated else [receipt.case]
