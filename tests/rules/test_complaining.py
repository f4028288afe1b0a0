"""A formal complaint about what an LA owes and is late with: it is checked and kept, and nothing moves. Both engines say the same."""

from __future__ import annotations

import json
from datetime import date

import pytest

from rules.calendar import england
from rules.compiled import compiled
from rules.complaining import refuse_no_cause
from rules.history import Event, Refused, event_from_json, event_to_json
from rules.loader import load_library
from rules.position import advance, fold
from rules.position_text import position_to_text

FACTS = {"review_due_on": date(2026, 12, 18), "reason": "yearly", "year_group": 5, "looked_after": False, "rights_held_by": "parent"}
DEFINITION = load_library().for_new_case("annual_review", date(2026, 12, 4), {})
MEETING = Event("decide", date(2026, 9, 20), 1, "agree_meeting_date", outcome="done", facts={"meeting_on": date(2026, 11, 5)})
TO_THE_MEETING = (Event("open", date(2026, 9, 10), 1, facts=FACTS), MEETING)
ON = date(2026, 11, 12)
REPORT_SENT = (
    *TO_THE_MEETING,
    Event("decide", date(2026, 9, 21), None, "send_invitations", outcome="done"),
    Event("decide", date(2026, 10, 20), 1, "circulate_advice", outcome="done"),
    Event("decide", date(2026, 11, 5), 1, "hold_meeting", outcome="done"),
    Event("decide", ON, 1, "check_sections", outcome="complete"),
    Event("decide", ON, 1, "write_report", outcome="done", facts={"recommendation": "maintain"}),
    Event("decide", ON, 2, "approve_report", outcome="approved"),
    Event("decide", ON, None, "send_report", outcome="done"),
)


def complains(on: date = date(2026, 12, 4), step: str = "la_decision", party: str = "") -> Event:
    return Event("complain", on, 2, step, party)


def test_nothing_moves_in_either_engine_and_the_event_reads_back() -> None:
    calendar = england()
    before = fold(DEFINITION, REPORT_SENT, calendar)
    readable, fast = advance(DEFINITION, before, complains(), calendar), compiled(DEFINITION).advance(before, complains(), calendar)
    assert readable == fast and (readable.opened, readable.closed, readable.moved, readable.owed) == ((), (), (), ())
    assert position_to_text(readable.position) == position_to_text(before)
    assert event_from_json(json.loads(json.dumps(event_to_json(complains()))), DEFINITION) == complains()
    assert fold(DEFINITION, (*REPORT_SENT, complains()), calendar) == before
    refuse_no_cause(DEFINITION, before, complains())


@pytest.mark.parametrize(
    ("history", "event", "words"),
    [
        (REPORT_SENT, complains(date(2026, 12, 3)), "The last day for “The LA decides"),
        (TO_THE_MEETING, complains(step="agree_meeting_date"), "not owed by the local authority"),
        (TO_THE_MEETING, complains(), "waits for what comes before it"),
    ],
)
def test_there_is_no_complaint_without_a_cause(history: tuple[Event, ...], event: Event, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        refuse_no_cause(DEFINITION, fold(DEFINITION, history, england()), event)
    assert refused.value.code == "no_cause"


def test_a_lifted_date_counts_again_from_the_day_after_it_was_to_be_looked_at() -> None:
    needs = load_library().for_new_case("ehc_needs_assessment", date(2026, 12, 4), {})
    story = (
        Event("open", date(2026, 5, 4), 1, facts={"asked_by": "parent", "year_group": 5, "rights_held_by": "parent"}),
        Event("decide", date(2026, 5, 6), 1, "la_confirms_receipt", outcome="done", facts={"request_received_on": date(2026, 5, 4)}),
        Event("except", date(2026, 6, 8), 1, "la_decides_to_assess", name="closure", review_on=date(2026, 9, 7)),
    )
    before = fold(needs, story, england())
    assert before.instance("la_decides_to_assess").status == "open"
    with pytest.raises(Refused, match="An exception lifts the date"):
        refuse_no_cause(needs, before, complains(date(2026, 9, 7), "la_decides_to_assess"))
    refuse_no_cause(needs, before, complains(date(2026, 9, 8), "la_decides_to_assess"))


def test_what_is_decided_is_complained_of_no_more() -> None:
    decided = Event("decide", date(2026, 12, 4), 1, "la_decision", outcome="maintain", facts={"decision_on": date(2026, 12, 4)})
    before = fold(DEFINITION, REPORT_SENT, england())
    after = compiled(DEFINITION).advance(before, decided, england()).position
    for engine in (compiled(DEFINITION).advance, lambda *of: advance(DEFINITION, *of)):
        with pytest.raises(Refused):
            engine(after, complains(date(2026, 12, 5)), england())
