"""Issue 5, items 4, 6 and 7: re-assessment, advice asked for by itself, and a plan that moves to another council, each from open to each of its ends.

All stories share one trust at work. Days were counted by hand from the law's words (docs/law.md, section 8).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.acceptance.people import COUNCIL, HEAD, SENCO, household
from tests.acceptance.trust_at_work import Story, TrustAtWork, words

pytestmark = pytest.mark.slow
LA, ADVISERS = COUNCIL["la"], ("health", "social_care", "educational_psychologist")
RIGHT = ("You have a right to appeal", "Mediation comes first", "certificate", "disagreement resolution service", "SENDIASS")


def reassessed(trust: TrustAtWork, name: str, on: str, by: str, **more: Any) -> Story:
    """A re-assessment of a pupil of Year 9, opened that day; the last assessment ended in July 2024, unless told."""
    trust.begin(on)
    home = household(trust.office.village, name, date(2012, 5, 4), 9)
    facts = {"asked_by": by, "last_assessed_on": date(2024, 7, 19), "year_group": 9, "rights_held_by": "parent", **more}
    return trust.open("reassessment", home, **facts)


def drafted(story: Story, asked_on: str, advice_by: str) -> None:
    """Advice asked for, due on that day, and given; the plan to be amended, its draft served, the school consulted: all on the story's day."""
    story.records("la_asks_for_advice", advice_asked_on=asked_on)
    assert {story.due("school_advice"), *(story.due("gather_advice", one) for one in ADVISERS)} == {advice_by}
    assert story.told("advice for a re-assessment") == {COUNCIL[one] for one in ADVISERS}
    story.records("school_advice", "sent")
    story.records("adulthood_advice")
    story.records("parents_advice", "given")
    for party in ADVISERS:
        story.records("gather_advice", "given", party=party)
    story.records("la_decides_to_amend", "amend")
    story.records("la_sends_draft", draft_served_on=story.trust.today.isoformat())
    story.records("la_consults_school", consultation_received_on=story.trust.today.isoformat())


def says_the_right(story: Story, to: str, subject: str, last_day: str, *also: str) -> None:
    """That letter states the right of appeal with all that the law puts into the notice, its last day, and what else is given."""
    letter = words(story.mail(to, subject))
    assert [part for part in (*RIGHT, f"The last day to appeal is {last_day}.", *also) if part not in letter] == [], letter


def test_the_school_asks_the_council_is_late_and_the_new_plan_names_us(trust: TrustAtWork) -> None:
    story = reassessed(trust, "Ida", "2026-03-02", "school")
    for step in ("talk_with_family", "hear_pupil", "gather_evidence"):
        story.records(step)
    asked = story.mail(story.home.mother, "what you think of asking for a re-assessment")
    story.answers(asked, "agree", "Please do ask.")
    story.records("write_request")
    story.records("approve_request", "sent_back", by="head")
    story.records("write_request")
    story.records("approve_request", "approved", by="head")
    story.records("send_request", request_sent_on="2026-03-02")
    question = story.mail(LA, "a question about a request for a re-assessment")
    assert story.home.name not in question.subject + words(question), "outside bodies read initials"
    story.records("la_confirms_receipt", request_received_on="2026-03-02")
    assert story.due("la_decides_to_reassess") == "2026-03-17" and "15 days" in words(story.mail(story.home.mother, "has the request"))
    story.comes("2026-03-18")
    assert story.told("the local authority is late", on="2026-03-18") == {SENCO, story.home.mother}
    assert "This was due on Tuesday 17 March 2026." in words(story.mail(LA, "a decision of yours is late"))
    story.records("la_decides_to_reassess", "reassess", reassessing_from_on="2026-03-18")
    assert (story.due("la_decides_to_amend"), story.due("la_makes_plan")) == ("2026-05-27", "2026-06-24")
    assert "Counted from Wednesday 18 March 2026" in words(story.mail(story.home.mother, "will re-assess"))
    drafted(story, "2026-03-18", "2026-04-29")
    assert (story.due("parents_views_on_draft"), story.due("answer_consultation")) == ("2026-04-01", "2026-04-02")
    assert LA in story.told("the school's advice for a re-assessment") and "at least 15 days" in words(
        story.mail(story.home.mother, "the draft plan")
    )
    story.records("prepare_answer", school_view="can_meet_needs")
    story.records("answer_consultation", "sent_back", by="head")
    story.records("prepare_answer", school_view="can_meet_needs")
    story.records("answer_consultation", "sent", by="head")
    story.comes("2026-04-02")
    lapsed = story.event("parents_views_on_draft")
    assert (lapsed.outcome, lapsed.happened_on) == ("no views", date(2026, 4, 2)), "a family that says nothing is not late"
    story.records("la_makes_plan", "names_us", decision_on="2026-04-02")
    says_the_right(story, story.home.mother, "the new plan has been made", "Tuesday 2 June 2026", "recommendations about health and social care")
    assert "until Tuesday 2 June 2026" in words(story.mail(HEAD, "the new plan has been made"))
    for step in ("brief_staff", "arrange_provision", "explain_right_of_appeal"):
        story.records(step)
    assert story.told("your right to appeal") == {story.home.mother, story.home.child}
    story.has_ended("plan_names_us")


def test_the_council_refuses_within_six_months_which_barred_nobody_from_asking(trust: TrustAtWork) -> None:
    story = reassessed(trust, "Jon", "2026-03-05", "parent", last_assessed_on=date(2025, 12, 1))
    story.records("la_confirms_receipt", request_received_on="2026-03-03")
    assert story.due("la_decides_to_reassess") == "2026-03-18"
    (appeal,) = story.records("la_decides_to_reassess", "refuse", decision_on="2026-03-05").also_opened
    assert appeal.startswith("TA-"), "the time to appeal is followed in a case of its own"
    says_the_right(story, story.home.mother, "the local authority will not re-assess", "Tuesday 5 May 2026", "six months", "ask again at any time")
    assert story.told("the local authority will not re-assess") == {story.home.mother, story.home.child, SENCO, HEAD}
    story.records("explain_right_of_appeal")
    story.has_ended("refused_to_reassess")


def test_the_council_begins_by_itself_and_leaves_the_plan_as_it_is(trust: TrustAtWork) -> None:
    story = reassessed(trust, "Kit", "2026-03-17", "la")
    story.records("la_begins_itself", reassessing_from_on="2026-03-17")
    assert (story.due("la_decides_to_amend"), story.due("la_makes_plan")) == ("2026-05-26", "2026-06-23")
    story.records("la_decides_to_amend", "not_amend", decision_on="2026-03-17")
    reasons = "must give you the reasons"
    says_the_right(story, story.home.mother, "stays as it is after the re-assessment", "Monday 18 May 2026", reasons, "recommendations about health")
    story.records("explain_right_of_appeal")
    story.has_ended("not_amended")


def test_the_plan_of_a_young_person_names_another_school_and_the_letters_are_theirs(trust: TrustAtWork) -> None:
    story = reassessed(trust, "Lee", "2026-03-17", "health", rights_held_by="young_person")
    story.records("la_confirms_receipt", request_received_on="2026-03-17")
    story.records("la_decides_to_reassess", "reassess", reassessing_from_on="2026-03-17")
    drafted(story, "2026-03-17", "2026-04-28")
    trust.begin("2026-04-01")
    story.records("la_makes_plan", "names_another", decision_on="2026-04-01")
    says_the_right(story, story.home.child, "the new plan has been made", "Monday 1 June 2026", "another school")
    assert not story.mails(to=story.home.mother), "the rights are the young person's"
    story.records("explain_right_of_appeal")
    story.has_ended("plan_names_another")


def test_the_head_does_not_ask_and_the_parents_hear_that_they_may(trust: TrustAtWork) -> None:
    story = reassessed(trust, "Mia", "2026-03-02", "school")
    for step in ("talk_with_family", "hear_pupil", "gather_evidence"):
        story.records(step)
    story.records("parents_views", "no_views")
    story.records("write_request")
    story.records("approve_request", "refused", by="head")
    assert "You can ask yourself" in words(story.mail(story.home.mother, "the school does not ask for a re-assessment"))
    story.has_ended("not_requested")


INTERRUPTED = [
    ("reassessment", "withdrawn", "has been withdrawn", ("mother", LA, HEAD)),
    ("reassessment", "moved_away", "has left the school", ("mother", LA)),
    ("reassessment", "plan_ceased", "the plan has ceased", ("mother", HEAD)),
    ("reassessment", "opened_in_error", "opened in error", (HEAD,)),
    ("advice_request", "request_withdrawn", "no longer asks for advice", ("mother", HEAD)),
    ("advice_request", "followed_elsewhere", "followed in another case", (HEAD,)),
    ("advice_request", "opened_in_error", "opened in error", (HEAD,)),
    ("plan_moves_authority", "not_moving", "does not move after all", ("mother", LA, HEAD)),
    ("plan_moves_authority", "moved_away", "has left the school", ("mother", LA)),
    ("plan_moves_authority", "plan_ceased", "the plan has ceased", ("mother", HEAD)),
    ("plan_moves_authority", "opened_in_error", "opened in error", (HEAD,)),
]


def test_each_way_out_tells_those_whom_it_concerns(trust: TrustAtWork) -> None:
    opening: dict[str, Any] = {
        "reassessment": {"asked_by": "parent", "last_assessed_on": date(2024, 7, 19), "year_group": 4},
        "advice_request": {"advice_asked_on": date(2026, 3, 2), "year_group": 4},
        "plan_moves_authority": {"moves_on": date(2026, 9, 1), "last_reviewed_on": date(2026, 1, 15)},
    }
    trust.begin("2026-03-02")
    stories = [
        trust.open(process, household(trust.office.village, "Nan", date(2017, 5, 4), 4), rights_held_by="parent", **opening[process])
        for process, *_ in INTERRUPTED
    ]
    for story, (_, name, _, _) in zip(stories, INTERRUPTED, strict=True):
        story.interrupts(name, "As the family told us")
    for story, (_, name, subject, told) in zip(stories, INTERRUPTED, strict=True):
        assert story.told(subject) == {story.home.mother if one == "mother" else one for one in told}, name
        assert story.history()[-1].words == {"because": "As the family told us"}
        story.has_ended(name)


def advice_asked(trust: TrustAtWork, name: str, year_group: int) -> Story:
    """The council's request reached the school on Monday 20 April 2026; the case opens that day."""
    trust.begin("2026-04-20")
    home = household(trust.office.village, name, date(2012, 5, 4), year_group)
    return trust.open("advice_request", home, advice_asked_on=date(2026, 4, 20), year_group=year_group, rights_held_by="parent")


def test_the_advice_is_sent_late_and_the_head_and_the_trust_hear_of_it(trust: TrustAtWork) -> None:
    story = advice_asked(trust, "Oli", 9)
    assert story.due("send_advice") == "2026-06-01", "six weeks run from the day of receipt, whatever is recorded"
    story.records("name_lead", by="head")
    story.records("look_for_earlier_advice", "may_stand")
    assert "It stands only if you are satisfied" in words(story.mail(story.home.mother, "earlier advice may be enough"))
    story.answers(story.mail(LA, "whether earlier advice stands"), "does_not_stand")
    for step in ("hear_pupil", "gather_evidence", "adulthood_advice", "write_advice"):
        story.records(step)
    story.records("approve_advice", "sent_back", by="head")
    story.records("write_advice")
    story.records("approve_advice", "approved", by="head")
    story.comes("2026-06-02")
    assert HEAD in {mail.to for mail in story.mails(on="2026-06-02")}, "a day late: the head is told"
    story.records("send_advice", advice_sent_on="2026-06-02")
    assert "Your request reached us on Monday 20 April 2026." in words(story.mail(LA, "the school's advice"))
    assert "gives you a copy" in words(story.mail(story.home.mother, "the school's advice"))
    assert (story.event("send_advice").who, story.event("send_advice").happened_on) == ("Senco Ash", date(2026, 6, 2))
    story.has_ended("advice_sent")


def test_earlier_advice_stands_when_all_three_are_satisfied(trust: TrustAtWork) -> None:
    story = advice_asked(trust, "Pat", 4)
    story.records("look_for_earlier_advice", "may_stand")
    story.records("agree_that_it_stands", "stands")
    assert story.told("earlier advice stands") >= {story.home.mother, SENCO, HEAD}
    story.has_ended("earlier_advice_stands")


def moving(trust: TrustAtWork, name: str, on: str, moves_on: str) -> Story:
    """A pupil whose plan was last reviewed on 15 January 2026 moves; the school tells the old council on the day the case opens."""
    trust.begin(on)
    home = household(trust.office.village, name, date(2017, 5, 4), 4)
    story = trust.open(
        "plan_moves_authority", home, moves_on=date.fromisoformat(moves_on), last_reviewed_on=date(2026, 1, 15), rights_held_by="parent"
    )
    story.records("tell_old_la", old_la_knew_on=on)
    return story


def test_the_plan_moves_and_the_new_council_reviews_it_at_our_school(trust: TrustAtWork) -> None:
    story = moving(trust, "Quin", "2026-08-27", "2026-09-01")
    assert story.due("la_transfers_plan") == "2026-09-17", "that day is the first of fifteen working days; 31 August is none"
    asked = words(story.mail(LA, "an EHC plan that moves with its pupil"))
    assert "The last day is Thursday 17 September 2026." in asked and story.home.name not in asked
    assert "Within six weeks of the transfer" in words(story.mail(story.home.mother, "the move to another local authority"))
    story.records("ask_whether_pupil_stays", "stays")
    trust.begin("2026-09-01")
    story.records("la_transfers_plan", transferred_on="2026-09-01")
    assert (story.due("new_la_writes_to_family"), story.due("la_reviews_plan")) == ("2026-10-13", "2027-01-14")
    review = words(story.mail(story.home.mother, "the first review by the new local authority"))
    assert "by Thursday 14 January 2027" in review
    plan = trust.office.village.rows("SELECT review_due_on, last_review_on FROM plans WHERE pupil_id = %s", story.home.pupil_id)
    assert [row.review_due_on for row in plan] == [date(2027, 1, 14)], "the annual review opens from the diary"
    for step in ("note_new_la", "keep_provision"):
        story.records(step)
    story.records("new_la_writes_to_family", "will_not_assess")
    told = words(story.mail(story.home.mother, "what the new local authority has to tell"))
    assert all(
        part in told for part in ("has been transferred to it", "whether it will make an EHC needs assessment", "when it will review the plan")
    )
    story.records("la_reviews_plan")
    story.has_ended("stays_with_us_under_new_la")


def test_the_pupil_leaves_with_the_move_and_the_file_goes_along(trust: TrustAtWork) -> None:
    story = moving(trust, "Rae", "2026-08-03", "2026-09-01")
    assert story.due("la_transfers_plan") == "2026-09-01", "known fifteen working days before, the plan goes on the day of the move"
    story.records("ask_whether_pupil_stays", "leaves")
    story.records("hand_over_file")
    assert story.told("the SEND file is with the next school") == {story.home.mother, HEAD}
    trust.begin("2026-09-01")
    story.records("la_transfers_plan", transferred_on="2026-09-01")
    story.records("note_new_la")
    story.records("new_la_writes_to_family", "will_assess")
    story.has_ended("left_us")
