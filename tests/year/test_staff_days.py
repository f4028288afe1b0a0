"""The oracle of hours knows no exception: any mail to staff on a day on which none of their schools is open is wrong. Who stands in has the days of
that school too."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.year.days import Calendars, KnownDays
from tests.year.mail import Arrived
from tests.year.oracle.findings import Findings
from tests.year.oracle.hours import judge_hours
from tests.year.oracle.readers import Away, Post, Readers

ASH, BIRCH, LEAD, DEPUTY = 1, 2, 10, 20
TERM, HALF_TERM = (date(2026, 9, 3), date(2026, 12, 18)), (date(2026, 10, 26), date(2026, 10, 30))
DAYS = KnownDays([(datetime.min.replace(tzinfo=UTC), Calendars.read([(ASH, *TERM), (BIRCH, *TERM)], [(ASH, *HALF_TERM)]))])


def found(kind: str, to: str, on: date) -> int:
    """How many such mails at ten that day are wrong. The deputy, of Ash, stands in from November on for the lead, who is of both schools."""
    posts = [Post(LEAD, ASH, "ceo"), Post(LEAD, BIRCH, "ceo"), Post(DEPUTY, ASH, "senco")]
    away = [Away(LEAD, DEPUTY, date(2026, 11, 2), None, datetime(2026, 10, 27, 9, tzinfo=UTC))]
    schools = {LEAD: {ASH, BIRCH}, DEPUTY: {ASH}}
    readers = Readers({"lead": "staff", "deputy": "staff"}, {"lead": LEAD, "deputy": DEPUTY}, posts, away, schools)
    findings = Findings()
    mail = Arrived(datetime(on.year, on.month, on.day, 10, tzinfo=UTC), to, "LIST-000001", "", "")
    judge_hours([mail], readers, DAYS, {mail.reference: kind}, findings)
    return findings.count("staff outside hours")


@pytest.mark.parametrize("kind", ["trust_week", "trust_breaches", "board_month", "standing_in", "morning"])
def test_no_mail_comes_in_the_holidays_whatever_it_is(kind: str) -> None:
    assert [found(kind, "lead", date(2026, 12, day)) for day in (18, 21)] == [0, 1], "the last school day, and a working day after it"


def test_a_deputy_has_the_days_of_the_school_to_which_they_were_named() -> None:
    assert [found("standing_in", "deputy", date(2026, 10, day)) for day in (26, 28)] == [1, 0]
