"""A history under another text: which dates and owners move, and what stands in the way, in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rules.calendar import england
from rules.changing_version import Comparison, NotLawful, Past, StepMove, changes_under, compare
from rules.definition import Definition
from rules.history import Event, event_to_json
from rules.loader import load_library
from rules.position import fold
from tests.db.other_texts import ENDS, LATER, NO_ADVOCATE, OWNER, ROOMS, STRICTER, WEEKS, library_with, text_of
from tests.rules.definitions_by_hand import EXAMPLE

CALENDAR = england()
FACTS = {"review_due_on": date(2026, 12, 18), "reason": "yearly", "year_group": 9, "looked_after": True}
OPENED = Event("open", date(2026, 9, 10), 1, facts=FACTS)
AGREED = Event("decide", date(2026, 9, 20), 1, "agree_meeting_date", outcome="done", facts={"meeting_on": date(2026, 11, 5)})
OLD = text_of(load_library(EXAMPLE))


def past(*events: Event) -> list[Past]:
    return [Past(number, event_to_json(event), CALENDAR) for number, event in enumerate(events, start=1)]


def under(folder: Path, history: list[Past], *edits: tuple[str, str]) -> tuple[Definition, Comparison]:
    new = text_of(library_with(folder / "edited", *edits))
    return new, compare(OLD, new, history, CALENDAR)


def only(found: Comparison) -> StepMove:
    assert found.in_the_way is None
    (one,) = found.steps
    return one


def test_a_date_that_moves_is_said_old_and_new_and_why(tmp_path: Path) -> None:
    one = only(under(tmp_path, past(OPENED), WEEKS)[1])
    assert one.was is not None and one.will_be is not None and one.what == "date" and one.step == "agree_meeting_date"
    assert (one.was.by, one.will_be.by) == (date(2026, 10, 9), date(2026, 9, 25))
    assert "10 weeks before" in one.was.why[0] and "12 weeks before" in one.will_be.why[0]


def test_a_date_of_law_moves_with_its_own_explanation(tmp_path: Path) -> None:
    one = only(under(tmp_path, past(OPENED, AGREED), LATER)[1])
    assert one.was is not None and one.will_be is not None and one.step == "send_invitations"
    assert (one.was.due_on, one.will_be.due_on) == (date(2026, 10, 21), date(2026, 10, 14))
    assert "reg 20(3)" in one.will_be.why[0]


def test_an_owner_that_moves_is_said_old_and_new(tmp_path: Path) -> None:
    one = only(under(tmp_path, past(OPENED, AGREED), OWNER)[1])
    assert one.was is not None and one.will_be is not None and one.what == "owner"
    assert (one.was.owner, one.will_be.owner) == ("senco", "headteacher") and one.was[1:4] == one.will_be[1:4]


def test_steps_that_open_and_close(tmp_path: Path) -> None:
    _, found = under(tmp_path, past(OPENED, AGREED), ROOMS, NO_ADVOCATE)
    assert [(one.step, one.what) for one in found.steps] == [("offer_advocate", "closes"), ("book_room", "opens")]
    opens = found.steps[1].will_be
    assert opens is not None and opens.target_on == date(2026, 10, 1) and opens.whose == "headteacher"


def test_a_new_title_moves_nothing(tmp_path: Path) -> None:
    new, found = under(tmp_path, past(OPENED, AGREED), ("title: Agree the date", "title: Agree the day"))
    assert found.moves_nothing and new.hash != OLD.hash


def test_an_event_that_the_text_does_not_allow_is_named(tmp_path: Path) -> None:
    _, found = under(tmp_path, past(OPENED, AGREED), STRICTER)
    assert found.in_the_way is not None and (found.in_the_way.number, found.in_the_way.step) == (2, "agree_meeting_date")
    words = found.in_the_way.words()
    assert "Event 2 of 2026-09-20 (“Agree the date”)" in words and "2026-11-22" in words, words


@pytest.mark.parametrize(
    ("edit", "because"),
    [(("agree_meeting_date", "fix_meeting_date"), "agree_meeting_date"), (("records: [meeting_on]}", "answers: [agreed]}"), "agreed")],
)
def test_a_step_or_answer_that_is_not_there_any_more_is_named(tmp_path: Path, edit: tuple[str, str], because: str) -> None:
    _, found = under(tmp_path, past(OPENED, AGREED), edit)
    assert found.in_the_way is not None and found.in_the_way.number == 2 and because in found.in_the_way.because


def test_a_fact_with_another_word_is_named(tmp_path: Path) -> None:
    _, found = under(tmp_path, past(OPENED, AGREED), ("reason: [yearly,", "reason: [annual,"))
    assert found.in_the_way is not None and found.in_the_way.number == 1 and "reason" in found.in_the_way.because


def test_a_text_never_ends_a_case(tmp_path: Path) -> None:
    _, found = under(tmp_path, past(OPENED, AGREED), ENDS)
    assert found.in_the_way is not None and "at its end (agreed)" in found.in_the_way.because


def test_a_case_stays_with_its_process() -> None:
    other = next(one for one in load_library().all() if one.process == "ehc_needs_assessment")
    found = compare(OLD, other, past(OPENED), CALENDAR)
    assert found.in_the_way is not None and "ehc_needs_assessment" in found.in_the_way.because


def test_there_and_back_is_the_fold_it_was(tmp_path: Path) -> None:
    new, there = under(tmp_path, past(OPENED, AGREED), ROOMS, WEEKS)
    back = compare(new, OLD, past(OPENED, AGREED), CALENDAR)
    assert there.changes[-1].position == fold(new, [OPENED, AGREED], CALENDAR) != back.changes[-1].position == fold(OLD, [OPENED, AGREED], CALENDAR)
    assert [(one.step, one.was, one.will_be) for one in back.steps] == [(one.step, one.will_be, one.was) for one in there.steps]


def test_a_history_that_is_none_is_no_answer() -> None:
    with pytest.raises(NotLawful, match="opening"):
        list(changes_under(OLD, past(AGREED)))
