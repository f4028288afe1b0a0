"""The annual review of the design notes, told through the readable fold: its example, and the ways a review goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.definition import Definition
from rules.history import Refused
from rules.loader import load_library
from tests.rules.case_story import HEAD, LA_OFFICER, MOTHER, SENCO, Story, day, named

INVITED = ("parent", "pupil", "school", "la", "health", "social_care")


@pytest.fixture(scope="module")
def review() -> Definition:
    return load_library(Path(__file__).parent / "example").definitions["annual_review"][0]


def opened(review: Definition, **facts: object) -> Story:
    known = {"review_due_on": "2026-12-18", "reason": "yearly", "year_group": 9, "looked_after": True} | facts
    return Story(review, "2026-09-10", **known)


def held(review: Definition, **facts: object) -> Story:
    """A review whose meeting took place on 5 November, advice from three of six."""
    story = opened(review, **facts)
    story.decide("agree_meeting_date", "2026-09-20", meeting_on="2026-11-05")
    story.decide("send_invitations", "2026-09-21", actor=None)
    for party in ("parent", "school", "health"):
        story.decide("gather_advice", "2026-10-10", party=party)
    story.decide("circulate_advice", "2026-10-20")
    story.decide("hold_meeting", "2026-11-05")
    return story


def reported(review: Definition) -> Story:
    story = held(review)
    story.decide("check_sections", "2026-11-06", "complete")
    story.decide("prepare_adulthood", "2026-11-06")
    story.decide("write_report", "2026-11-10", recommendation="amend")
    story.decide("approve_report", "2026-11-11", "approved", actor=HEAD)
    story.decide("send_report", "2026-11-12", actor=None)
    return story


def amending(review: Definition) -> Story:
    story = reported(review)
    story.decide("la_decision", "2026-12-01", "amend", actor=LA_OFFICER, decision_on="2026-12-01", notice_sent_on="2026-12-01")
    return story


def test_the_example_of_the_definition(review: Definition) -> None:
    story = opened(review)
    story.decide("agree_meeting_date", "2026-09-20", meeting_on="2026-11-05")
    story.decide("send_invitations", "2026-09-21", actor=None)
    change = story.correct("2026-09-21", meeting_on="2026-11-12")
    assert sorted({one.step for one in story.position.open()}) == ["fix_one_meeting_with_pep", "gather_advice", "offer_advocate", "send_invitations"]
    assert story.due("send_invitations") == day("2026-10-28")
    assert story.due("la_decision") == day("2026-12-10")
    assert [(one.step, one.round) for one in change.opened] == [("send_invitations", 2)]
    assert {named(one) for one in change.moved} >= {"la_decision", "circulate_advice", "offer_advocate", "gather_advice/parent"}


def test_dates_of_law_run_before_their_step_opens(review: Definition) -> None:
    story = opened(review)
    assert story.due("la_decision") == day("2026-12-18")  # the review's own year, s.44(1)
    assert story.position.instance("la_decision").follows == ""
    assert story.position.instance("send_invitations").follows == "meeting_on"
    story.decide("agree_meeting_date", "2026-09-20", meeting_on="2026-11-05")
    assert story.due("la_decision") == day("2026-12-03")
    assert story.due("la_sends_amended_plan") == day("2027-01-28")  # twelve weeks in all, before any notice is known
    assert [(total.to, total.due.on.isoformat()) for total in story.position.totals] == [
        ("la_decision", "2026-12-03"),
        ("la_sends_amended_plan", "2027-01-28"),
        ("la_decision", "2026-12-18"),
    ]


def test_a_late_notice_does_not_move_the_outer_limit(review: Definition) -> None:
    story = reported(review)
    story.decide("la_decision", "2026-12-20", "amend", actor=LA_OFFICER, decision_on="2026-12-20", notice_sent_on="2026-12-20")
    assert story.due("la_sends_amended_plan") == day("2027-01-28")
    own = [total for total in story.position.totals if total.to == "la_sends_amended_plan"]
    assert own[0].due.why.citation == "L v Devon CC 2022"


def test_the_whole_review_ends_amended(review: Definition) -> None:
    story = amending(review)
    assert story.open() == ["views_on_amendments"]
    window = story.position.instance("views_on_amendments")
    assert window.due is not None
    assert (window.due.on, window.wakes_on) == (day("2026-12-15"), day("2026-12-16"))
    assert [(one.moment, one.to) for one in story.change.owed] == [("amend", "parent"), ("amend", "senco"), ("opened", "parent")]
    story.decide("views_on_amendments", "2026-12-15", "ask_changes", actor=MOTHER)
    change = story.decide("la_sends_amended_plan", "2027-01-20", "amended", actor=LA_OFFICER, decision_on="2027-01-20")
    assert [(right.right, right.holder) for right in change.gives] == [("appeal", "parent")]
    assert change.gives[0].last_day is not None
    assert [(one.process, one.facts) for one in change.opens] == [("tribunal_appeal", {"decision": "contents"})]
    assert change.breaches == ()
    story.decide("brief_staff", "2027-01-21")
    assert (story.position.ended, story.position.ended_on) == ("amended", day("2027-01-21"))
    assert story.position.tracked() == ()
    with pytest.raises(Refused) as refused:
        story.decide("brief_staff", "2027-01-22")
    assert refused.value.code == "case_ended"


def test_silence_in_the_window_is_recorded_the_day_after(review: Definition) -> None:
    story = amending(review)
    with pytest.raises(Refused, match="2026-12-16"):
        story.decide("views_on_amendments", "2026-12-15", "no_views", actor=None)
    story.decide("views_on_amendments", "2026-12-16", "no_views", actor=None)
    assert story.open() == ["la_sends_amended_plan"]


def test_the_la_deciding_before_the_window_closes_is_a_breach(review: Definition) -> None:
    story = amending(review)
    change = story.decide("la_sends_amended_plan", "2026-12-10", "amended", actor=LA_OFFICER, decision_on="2026-12-10")
    assert change.breaches[0].startswith("“The LA sends the amended plan, or decides not to” was done on 2026-12-10, before")
    assert (story.status("views_on_amendments"), story.status("la_sends_amended_plan")) == ("overtaken", "done")
    assert story.open() == ["brief_staff"]


def test_sent_back_once_then_approved(review: Definition) -> None:
    story = held(review, looked_after=False, year_group=8)
    story.decide("check_sections", "2026-11-06", "gaps_found")
    assert story.status("prepare_adulthood") == "does_not_apply"
    story.decide("write_report", "2026-11-10", recommendation="amend")
    change = story.decide("approve_report", "2026-11-11", "sent_back", actor=HEAD)
    assert story.open() == ["write_report"]
    again = story.position.instance("write_report")
    assert (again.round, again.status) == (2, "open")
    assert again.target is not None
    assert again.target.on == day("2026-11-12")  # by `again`, not by the first round's target
    assert (story.position.instance("approve_report").round, story.status("approve_report")) == (2, "waiting")
    assert [(one.step, one.moment, one.to) for one in change.owed] == [("approve_report", "sent_back", "senco")]
    story.decide("write_report", "2026-11-12", recommendation="maintain")
    story.decide("approve_report", "2026-11-12", "approved", actor=HEAD)
    assert story.open() == ["send_report"]
    assert story.position.facts["recommendation"] == "maintain"


def test_nobody_approves_their_own_report(review: Definition) -> None:
    story = held(review, year_group=8)
    story.decide("check_sections", "2026-11-06", "complete")
    story.decide("write_report", "2026-11-10", recommendation="amend", actor=HEAD)
    for actor in (HEAD, None):
        with pytest.raises(Refused) as refused:
            story.decide("approve_report", "2026-11-11", "approved", actor=actor)
        assert refused.value.code == "own_work"
    story.decide("approve_report", "2026-11-11", "approved", actor=SENCO)


def test_evidence_early_and_the_meeting_held_out_of_turn(review: Definition) -> None:
    story = opened(review)
    story.decide("agree_meeting_date", "2026-09-20", meeting_on="2026-11-05")
    story.decide("circulate_advice", "2026-10-01")
    assert {story.status("gather_advice", party) for party in INVITED} == {"overtaken"}
    assert story.status("circulate_advice") == "done"
    with pytest.raises(Refused) as refused:
        story.decide("hold_meeting", "2026-11-04")
    assert refused.value.code == "not_before"
    change = story.decide("hold_meeting", "2026-11-05")
    assert story.status("send_invitations") == "overtaken"
    assert change.breaches == ("“Invite everyone” was not done (reg 20(3), due on 2026-10-21): a later step overtook it.",)
    assert story.open() == ["check_sections", "prepare_adulthood"]


def test_the_la_decides_before_the_report_is_sent(review: Definition) -> None:
    story = held(review)
    story.decide("la_decision", "2026-11-20", "maintain", actor=LA_OFFICER, decision_on="2026-11-20")
    assert story.position.ended == "maintained"
    assert story.status("check_sections") == "overtaken"


def test_an_early_review_needs_the_las_yes(review: Definition) -> None:
    story = opened(review, reason="early")
    assert story.open() == ["la_agrees_to_review_early"]
    with pytest.raises(Refused) as refused:
        story.decide("agree_meeting_date", "2026-09-20", meeting_on="2026-11-05")
    assert refused.value.code == "not_in_turn"
    assert "The LA agrees to review early" in refused.value.message
    story.decide("la_agrees_to_review_early", "2026-09-15", "declines", actor=LA_OFFICER)
    assert story.position.ended == "declined"


def test_a_meeting_moved_after_it_was_held_reopens_nothing(review: Definition) -> None:
    story = held(review)
    before = story.open()
    story.correct("2026-11-06", meeting_on="2026-11-04")
    assert story.open() == before
    assert story.due("la_decision") == day("2026-12-02")


def test_a_planned_date_outside_its_bounds_is_refused_with_both(review: Definition) -> None:
    story = opened(review)
    for meeting_on in ("2026-10-31", "2026-11-21"):
        with pytest.raises(Refused) as refused:
            story.decide("agree_meeting_date", "2026-09-20", meeting_on=meeting_on)
        assert refused.value.code == "bad_fact"
        assert all(word in refused.value.message for word in (meeting_on, "2026-11-01", "2026-11-20"))


def test_looked_after_is_learnt_later(review: Definition) -> None:
    story = opened(review, looked_after=False)
    story.decide("agree_meeting_date", "2026-09-20", meeting_on="2026-11-05")
    assert story.status("fix_one_meeting_with_pep") == "does_not_apply"
    story.correct("2026-09-25", looked_after=True)
    assert story.status("fix_one_meeting_with_pep") == "open"
    story.correct("2026-09-26", looked_after=False)
    assert story.status("fix_one_meeting_with_pep") == "does_not_apply"
    story.correct("2026-09-27", looked_after=True)
    story.decide("fix_one_meeting_with_pep", "2026-09-28")
    assert [one.round for one in story.position.instances if one.step == "fix_one_meeting_with_pep"] == [1, 2, 3, 4]


def test_a_fixed_fact_is_refused(review: Definition) -> None:
    story = opened(review)
    with pytest.raises(Refused) as refused:
        story.correct("2026-09-12", reason="early")
    assert refused.value.code == "fixed_fact"


def test_a_wrong_outcome_is_put_right_in_a_new_round(review: Definition) -> None:
    story = amending(review)
    story.decide("views_on_amendments", "2026-12-10", "agree", actor=MOTHER)
    with pytest.raises(Refused) as refused:
        story.decide("la_decision", "2026-12-11", "cease", actor=LA_OFFICER, decision_on="2026-12-01")
    assert refused.value.code == "already_decided"
    change = story.put_right("la_decision", "cease", "2026-12-11", actor=LA_OFFICER)
    decision = story.position.instance("la_decision")
    assert (decision.round, decision.outcome, decision.closed_on) == (2, "cease", day("2026-12-01"))
    assert story.position.ended == "ceasing"
    assert (story.status("views_on_amendments"), story.position.instance("views_on_amendments").round) == ("not_needed", 2)
    assert [right.right for right in change.gives] == ["appeal"]


def test_an_answer_put_right_redoes_nothing(review: Definition) -> None:
    story = reported(review)
    before = [(one.step, one.party, one.round, one.status) for one in story.position.instances if one.step != "check_sections"]
    story.put_right("check_sections", "gaps_found", "2026-11-20")
    assert [(one.step, one.party, one.round, one.status) for one in story.position.instances if one.step != "check_sections"] == before
    assert story.position.instance("check_sections").outcome == "gaps_found"


def test_an_interrupt_ends_from_anywhere_and_tells(review: Definition) -> None:
    story = opened(review)
    change = story.interrupt("moved_away", "2026-09-15")
    assert story.position.ended == "moved_away"
    assert [(one.step, one.moment, one.to) for one in change.owed] == [("interrupted", "moved_away", "la")]
    assert [one.step for one in change.closed] == ["agree_meeting_date", "la_decision"]
    assert {one.status for one in change.closed} == {"closed"}


@pytest.mark.parametrize(
    ("code", "step", "outcome", "facts"),
    [
        ("unknown_step", "no_such_step", "done", {}),
        ("unknown_party", "gather_advice", "done", {}),
        ("unknown_outcome", "agree_meeting_date", "declined", {}),
        ("missing_fact", "agree_meeting_date", "done", {}),
        ("unknown_fact", "agree_meeting_date", "done", {"meeting_on": "2026-11-05", "decision_on": "2026-09-20"}),
        ("bad_fact", "agree_meeting_date", "done", {"meeting_on": 5}),
        ("not_in_turn", "write_report", "done", {"recommendation": "amend"}),
    ],
)
def test_everything_out_of_turn_is_refused(review: Definition, code: str, step: str, outcome: str, facts: dict[str, object]) -> None:
    story = opened(review)
    if step == "gather_advice":
        story.decide("agree_meeting_date", "2026-09-20", meeting_on="2026-11-05")
    before = story.position
    with pytest.raises(Refused) as refused:
        story.decide(step, "2026-09-20", outcome, **facts)
    assert refused.value.code == code
    assert story.position is before
