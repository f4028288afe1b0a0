"""Lists of parties: named in the definition, named later, growing; rounds within a list; facts, dates and messages of one party."""

from __future__ import annotations

import pytest

from rules.history import Refused
from tests.rules.case_story import HEAD, LA_OFFICER, SENCO, Story, day
from tests.rules.definitions_by_hand import by_hand


def opened(**facts: object) -> Story:
    known = {"asked_on": "2026-09-01", "age": 9, "urgent": False, "rights_held_by": "young_person"} | facts
    return Story(by_hand("assessment"), "2026-09-01", **known)


def with_experts(*experts: str, **facts: object) -> Story:
    story = opened(**facts)
    story.decide("choose_experts", "2026-09-02", experts=experts)
    return story


def asked(*experts: str) -> Story:
    story = with_experts(*experts)
    for number, expert in enumerate(experts):
        story.decide("ask_expert", f"2026-09-{10 + number:02}", party=expert, asked_expert_on=f"2026-09-{10 + number:02}")
    return story


def refused(code: str, act: object, *given: object, **named: object) -> str:
    with pytest.raises(Refused) as found:
        act(*given, **named)  # type: ignore[operator]
    assert found.value.code == code
    return found.value.message


def test_a_list_named_later_has_no_instances_until_it_is() -> None:
    story = opened()
    assert [one for one in story.position.instances if one.step == "give_advice"] == []
    message = refused("not_in_turn", story.decide, "give_advice", "2026-09-02", "given", "health", advice_on="2026-09-02")
    assert "experts" in message
    story.decide("choose_experts", "2026-09-02", experts=("health", "la"))
    assert [one for one in story.open() if one.startswith("ask_expert")] == ["ask_expert/health", "ask_expert/la"]
    assert story.position.instance("give_advice", "la").follows == "asked_expert_on"


def test_each_party_waits_for_its_own_and_counts_from_its_own_fact() -> None:
    story = asked("health", "la")
    assert (story.due("give_advice", "health"), story.due("give_advice", "la")) == (day("2026-10-22"), day("2026-10-23"))
    story.decide("give_advice", "2026-10-01", "given", "health", advice_on="2026-09-30")
    assert (story.status("check_advice", "health"), story.status("check_advice", "la")) == ("open", "waiting")
    assert story.position.facts["advice_on:health"] == day("2026-09-30")
    assert "advice_on" not in story.position.facts
    message = refused("unknown_party", story.decide, "give_advice", "2026-10-01", "given", "parent", advice_on="2026-10-01")
    assert "health or la" in message


def test_one_partys_fact_is_corrected_by_its_name() -> None:
    story = asked("health", "la")
    refused("unknown_party", story.correct, "2026-09-14", asked_expert_on="2026-09-08")
    change = story.correct("2026-09-14", party="la", asked_expert_on="2026-09-08")
    assert [(one.step, one.party) for one in change.moved] == [("give_advice", "la")]
    assert (story.due("give_advice", "health"), story.due("give_advice", "la")) == (day("2026-10-22"), day("2026-10-20"))


def test_a_new_round_within_a_list_is_that_partys_alone() -> None:
    story = asked("health", "la")
    for expert in ("health", "la"):
        story.decide("give_advice", "2026-10-01", "given", expert, advice_on="2026-10-01")
    story.decide("check_advice", "2026-10-02", "fine", "la", actor=HEAD)
    change = story.decide("check_advice", "2026-10-02", "thin", "health", actor=HEAD)
    assert [(one.step, one.party, one.round) for one in change.opened] == [("give_advice", "health", 2)]
    assert (story.status("check_advice", "health"), story.status("check_advice", "la")) == ("waiting", "done")
    assert (story.status("ask_expert", "health"), story.position.instance("ask_expert", "health").round) == ("done", 1)
    assert [(one.moment, one.to) for one in change.owed] == [("thin", "health")]


def test_an_empty_list_settles_at_once_and_some_of_it_never_holds() -> None:
    story = with_experts()
    assert story.status("fix_hearing") == "not_needed"
    story = with_experts(urgent=True)
    assert story.status("fix_hearing") == "waiting"


def test_a_list_that_grows_makes_what_waited_for_all_wait_again() -> None:
    story = asked("health")
    story.decide("give_advice", "2026-10-01", "given", "health", advice_on="2026-10-01")
    story.decide("check_advice", "2026-10-02", "fine", "health", actor=HEAD)
    story.decide("fix_hearing", "2026-10-03", hearing_on="2026-10-20")
    story.decide("send_papers", "2026-10-04", actor=None, papers_sent_on="2026-10-04")
    story.decide("hold_hearing", "2026-10-20", actor=LA_OFFICER)
    assert (story.position.instance("hold_hearing").early, story.open()) == (True, ["cool_down"])
    story.decide("cool_down", "2026-10-20", actor=None)
    assert story.position.instance("decide").no in {one.no for one in story.change.opened}
    number = story.position.instance("decide").no
    change = story.correct("2026-10-21", experts=("health", "la"))
    assert (story.status("decide"), story.position.instance("decide").round) == ("waiting", 2)
    assert [(one.step, one.status) for one in change.closed if one.no == number] == [("decide", "closed")]
    assert story.status("ask_expert", "la") == "open"
    assert "la" in refused("bad_fact", story.correct, "2026-10-22", experts=("health",))


def test_the_last_day_of_a_window_lapses_by_the_calendar_only_after_it() -> None:
    story = opened()
    window = story.position.instance("hear_side", "school")
    assert window.due is not None
    assert (window.due.on, window.wakes_on) == (day("2026-09-28"), day("2026-09-29"))
    refused("not_before", story.decide, "hear_side", "2026-09-28", "silent", "school", actor=None)
    story.decide("hear_side", "2026-09-28", "silent", "school")
    story.decide("hear_side", "2026-09-29", "silent", "parent", actor=None)
    assert story.position.instance("hear_side", "parent").done_by is None


def test_the_calendar_alone_ends_a_wait() -> None:
    story = opened()
    waiting = story.position.instance("cool_down")
    assert (waiting.status, waiting.wakes_on) == ("open", day("2026-09-11"))
    refused("calendar_step", story.decide, "cool_down", "2026-09-11")
    refused("not_before", story.decide, "cool_down", "2026-09-10", actor=None)
    story.decide("cool_down", "2026-09-11", actor=None)
    assert story.status("cool_down") == "done"


def test_what_is_recorded_early_counts_when_its_turn_comes() -> None:
    story = asked("health", "school")
    story.decide("give_advice", "2026-10-01", "given", "health", advice_on="2026-10-01")
    story.decide("check_advice", "2026-10-02", "fine", "health", actor=HEAD)
    story.decide("fix_hearing", "2026-10-03", hearing_on="2026-10-20")
    story.decide("send_papers", "2026-10-04", actor=None, papers_sent_on="2026-10-04")
    story.decide("hold_hearing", "2026-10-20", actor=LA_OFFICER)
    story.decide("decide", "2026-10-21", "grant", actor=LA_OFFICER, result="grant")
    assert (story.status("decide"), story.position.instance("decide").early) == ("waiting", True)
    assert story.change.owed == ()
    assert story.position.facts["result"] == "grant"
    assert story.status("give_advice", "school") == "overtaken"
    change = story.decide("cool_down", "2026-10-22", actor=None)
    assert (story.status("hold_hearing"), story.status("decide")) == ("done", "done")
    assert story.position.instance("decide").closed_on == day("2026-10-21")
    assert [(one.moment, one.to) for one in change.owed] == [("grant", "parent"), ("grant", "school"), ("grant", "health")]
    assert story.open() == ["tell_staff"]


def test_a_granted_case_gives_opens_tells_and_ends() -> None:
    story = asked("health")
    story.decide("give_advice", "2026-10-01", "given", "health", advice_on="2026-10-01")
    story.decide("check_advice", "2026-10-02", "fine", "health", actor=HEAD)
    story.decide("fix_hearing", "2026-10-03", hearing_on="2026-10-20")
    story.decide("send_papers", "2026-10-04", actor=None, papers_sent_on="2026-10-04")
    assert [(one.moment, one.to) for one in story.change.owed] == [("done", "parent"), ("done", "school"), ("done", "health")]
    story.decide("cool_down", "2026-10-11", actor=None)
    story.decide("hold_hearing", "2026-10-19", actor=LA_OFFICER)
    assert len(story.change.breaches) == 1
    change = story.decide("decide", "2026-11-02", "grant", actor=LA_OFFICER, result="grant")
    assert [(one.process, one.facts) for one in change.opens] == [("review", {"why": "grant", "kind": "first"})]
    assert [(one.right, one.holder) for one in change.gives] == [("appeal", "young_person")]
    told = story.position.instance("tell_staff")
    assert told.target is not None
    assert told.target.on == day("2026-12-03")  # two days after the date of law of the decision, whenever that was made
    change = story.decide("tell_staff", "2026-11-03")
    assert [(one.step, one.moment, one.to) for one in change.owed] == [("ended", "granted", "parent"), ("ended", "granted", "health")]


def test_which_date_depends_on_a_fact_or_an_outcome() -> None:
    story = asked("health")
    story.decide("give_advice", "2026-10-01", "given", "health", advice_on="2026-10-01")
    story.decide("check_advice", "2026-10-02", "fine", "health", actor=HEAD)
    story.decide("fix_hearing", "2026-10-03", hearing_on="2026-10-20")
    assert story.due("hold_hearing") == day("2026-11-03")
    story.correct("2026-10-04", urgent=True)
    assert story.due("hold_hearing") == day("2026-10-27")
    assert story.status("weigh") == "open"
    story.correct("2026-10-05", hearing_on="2026-10-21")
    assert story.due("hold_hearing") == day("2026-10-28")


def test_an_exception_lifts_one_partys_date_and_must_be_lawful() -> None:
    story = asked("health", "la")
    change = story.lift("give_advice", "absence", "2026-09-20", party="la")
    assert [(one.party, one.lifted, one.lifted_review_on) for one in change.moved] == [("la", "absence", day("2026-10-04"))]
    assert story.position.instance("give_advice", "health").lifted == ""
    refused("already_lifted", story.lift, "give_advice", "absence", "2026-09-20", party="la")
    refused("not_lawful_exception", story.lift, "hold_hearing", "absence", "2026-09-20")
    refused("not_lawful_exception", story.lift, "give_advice", "staffing", "2026-09-20", party="health")
    refused("missing_review", story.lift, "give_advice", "absence", "2026-09-20", "2026-09-19", party="health")
    story.lift("decide", "absence", "2026-09-20", "2026-10-01")
    assert story.position.instance("decide").lifted == "absence"


def test_nobody_reads_advice_they_asked_for() -> None:
    story = asked("health")
    story.decide("give_advice", "2026-10-01", "given", "health", advice_on="2026-10-01")
    refused("own_work", story.decide, "check_advice", "2026-10-02", "fine", "health", actor=SENCO)
    refused("own_work", story.decide, "check_advice", "2026-10-02", "fine", "health", actor=None)


def test_an_early_arrival_in_a_round_that_is_over_is_lost_and_said_so() -> None:
    story = Story(by_hand("loop"), "2026-09-01", begun_on="2026-09-01", kind="long")
    story.decide("draft", "2026-09-02", drafted_on="2026-09-02", pages=3)
    story.decide("polish", "2026-09-02")
    story.decide("review", "2026-09-03", "bad", actor=HEAD)
    assert story.position.instance("review").early
    change = story.decide("plan", "2026-09-04", "wide")
    assert story.open() == ["draft"]
    assert change.breaches == ("“Polish”, recorded before its turn, no longer counts. Record it again if it still stands.",)
    assert story.status("polish") == "waiting"


def test_a_fact_may_not_lie_ahead_and_a_years_slip_is_caught() -> None:
    story = opened()
    refused("bad_fact", story.correct, "2026-09-02", asked_on="2026-09-03")
    refused("bad_day", story.decide, "choose_experts", "2025-08-01", experts=("health",))
    refused("bad_fact", story.correct, "2026-09-02", age=9)
    refused("not_decided", story.put_right, "weigh", "calm", "2026-09-02")
