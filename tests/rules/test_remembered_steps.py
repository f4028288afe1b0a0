"""Remembered steps beside the readable fold: hot, cold, forgetting all the time, and shared by threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from rules.calendar import SchoolCalendar, Term, england
from rules.compiled import Compiled
from rules.compiled_known import Known
from rules.compiled_learning import Learnt
from rules.definition import Definition
from rules.history import Event, Refused
from rules.position import advance, fold, position_to_text
from rules.position_types import Change, Position
from rules.record import Record
from rules.values import Facts
from tests.rules.definitions_by_hand import by_hand
from tests.rules.random_histories import Wanderer

CALENDAR = england()
SHUT = england(terms=[Term("autumn", date(2026, 9, 1), date(2026, 12, 18))], closed_on=[date(2026, 10, 26) + timedelta(days=n) for n in range(5)])
NAMES = ("annual_review", "assessment", "loop", "puzzle", "shipped annual_review", "shipped ehc_needs_assessment")
Met = tuple[Position, Event]


def walk(quick: Compiled, seed: int, length: int = 40) -> list[Met]:
    """A wandering history, refused events too: each with the position it came to."""
    wanderer, met = Wanderer(quick.definition, Random(seed)), []
    try:
        position = quick.start(wanderer.opening(), CALENDAR).position
    except Refused:
        return []
    for _ in range(length):
        if position.ended:
            break
        event = wanderer.next(position)
        met.append((position, event))
        try:
            position = quick.advance(position, event, CALENDAR).position
        except Refused:
            continue
    return met


def answer(definition: Definition, quick: Compiled | None, met: Met) -> Change | tuple[str, str]:
    """What the compiled rules say of an event, or without them the fold."""
    try:
        return quick.advance(*met, CALENDAR) if quick is not None else advance(definition, *met, CALENDAR)
    except Refused as refused:
        return refused.code, refused.message


@pytest.mark.parametrize("name", NAMES)
def test_what_is_remembered_holds_in_every_case_that_it_is_used_for(name: str) -> None:
    definition = by_hand(name)
    quick = Compiled(definition)
    for seed in range(500, 550):
        walk(quick, seed)
    used = 0
    for seed in range(30):
        for position, event in walk(quick, seed):
            remembered = quick.steps.change(position, event, CALENDAR)
            if remembered is not None:
                used += 1
                told = advance(definition, position, event, CALENDAR)
                assert remembered == told
                assert position_to_text(remembered.position) == position_to_text(told.position)
    assert used > 100


@pytest.mark.parametrize("name", NAMES)
def test_no_lesson_is_thrown_away_because_it_tells_another_story(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = Compiled(by_hand(name))
    kept: list[Learnt | None] = []
    learn = quick.steps.learner.learn

    def noted(record: Record, known: Known, event: Event, calendar: SchoolCalendar) -> Learnt | None:
        kept.append(learn(record, known, event, calendar))
        return kept[-1]

    monkeypatch.setattr(quick.steps.learner, "learn", noted)
    for seed in range(40):
        walk(quick, seed)
    assert kept and all(kept), "a decision that could not be told without its days"
    assert quick.steps.count == len(kept)


@pytest.mark.parametrize("most", [0, 1, 7])
def test_forgetting_all_the_time_changes_no_answer(most: int) -> None:
    definition = by_hand("shipped annual_review")
    forgetful, quick = Compiled(definition), Compiled(definition)
    forgetful.steps.most = most
    for seed in range(12):
        for met in walk(quick, seed):
            assert answer(definition, forgetful, met) == answer(definition, None, met)
            assert sum(len(moves) for known in forgetful.steps.known.values() for _, _, moves in known.readings) <= max(1, most)


def test_threads_share_what_is_remembered() -> None:
    definition = by_hand("shipped ehc_needs_assessment")
    source, shared = Compiled(definition), Compiled(definition)
    shared.steps.most = 40
    met = [one for seed in range(20) for one in walk(source, seed)]
    with ThreadPoolExecutor(6) as threads:
        answers = [list(threads.map(lambda one: answer(definition, shared, one), met[part::6])) for part in range(6)]
    for part in range(6):
        assert answers[part] == [answer(definition, None, one) for one in met[part::6]]


def test_a_step_recorded_late_opens_what_follows_on_the_later_day() -> None:
    """Someone records on 3 March what happened on the 1st, when another step was done on the 2nd: what waits for both opens on the 2nd."""
    definition = by_hand("loop")
    quick = Compiled(definition)
    for met in [one for seed in range(30) for one in walk(quick, seed)]:
        assert answer(definition, quick, met) == answer(definition, None, met)
        for back in (3, 20):
            position, event = met
            early = Event(event.kind, event.on - timedelta(days=back), event.actor, event.step, event.party, event.outcome, event.facts, event.name)
            assert answer(definition, quick, (position, early)) == answer(definition, None, (position, early))


def test_an_outsider_too_early_goes_the_long_way_and_is_told_as_a_breach() -> None:
    definition = by_hand("shipped annual_review")
    quick, on = Compiled(definition), date(2026, 12, 2)
    facts: Facts = {"review_due_on": date(2026, 12, 18), "reason": "yearly", "year_group": 8, "looked_after": False, "rights_held_by": "parent"}
    history = [
        Event("open", date(2026, 9, 10), facts=facts),
        Event("decide", date(2026, 9, 20), 1, "agree_meeting_date", outcome="done", facts={"meeting_on": date(2026, 11, 5)}),
        Event("decide", date(2026, 9, 21), None, "send_invitations", outcome="done"),
        Event("decide", date(2026, 10, 20), 1, "circulate_advice", outcome="done"),
        Event("decide", date(2026, 11, 5), 1, "hold_meeting", outcome="done"),
        Event("decide", on, 1, "la_decision", outcome="amend", facts={"decision_on": on, "notice_sent_on": on, "notice_served_on": on}),
    ]
    position = quick.start(history[0], CALENDAR).position
    for event in history[1:]:
        position = quick.advance(position, event, CALENDAR).position
    for day in (30, 2, 30, 2):
        sent = Event("decide", on + timedelta(days=day), 1, "la_sends_amended_plan", outcome="amended", facts={"decision_on": on})
        change = quick.advance(position, sent, CALENDAR)
        assert len(change.breaches) == (1 if day == 2 else 0)
        assert change == advance(definition, position, sent, CALENDAR)
    assert position == fold(definition, history, CALENDAR)


def test_a_position_counted_with_another_calendar_goes_the_long_way() -> None:
    definition = by_hand("shipped annual_review")
    quick = Compiled(definition)
    for position, event in [one for seed in range(20) for one in walk(quick, seed)]:
        assert quick.steps.change(position, event, SHUT) is None
        quick.steps.change(position, event, CALENDAR)
        try:
            told = advance(definition, position, event, SHUT)
        except Refused:
            continue
        assert quick.advance(position, event, SHUT) == told


def test_a_day_that_another_bounds_goes_the_long_way_and_is_refused_as_the_fold_refuses_it() -> None:
    """`last_reviewed_on` is a day that has been, and lies on `decision_on` at the latest, which comes with it."""
    quick = Compiled(by_hand("shipped plan_consultation"))
    facts = {"on_roll": False, "asked_for_by": "family", "medical_condition": False, "rights_held_by": "parent"}
    came = date(2026, 3, 2)
    began = quick.start(Event("open", came, 1, facts={"consultation_received_on": came, **facts}), CALENDAR).position
    days = {"decision_on": date(2026, 3, 19), "last_reviewed_on": date(2026, 3, 19)}
    named = Event("decide", date(2026, 3, 20), 1, "la_makes_plan", outcome="names_us", facts=days)
    quick.advance(began, named, CALENDAR)
    assert quick.steps.change(began, named, CALENDAR) is not None
    later = replace(named, facts=days | {"last_reviewed_on": date(2026, 3, 20)})
    for met in ((began, later), (began, named)):
        assert answer(quick.definition, quick, met) == answer(quick.definition, None, met)
    assert quick.steps.change(began, later, CALENDAR) is None


def test_silence_is_never_remembered_since_it_hangs_on_the_day_by_which_they_might_have_answered() -> None:
    quick = Compiled(by_hand("shipped complaint"))
    came, about = date(2026, 9, 1), {"made": "informally", "about": "member_of_staff", "serious_about_provision": False, "complainant": 1}
    position = quick.start(Event("open", date(2026, 9, 2), 1, facts={"received_on": came, **about}), CALENDAR).position
    position = quick.advance(position, Event("decide", date(2026, 9, 4), 1, "answer_informally", outcome="done"), CALENDAR).position
    silent, too_soon = (Event("decide", on, 1, "parents_on_informal", outcome="nothing_said") for on in (date(2026, 9, 28), date(2026, 9, 7)))
    quick.advance(position, silent, CALENDAR)
    for event in (silent, too_soon):
        assert answer(quick.definition, quick, (position, event)) == answer(quick.definition, None, (position, event))
    assert answer(quick.definition, quick, (position, too_soon))[0] == "not_before"
