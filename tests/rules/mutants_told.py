"""Mutants of what the registers tell of a step by name, of all processes alike, and of days that no step is due by."""

from __future__ import annotations

from tests.rules.mutants import AR, DROP, DUTIES, NA, at, mutant, step

TOLD = (
    mutant("R", "order", "a decision without the meeting", at(step(AR, "la_decision", "after"), {"settled": "send_report"})),
    mutant("R", "until", "a report that is owed after the decision", at(step(AR, "send_report", "until"), DROP)),
    mutant("P", "ends as", "a check that finds no gaps", at(step(AR, "check_sections", "answers"), ["complete", "not_complete"])),
    mutant("R", "bounds", "a meeting four weeks too late", at((AR, ("facts", "meeting_on", "no_later")), "on review_due_on")),
    mutant(
        "R", "bounds", "a meeting at any time", at((AR, ("facts", "meeting_on", "is")), "date"), at((AR, ("facts", "meeting_on", "no_later")), DROP)
    ),
    mutant(
        "P",
        "hears",
        "a decision that the SENCO does not hear of",
        at(step(AR, "la_decision", "outcomes", "amend", "tells"), ["parent", "headteacher"]),
    ),
    mutant("P", "hears", "a refusal after which nobody watches the time", at(step(NA, "la_decides_to_assess", "outcomes", "refuse", "opens"), DROP)),
    mutant("P", "closes", "the council may close a review", at((AR, ("interrupts", "moved_away", "by")), ["la"])),
    mutant("P", "closes", "the council is not told of a move", at((AR, ("interrupts", "moved_away", "tells")), ["parent"])),
    mutant("P", "closes", "a case that nobody can close when the child has moved", at((AR, ("interrupts", "moved_away")), DROP)),
    mutant("P", "closes", "a way to close that no source knows", at((DUTIES, ("closes",)), lambda old: old[1:])),
    mutant(
        "R", "early", "a decision recorded before there was a meeting", at(step(AR, "la_decision", "may_come_early"), {"after": "agree_meeting_date"})
    ),
    mutant("P", "ends after", "a review ends before the right to appeal is explained", at((AR, ("ends", "amended", "after")), ["brief_staff"])),
    mutant("P", "excused by", "the council excuses itself", at((NA, ("exceptions", "closure", "by")), ["la"])),
)
