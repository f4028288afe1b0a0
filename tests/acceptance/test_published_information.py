"""A year of what a school publishes: opened by itself, agreed by the board, held to its days, ended with the year (policy 2, 8, 16, 19, 22)."""

from __future__ import annotations

import pytest

from tasks.open_school_years import open_school_years
from tests.acceptance.people import CEO, HEAD, SENCO, SEND_LEAD, Household, chief_executive
from tests.acceptance.test_plan_consultation import GOVERNOR, with_governor
from tests.acceptance.trust_at_work import Story, TrustAtWork, words

pytestmark = pytest.mark.slow
NOBODY = Household(0, "", "", "nobody@away.example", "")


def the_year_opens(trust: TrustAtWork) -> Story:
    """The morning of 1 September opens it; the next morning opens nothing."""
    trust.more["ceo"] = chief_executive(trust.office.village)
    with_governor(trust)
    trust.begin("2026-08-31")
    assert open_school_years(trust.office.parts, trust.today).opened == (), "the year has not begun"
    trust.begin("2026-09-01")
    (ref,) = open_school_years(trust.office.parts, trust.today).opened
    assert open_school_years(trust.office.parts, trust.today).opened == ()
    return Story(trust, ref, NOBODY)


def test_a_year_from_its_first_morning_to_its_last(trust: TrustAtWork) -> None:
    story = the_year_opens(trust)
    assert story.ref.startswith("PI-")
    assert "Ash School" in words(story.mail(HEAD, "a new school year"))
    run = trust.office.run_of(story.ref)
    assert run is not None and run.name == story.ref and {"school:900001", "process:published_information"} <= set(run.tags)
    story.comes("2026-09-14")
    story.records("confirm_senco", "in_post", by="head")
    story.records("check_complaints_procedure", "it_stood_there", by="head")
    story.records("review_uniform_and_trips", "none_keeps_anybody_away", by="head")
    story.records("review_access_plan", "ends_this_year", by="head", access_plan_ends_on="2027-03-31")
    assert "Wednesday 31 March 2027" in words(story.mail(GOVERNOR, "the accessibility plan ends this year"))
    assert story.due("renew_access_plan") == "2027-03-31"
    story.records("draft_report")
    asked = story.mail(GOVERNOR, "a report for the board to agree")
    story.answers(asked, "agreed", "Agreed on 10 September")
    assert story.told("the board has agreed the report") == {SENCO, HEAD}
    story.records("publish_report", by="head", report_published_on="2026-09-14")
    story.records("report_a_change", changed_on="2026-09-14")
    assert story.due("publish_change") == "2026-09-21"
    story.records("publish_change", "published", by="head")
    story.records("check_oversubscription", "to_be_changed")
    assert story.told("admission arrangements must change") == {HEAD, CEO}
    assert (story.due("consult_on_change"), story.due("determine_arrangements")) == ("2027-01-31", "2027-02-28")
    story.comes("2027-02-01")
    assert story.told("a decision of the trust is late") == {CEO, SEND_LEAD}
    for step in ("consult_on_change", "determine_arrangements"):
        story.records(step, by="ceo")
    assert story.due("publish_arrangements") == "2027-03-15"
    story.records("publish_arrangements", by="head", arrangements_published_on="2027-02-01")
    story.records("renew_access_plan", by="head")
    story.records("review_policy", "stays", by="head")
    assert story.open_steps == {"year_over"} and story.state == "Waiting for the calendar"
    story.comes("2027-09-01")
    assert story.told("the year is over and all is published") == {HEAD, SEND_LEAD}
    story.has_ended("year_done")
    assert not any("initials" in words(mail) for mail in story.mails()), "no letter speaks of one child"
    trust.begin("2027-09-01")
    assert open_school_years(trust.office.parts, trust.today).opened != (), "the next year has a case of its own"
