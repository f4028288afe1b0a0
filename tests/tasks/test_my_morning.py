"""A morning at the hour that its reader asked for, and a note in Teams that it is there, to a real server over TLS (issue 6, point 9)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.preferences import CannotPrefer, Wants, lies_at, set_wants, wants_of
from tasks.chase import chase
from tasks.deliver import deliver
from tests.acceptance.people import HEAD, SENCO
from tests.databases import TestServer
from tests.notifications.teams_workflow import TeamsWorkflow
from tests.tasks.morning_post import MorningPost, post_of_its_own
from tests.tasks.test_mailings import TERMS, to

LOOPBACK = ("127.0.0.1",)
MICROSOFT = (".logic.azure.com", ".api.powerplatform.com")


@pytest.fixture
def teams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TeamsWorkflow]:
    with TeamsWorkflow(tmp_path).open() as opened:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(opened.certificate))
        yield opened


@pytest.fixture
def post(postgres: TestServer, tmp_path: Path) -> Iterator[MorningPost]:
    with post_of_its_own(postgres, tmp_path, TERMS) as opened:
        yield opened


def wants(post: MorningPost, hour: int = 7, in_teams: bool = False, teams_url: str = "") -> None:
    with post.village.engines.scheduler() as session:
        set_wants(session, post.village.senco.person_id or 0, hour, in_teams, teams_url, hosts=LOOPBACK)


def kept(post: MorningPost) -> Wants:
    with post.village.engines.scheduler() as session:
        return wants_of(session, post.village.senco.person_id or 0)


def an_hour_passes(post: MorningPost, on: str, hour: int) -> None:
    """The database's own clock, by which tries are timed, does not follow the test's: what is owed now is owed so many hours earlier."""
    with post.village.engines.scheduler() as session:
        session.connection().exec_driver_sql("UPDATE mailings SET next_try_at = next_try_at - make_interval(hours => %s)", (hour - post.clock.hour,))
    post.is_now(on, hour)
    deliver(post.parts)


def test_a_morning_comes_at_the_hour_its_reader_asked_for(post: MorningPost) -> None:
    case = post.review("2026-11-05")
    wants(post, hour=9)
    mails = post.comes("2026-12-04")
    assert to(mails, SENCO) == [] and len(to(mails, HEAD)) == 1, "everybody else has theirs at seven"
    an_hour_passes(post, "2026-12-04", 8)
    assert to(post.sink.mails(), SENCO) == []
    an_hour_passes(post, "2026-12-04", 9)
    (mine,) = to(post.sink.mails(), SENCO)
    assert case in mine.html
    an_hour_passes(post, "2026-12-04", 10)
    assert len(to(post.sink.mails(), SENCO)) == 1


def test_a_note_in_teams_says_how_much_and_names_nobody(post: MorningPost, teams: TeamsWorkflow) -> None:
    case = post.review("2026-11-05")
    wants(post, 7, True, teams.url)
    mails = post.comes("2026-12-04")
    ((path, (title, words)),) = teams.cards
    assert path.startswith("/workflows/abc123/triggers/manual/paths/invoke?") and "sig=s3cret" in path
    assert title.startswith("Sendflow this morning: ") and " new" in title and "(http://127.0.0.1:8000/)" in words
    assert not [word for word in (case, "Ada", "Ash", "review") if word in title + words]
    assert len(to(mails, SENCO)) == 1, "the message itself comes by mail"
    assert post.comes("2026-12-04", hour=8) == [] and len(teams.cards) == 1, "one a day"
    wants(post)
    post.comes("2026-12-07")
    assert len(teams.cards) == 1 and not kept(post).in_teams


@pytest.mark.parametrize("answer", [404, 401])
def test_a_note_that_teams_does_not_take_holds_nothing_back_and_is_told_to_its_reader(post: MorningPost, teams: TeamsWorkflow, answer: int) -> None:
    """401: the workflow's signature has run out. Nobody is told that the mail server refuses our password, and nothing is tried for ever."""
    post.review("2026-11-05")
    wants(post, 7, True, teams.url)
    teams.answer = answer
    assert len(to(post.comes("2026-12-04"), SENCO)) == 1
    assert kept(post).not_taken == "teams_refused"
    deliver(post.parts)
    assert len(teams.cards) == 1, "an address that is refused is not tried again"
    wants(post, 7, True, teams.url)
    assert kept(post).not_taken == "", "a new address has not been tried"


def test_no_note_goes_to_a_host_that_was_taken_away_since(post: MorningPost, teams: TeamsWorkflow) -> None:
    post.review("2026-11-05")
    wants(post, 7, True, teams.url)
    post.parts = dataclasses.replace(post.parts, settings=post.parts.settings.model_copy(update={"teams_hosts": ""}))
    assert len(to(post.comes("2026-12-04"), SENCO)) == 1
    assert teams.cards == [] and kept(post).not_taken == "teams_refused"


def test_a_choice_that_cannot_be_is_refused_by_its_question_and_leaves_what_was_kept(post: MorningPost) -> None:
    wants(post, hour=8)
    for hour, address, field in ((6, "", "morning_at"), (16, "", "morning_at"), (9, "https://evil.example.org/x", "teams_url"), (9, "", "teams_url")):
        with pytest.raises(CannotPrefer) as refused:
            wants(post, hour, True, address)
        assert refused.value.field == field
    assert dataclasses.astuple(kept(post)) == (8, False, "", False)


@pytest.mark.parametrize(
    ("url", "fine"),
    [("https://prod-12.uksouth.logic.azure.com:443/workflows/a/triggers/manual/paths/invoke?sig=x", True),
     ("https://default1a.2b.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/a/triggers/manual/paths/invoke?sig=x", True),
     ("http://prod-12.uksouth.logic.azure.com/workflows/a", False), ("https://logic.azure.com.example.org/", False),
     ("https://evillogic.azure.com/", False), ("https://a:b@x.logic.azure.com/", False), ("https://x.logic.azure.com:70000/", False),
     ("https://127.0.0.1/", False), ("https://x.logic.azure.com/ y", False), ("", False)],
)  # fmt: skip
def test_a_note_goes_to_no_other_host(url: str, fine: bool) -> None:
    assert lies_at(url, MICROSOFT) == fine


def test_the_note_says_the_numbers_of_the_mail_it_tells_of(post: MorningPost, teams: TeamsWorkflow) -> None:
    """Two reminders of one step are one line, and what was decided before the hour is none."""
    case, other = post.review("2026-11-05"), post.review("2026-11-05")  # our advice goes round by 21 October
    for on in ("2026-10-20", "2026-10-21"):  # mornings that nobody was sent
        post.is_now(on)
        chase(post.parts, post.clock.today())
        post.spread()
    wants(post, 9, True, teams.url)
    post.comes("2026-10-22")
    post.village.decide(other, "circulate_advice", "2026-10-22")
    an_hour_passes(post, "2026-10-22", 9)
    (mine,) = to(post.sink.mails(), SENCO)
    ((_, (title, _)),) = teams.cards
    new, today, late = re.findall(r"(\d+) (?:new|due today|late)", mine.subject)
    assert case in mine.html and int(new) > 0 and int(late) > 0
    assert title.startswith(f"Sendflow this morning: {new} new, {late} late") and today == "0"
