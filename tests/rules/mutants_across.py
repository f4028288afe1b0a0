"""Mutants of what one case gives another: an outcome's `opens`, a `case` step's `with`."""

from __future__ import annotations

from typing import Any

from tests.rules.mutants import AR, DROP, NA, at, more, mutant, step, with_item

GIVEN = {"asked_by": "school", "year_group": "year_group", "rights_held_by": "rights_held_by"}
WAITS = {"title": "Await the other", "case": NA, "after": "hold_meeting", "policy": "14"}


def opens(outcome: str, **facts: Any) -> Any:
    """An outcome of the LA's decision opens an assessment with these facts."""
    return at(step(AR, "la_decision", "outcomes", outcome), more(opens={NA: {**GIVEN, **facts}}))


ACROSS = (
    mutant("S", "opens", "a word that the other's fact cannot be", opens("cease", asked_by="the_ombudsman")),
    mutant("S", "opens", "a fact of another type", opens("cease", year_group="review_due_on")),
    mutant("S", "opens", "a fact of other words", opens("cease", asked_by="reason")),
    mutant("S", "opens", "a name that is no fact", opens("cease", year_group="year_grup")),
    mutant("S", "opens", "a case that nobody can end as opened in error", at((NA, ("interrupts", "opened_in_error")), DROP), opens("cease")),
    mutant(
        "E",
        "given unknown",
        "a fact that only another outcome records",
        at((NA, ("opens_with",)), more(sent_on="date")),
        opens("cease", sent_on="notice_sent_on"),
    ),
    mutant(
        "E",
        "base unknown",
        "a case that is waited for gets a fact not known yet",
        at((NA, ("opens_with",)), more(sent_on="date")),
        at((AR, ("steps",)), more(other={**WAITS, "with": {**GIVEN, "sent_on": "notice_sent_on"}})),
        at((AR, ("ends", "maintained", "after")), with_item("other")),
    ),
    mutant("S", "learns", "a process that is not there", at(step(AR, "la_decision"), more(learns_from={"mediashun": "cease"}))),
    mutant(
        "S", "learns", "a case that nothing tells from others, of what it does not know", at(step(AR, "la_decision"), more(learns_from={NA: "cease"}))
    ),
    mutant("S", "about", "a process about a school whose steps are a parent's and tell the family", at((NA, ("about",)), "school")),
    mutant("S", "readers", "a reader who has no inbox", at((NA, ("readers",)), ["parent"])),
    mutant(
        "S",
        "stands aside",
        "whom a case is about has steps in it, and all staff read it",
        (AR, ("stands_aside",), {"headteacher": {"reason": "yearly"}}),
    ),
    mutant("S", "silence", "the silence of one of our own", at(step(AR, "approve_report", "outcomes", "sent_back", "silence"), "yes")),
    mutant("S", "about", "a pupil's case opens one about a school", at((NA, ("about",)), "school"), opens("cease")),
)
