"""Word of a step that is not done: it is checked and kept, and neither a date nor a duty moves. Both engines say the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from rules.calendar import england
from rules.compiled import compiled
from rules.history import Event, Refused, event_from_json, event_to_json
from rules.loader import load_library
from rules.position import advance, fold, start
from rules.position_text import position_to_text
from rules.saying import WAITING_FOR, WILL_BE_BY, refuse_too_late

ON = date(2026, 12, 4)
FACTS = {"review_due_on": date(2026, 12, 18), "reason": "yearly", "year_group": 5, "looked_after": False, "rights_held_by": "parent"}
DEFINITION = load_library().for_new_case("annual_review", ON, {})
HISTORY = (
    Event("open", date(2026, 9, 10), 1, facts=FACTS),
    Event("decide", date(2026, 9, 20), 1, "agree_meeting_date", outcome="done", facts={"meeting_on": date(2026, 11, 5)}),
)


def says(name: str = WILL_BE_BY, until: date | None = date(2026, 12, 11), step: str = "la_decision", party: str = "") -> Event:
    return Event("say", ON, None, step, party, name=name, review_on=until)


def test_nothing_moves_in_either_engine_and_the_event_reads_back() -> None:
    calendar = england()
    before = fold(DEFINITION, HISTORY, calendar)
    for event in (says(), says(WAITING_FOR, date(2026, 12, 18)), says(step="gather_advice", party="health")):
        readable, fast = advance(DEFINITION, before, event, calendar), compiled(DEFINITION).advance(before, event, calendar)
        assert readable == fast and (readable.opened, readable.closed, readable.moved, readable.owed) == ((), (), (), ())
        assert position_to_text(readable.position) == position_to_text(before)
        assert event_from_json(json.loads(json.dumps(event_to_json(event))), DEFINITION) == event
        assert fold(DEFINITION, (*HISTORY, event), calendar) == before


@pytest.mark.parametrize(
    ("event", "code", "words"),
    [
        (says(until=None), "bad_day", "Say by which day"),
        (says(until=ON), "bad_day", "a day after 2026-12-04"),
        (says(until=date(2028, 1, 1)), "bad_day", "Check the year"),
        (says("soon"), "unknown_name", "soon"),
        (says(step="agree_meeting_date"), "already_decided", "agree"),
        (says(step="nothing"), "unknown_step", "nothing"),
    ],
)
def test_what_cannot_be_said_is_refused_in_words(event: Event, code: str, words: str) -> None:
    position = fold(DEFINITION, HISTORY, england())
    for engine in (lambda: advance(DEFINITION, position, event, england()), lambda: compiled(DEFINITION).advance(position, event, england())):
        with pytest.raises(Refused) as refused:
            engine()
        assert (refused.value.code, words.lower() in refused.value.message.lower()) == (code, True)


def test_a_step_of_law_is_promised_for_six_weeks_after_its_date_or_after_today_at_most() -> None:
    position = fold(DEFINITION, HISTORY, england())  # the LA's last day was 3 December, and today is the 4th
    refuse_too_late(DEFINITION, position, says(until=date(2027, 1, 15)))
    with pytest.raises(Refused) as refused:
        refuse_too_late(DEFINITION, position, says(until=date(2027, 1, 16)))
    assert "The last day for “The LA decides" in refused.value.message and "was Thursday 3 December 2026" in refused.value.message
    assert "Name a day by Friday 15 January 2027 at the latest" in refused.value.message and refused.value.code == "bad_day"
    early = replace(says(until=date(2027, 1, 14)), on=date(2026, 11, 20))
    refuse_too_late(DEFINITION, position, early)
    with pytest.raises(Refused):
        refuse_too_late(DEFINITION, position, replace(early, review_on=date(2027, 1, 15)))
    assert advance(DEFINITION, position, says(until=date(2027, 11, 30)), england()), "what a ledger holds from before is a history still"


def test_a_case_is_not_opened_by_a_word() -> None:
    with pytest.raises(Refused):
        start(DEFINITION, says(), england())
