"""Mutants of the shipped definitions and registers: one deliberate error each, with the ring and the rule of `check` that must see it.

An edit is (file, path, value): the value put at that path of the YAML tree (DROP: taken away; a function: what becomes of the value there).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

AR, NA = "annual_review", "ehc_needs_assessment"
LAW, DUTIES = "authorities", "duties"
DROP = object()
Edit = tuple[str, tuple[Any, ...], Any]


@dataclass(frozen=True)
class Mutant:
    """One deliberate error. `ring` and `rule` must find it."""

    ring: str
    rule: str
    title: str
    edits: tuple[Edit, ...]


def mutant(ring: str, rule: str, title: str, *edits: Edit) -> Mutant:
    """A mutant of one or more edits."""
    return Mutant(ring, rule, title, edits)


def step(process: str, name: str, *path: Any) -> tuple[str, tuple[Any, ...]]:
    """The file and path of a step's key."""
    return process, ("steps", name, *path)


def at(file_and_path: tuple[str, tuple[Any, ...]], value: Any) -> Edit:
    """An edit of a path."""
    return (*file_and_path, value)


def without(*keys: str) -> Callable[[Any], Any]:
    """A mapping without some keys, or a list without some items."""
    return lambda old: {k: v for k, v in old.items() if k not in keys} if isinstance(old, Mapping) else [item for item in old if item not in keys]


def more(**added: Any) -> Callable[[Any], Any]:
    """A mapping with more in it."""
    return lambda old: {**old, **added}


def with_item(item: Any) -> Callable[[Any], Any]:
    """A list with one more."""
    return lambda old: [*(old if isinstance(old, list) else [old]), item]


NEW_STEP = {"title": "New", "by": "senco", "after": "hold_meeting", "target": "1 week after it opens", "policy": "14"}
SCHEMA = (
    mutant("S", "authority", "a step rests on nothing", at(step(AR, "check_sections", "policy"), DROP)),
    mutant("S", "authority", "a citation that is in no register", at(step(AR, "send_report", "law"), "reg 99(9)")),
    mutant("S", "authority", "a section the register lacks", at(step(AR, "check_sections", "policy"), "77")),
    mutant("S", "authority", "law's date without law", at(step(AR, "send_report", "law"), DROP)),
    mutant("S", "ladder", "a duty nobody is reminded of", at(step(AR, "send_report", "ladder"), DROP)),
    mutant("S", "ladder", "a ladder without a date", at(step(AR, "diary_next_review", "ladder"), "school_duty")),
    mutant("S", "a date to chase by", "a step without a date", at(step(AR, "check_sections", "target"), DROP)),
    mutant("S", "who is told", "a right is given and the holder not told", at(step(AR, "la_decision", "outcomes", "cease", "tells"), "senco")),
    mutant("S", "who is told", "one of two decisions tells fewer", at(step(AR, "la_decision", "outcomes", "cease", "tells"), ["parent", "senco"])),
    mutant("S", "who is told", "the family's window opens unsaid", at(step(AR, "views_on_amendments", "tells"), DROP)),
    mutant("S", "who is told", "parties that nobody asks", at(step(AR, "gather_advice", "tells"), DROP)),
    mutant("S", "no-sayer", "whoever wrote it may approve it", at(step(AR, "approve_report", "not_by"), DROP)),
    mutant("S", "no-sayer", "another person, but no approval", at(step(AR, "approve_report", "kind"), DROP)),
    mutant("S", "no-sayer", "an approval of what software did", at(step(AR, "approve_report", "not_by"), "send_invitations")),
    mutant("S", "no-sayer", "an approval that can only say yes", at(step(AR, "approve_report", "outcomes", "sent_back"), DROP)),
    mutant(
        "S",
        "no-sayer",
        "both answers lead on alike",
        at(step(AR, "approve_report", "outcomes", "sent_back", "reopens"), DROP),
        at(step(AR, "send_report", "after"), "approve_report"),
    ),
    mutant("S", "early said", "an outside body's step is silent on coming early", at(step(AR, "la_decision", "may_come_early"), DROP)),
    mutant("S", "lapses_as said", "a family that is silent holds up the case", at(step(AR, "views_on_amendments", "lapses_as"), DROP)),
    mutant("S", "lapses_as said", "nothing to lapse by", at(step(AR, "views_on_amendments", "due"), DROP)),
    mutant("S", "aside ends", "an aside stays open for ever", at(step(AR, "offer_advocate", "until"), DROP)),
    mutant("S", "aside", "a step waits for an aside", at(step(AR, "hold_meeting", "after"), with_item("offer_advocate"))),
    mutant("S", "again", "a later round's date without a first", at(step(AR, "approve_report", "target"), DROP)),
    mutant("S", "software decides nothing", "software chooses", at(step(AR, "send_report", "answers"), ["sent", "failed"])),
    mutant("S", "begins_with said", "a step opens at once by mistake", at(step(AR, "check_sections", "after"), "opening")),
    mutant("S", "begins_with said", "the first step waits by mistake", at((AR, ("begins_with",)), with_item("hold_meeting"))),
    mutant("S", "leads on", "a step nobody waits for", at((AR, ("steps",)), more(new=NEW_STEP))),
    mutant("S", "leads on", "an outcome that leads nowhere", at(step(AR, "la_decision", "outcomes"), more(defer={"tells": "parent"}))),
    mutant(
        "S",
        "told apart",
        "two outcomes that nothing tells apart",
        at(step(AR, "la_agrees_to_review_early", "outcomes"), more(refuses={"tells": ["parent", "senco"]})),
        at((AR, ("ends", "declined", "after")), {"la_agrees_to_review_early": ["declines", "refuses"]}),
    ),
    mutant("S", "told apart", "a single outcome", at(step(AR, "brief_staff", "outcomes"), {"told": {"tells": "nobody"}})),
    mutant("S", "told apart", "the same end twice", at((AR, ("ends",)), lambda old: {**old, "again": old["declined"]})),
    mutant(
        "S",
        "waits in vain",
        "a step waits for an outcome that reopens",
        at(step(AR, "send_report", "after"), {"approve_report": ["approved", "sent_back"]}),
    ),
    mutant("S", "when_changed said", "a fact steers and its correction is forgotten", at((AR, ("opens_with", "looked_after", "when_changed")), DROP)),
    mutant("S", "recorded", "a fact that nobody records", at(step(AR, "write_report", "records"), DROP)),
    mutant("S", "bases known before", "a date that counts from the step itself", at(step(AR, "hold_meeting", "target"), "1 day after hold_meeting")),
    mutant(
        "S", "bases known before", "a date from a fact the step records", at(step(AR, "agree_meeting_date", "target"), "1 week before meeting_on")
    ),
    mutant("S", "near-equal lists", "a list with a party dropped", at((AR, ("parties",)), lambda old: {**old, "heard": old["invited"][:-1]})),
    mutant("S", "opens", "a case of no process", at(step(AR, "la_decision", "outcomes", "cease"), more(opens={"no_such_process": {}}))),
    mutant(
        "S", "opens", "a case opened without its facts", at(step(AR, "la_decision", "outcomes", "cease"), more(opens={NA: {"asked_by": "school"}}))
    ),
    mutant("S", "prefix", "two processes with one prefix", at((AR, ("prefix",)), "NA")),
)

WAITS = {"title": "Await the other", "case": NA, "after": "hold_meeting", "policy": "14", "with": {}}
ACROSS = (
    mutant(
        "S",
        "case ends",
        "an end of another case that nothing follows from",
        at((AR, ("steps",)), more(other=WAITS)),
        at((AR, ("ends", "maintained", "after")), with_item({"other": "no_plan"})),
    ),
    mutant("S", "circle", "two processes wait for each other", at((AR, ("steps",)), more(other={**WAITS, "case": AR}))),
    mutant("S", "in force", "two texts at once", ("annual_review_from_2027", (), AR)),
)

EXPLORED = (
    mutant("E", "dead end", "a wait for a branch not taken", at(step(AR, "explain_right_of_appeal", "after"), {"la_decision": "maintain"})),
    mutant(
        "E",
        "dead end",
        "an `any` became an `all`",
        at(step(AR, "explain_right_of_appeal", "after"), [{"la_decision": ["maintain", "cease"]}, "la_sends_amended_plan"]),
    ),
    mutant("E", "dead end", "done instead of settled", at(step(AR, "la_decision", "after"), ["hold_meeting", "send_report"])),
    mutant("E", "dead end", "an end dropped", at((AR, ("ends", "not_amended")), DROP)),
    mutant(
        "E",
        "no end from here",
        "nothing but a send-back",
        at(step(AR, "approve_report", "outcomes", "approved", "reopens"), "write_report"),
        at(step(AR, "la_decision", "may_come_early"), "no"),
    ),
    mutant(
        "E",
        "two ends at once",
        "ends that overlap",
        at((AR, ("ends", "ceased", "after")), {"la_decision": ["cease", "maintain"]}),
        at((AR, ("ends", "maintained", "after")), {"la_decision": "maintain"}),
    ),
    mutant("E", "end while open", "an end that waits for too little", at((AR, ("ends", "amended", "after")), {"la_sends_amended_plan": "amended"})),
    mutant(
        "E",
        "never reached",
        "a step behind an end",
        at(step(AR, "brief_staff", "after"), [{"la_sends_amended_plan": "amended"}, {"la_decision": "maintain"}]),
    ),
    mutant(
        "E",
        "never reached",
        "an end nothing leads to",
        at((AR, ("ends", "declined", "after")), [{"la_agrees_to_review_early": "declines"}, "hold_meeting"]),
    ),
    mutant("E", "base unknown", "a date from a later fact", at(step(AR, "send_invitations", "due"), "2 weeks after notice_sent_on")),
    mutant("E", "without effect", "an `until` that comes too late", at(step(AR, "views_on_amendments", "until"), "brief_staff")),
    mutant("E", "without effect", "an `only_if` that always holds", at(step(AR, "prepare_adulthood", "only_if"), {"looked_after": ["yes", "no"]})),
    mutant(
        "E",
        "without effect",
        "early, once it is open anyway",
        at(step(AR, "views_on_amendments", "may_come_early"), {"after": {"la_decision": "amend"}}),
    ),
    mutant(
        "E",
        "without effect",
        "a date that is never the one",
        at(
            step(AR, "send_report", "due"),
            [{"if": {"reason": ["yearly", "early", "phase_transfer"]}, "by": "2 weeks after meeting_on"}, {"by": "3 weeks after meeting_on"}],
        ),
    ),
    mutant(
        "E",
        "early arrival lost",
        "early, though it may never have its turn",
        at(step(AR, "prepare_adulthood", "may_come_early"), {"after": "agree_meeting_date"}),
    ),
)

TIMED = (
    mutant(
        "T",
        "opens after its date",
        "a window before law's date made longer",
        at(step(NA, "parents_views_on_draft", "due"), "6 weeks after draft_served_on"),
    ),
    mutant("T", "opens after its date", "a report in school days", at(step(AR, "write_report", "target"), "10 school days after meeting_on")),
    mutant(
        "T",
        "opens after its target",
        "a target that is over when the step opens",
        at(step(AR, "agree_meeting_date", "target"), "13 weeks before review_due_on"),
    ),
    mutant("T", "target after due", "a target later than law", at(step(NA, "school_advice", "target"), "7 weeks after advice_asked_on")),
    mutant(
        "T",
        "not before after due",
        "a window longer than the duty behind it",
        at(step(AR, "la_sends_amended_plan", "not_before"), "9 weeks after notice_sent_on"),
    ),
    mutant("T", "target too soon", "a target before the lawful day", at(step(AR, "hold_meeting", "target"), "1 day before meeting_on")),
    mutant("T", "late at birth", "no date for later rounds", at(step(AR, "write_report", "again"), DROP)),
    mutant("T", "no opens_on", "nobody says when to open", at((AR, ("opens_on",)), DROP)),
    mutant("T", "bounds", "a meeting that fits on no day", at((AR, ("facts", "meeting_on", "no_later")), "9 weeks before review_due_on")),
)

EXAMPLES = (
    mutant("X", "example", "the order of steps", at(step(NA, "write_request", "after"), ["hear_pupil", "gather_evidence"])),
    mutant("X", "example", "another period", at(step(NA, "la_decides_to_assess", "due"), "7 weeks after request_received_on")),
    mutant("X", "example", "a step dropped", at((NA, ("examples", 0, "expect", "open")), ["talk_with_family"])),
)


def entry(name: str, *path: Any) -> tuple[str, tuple[Any, ...]]:
    """The path of a citation's key."""
    return LAW, ("authorities", name, *path)


REGISTER = (
    mutant("R", "parties", "a party dropped from those invited", at((AR, ("parties", "invited")), without("health"))),
    mutant("R", "period", "another period", at(step(AR, "send_report", "due"), "3 weeks after meeting_on")),
    mutant("R", "period", "another start", at(step(AR, "la_sends_amended_plan", "due"), "8 weeks after decision_on")),
    mutant("R", "period", "clear days lost", at(step(AR, "send_invitations", "due"), "2 weeks before meeting_on")),
    mutant("R", "period", "a date the law does not set", at(entry("reg 20(9)", "period"), DROP), at(entry("reg 20(9)", "starts"), DROP)),
    mutant("R", "not before", "a window cut short", at(step(AR, "la_sends_amended_plan", "not_before"), DROP)),
    mutant("R", "owner", "another's duty", at(step(AR, "la_decision", "by"), "senco")),
    mutant("R", "owner", "a duty nobody here owes", at(entry("reg 20(9)", "owed_by"), with_item("health"))),
    mutant("R", "applies", "a duty only for some", at(step(AR, "send_report", "only_if"), {"looked_after": "yes"})),
    mutant("R", "applies", "another age", at(step(AR, "prepare_adulthood", "only_if"), {"year_group": "10 or above"})),
    mutant("R", "in force", "a law that has ended", at(entry("reg 20(9)", "in_force"), more(until="2027-08-31"))),
    mutant(
        "R",
        "excuses",
        "an excuse too wide",
        at((NA, ("exceptions",)), more(staff={"lifts": {"la_makes_plan": "reg 13(3)(e)"}, "by": "senco", "review": "2 weeks"})),
    ),
    mutant(
        "R",
        "outcomes",
        "an outcome the law does not know",
        at(step(AR, "la_sends_amended_plan", "outcomes"), lambda old: {**old, "later": {"tells": "parent", "reopens": "hold_meeting"}}),
    ),
    mutant("R", "right", "a right not given", at(step(AR, "la_decision", "outcomes", "cease", "gives"), DROP)),
    mutant("R", "right", "a last day that counts from nothing", at(step(AR, "la_decision", "records"), DROP)),
    mutant("R", "who is told", "the report goes to the school alone", at(step(AR, "send_report", "tells"), {"done": "senco"})),
    mutant("R", "records", "the notice's day is not kept", at(step(AR, "la_decision", "outcomes", "amend", "records"), DROP)),
    mutant("R", "total", "a total made longer", at((AR, ("totals", 0, "within")), "14 weeks")),
    mutant("R", "total", "a total dropped", at((AR, ("totals",)), lambda old: old[:1])),
    mutant("R", "duty without a step", "a duty cited by nobody", at(step(AR, "send_report", "law"), "reg 20(7)")),
    mutant("R", "duty without a step", "a process that does not ship", at(entry("reg 20(9)", "processes"), with_item("phase_transfer"))),
)

CLAUSE = {"clause": "14.99", "section": "14", "says": "A clause of the test."}


def clause(**carried: Any) -> Edit:
    """A clause more in duties.yaml, carried by one step."""
    return DUTIES, ("duties",), lambda old: [*old, {**CLAUSE, "steps": [{"process": AR, **carried}]}]


POLICY = (
    mutant("P", "duty without a step", "a clause's step is dropped", clause(step="send_reports", who="software")),
    mutant("P", "duty without a step", "a clause's process does not ship", clause(step="send_report", who="software", process="phase_transfer")),
    mutant("P", "who", "another role", at(step(AR, "check_sections", "by"), "teacher"), clause(step="check_sections", who="senco")),
    mutant("P", "if", "a clause for other pupils", clause(step="fix_one_meeting_with_pep", who="senco", **{"if": {"looked_after": "no"}})),
    mutant("P", "each", "a clause for each", clause(step="offer_advocate", who="senco", each="invited")),
    mutant("P", "told", "a clause that tells the ceo", clause(step="send_report", who="software", told=["ceo"])),
    mutant(
        "P",
        "policy",
        "a clause's step that does not cite it",
        at(step(AR, "send_report", "policy"), DROP),
        clause(step="send_report", who="software"),
    ),
    mutant("P", "opens", "a clause that opens a case", clause(step="la_decision", who="la", opens=[NA])),
    mutant(
        "P", "step without a duty", "a step no clause names", at((AR, ("steps",)), more(new={**NEW_STEP, "aside": "yes", "until": "la_decision"}))
    ),
    mutant("P", "section without a clause", "a section of the policy that is not told", at((DUTIES, ("sections",)), more(**{"23": "Transport"}))),
)

MUTANTS = (*SCHEMA, *ACROSS, *EXPLORED, *TIMED, *EXAMPLES, *REGISTER, *POLICY)
