"""A trust at work in the acceptance stories: real ledger, Prefect, mail and links, and time that passes morning by morning."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient

from db.ledger import Actor, Receipt
from db.queries.timeline import TimelineEntry, timeline_of
from notifications.sink import KeptMail
from rules.due import DueDate
from rules.position_types import Instance, Position
from tasks.chase import chase
from tasks.mailings import send_lists
from tasks.open_reviews import OpenedReviews, open_due_reviews
from tests.acceptance.letters import letters_of
from tests.acceptance.people import Household, settle
from tests.flows.office import Office, until
from web.app import create_app

LINK = re.compile(r"http://127\.0\.0\.1:8000(/l/[\w.\-]+)")
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@dataclass
class TrustAtWork:
    """One school whose mornings a test lets come. The wake loop must be at work (the fixture `trust` sees to that)."""

    office: Office
    browser: TestClient
    more: dict[str, Actor] = field(default_factory=dict)  # staff beside the village's three, by role

    @property
    def today(self) -> date:
        """The day of the story's clock."""
        return self.office.village.clock.today_is

    def begin(self, day: str) -> None:
        """A new story begins on that day, whatever day the last one ended on."""
        self.office.village.clock.today_is = date.fromisoformat(day)

    def comes(self, day: str) -> None:
        """Let every morning up to that day come: what the scheduled flow does each day, then the loop serves what that woke.

        Mornings on which no step is to be chased, no window lapses and no reminder is held are passed over.
        What staff are told waits for the next that comes.
        """
        until_on = date.fromisoformat(day)
        self._settle()
        while self.today < until_on:
            self.office.village.clock.today_is = self._next_morning(until_on)
            chase(self.office.parts, self.today)
            self._settle()
            send_lists(self.office.parts, self.office.village.clock.now())
            self._settle()

    def _next_morning(self, until_on: date) -> date:
        asked = "SELECT min(LEAST(next_chase_on, wakes_on)) FROM steps WHERE closed_seq IS NULL"
        held = self.office.village.rows("SELECT 1 FROM deliveries WHERE state = 'held' AND rung IS NOT NULL LIMIT 1")
        something: date | None = self.today if held else self.office.village.rows(asked)[0][0]
        return max(self.today + timedelta(days=1), min(something or until_on, until_on))

    def reviews_open(self) -> OpenedReviews:
        """What the morning's other flow does: open each review whose day has come."""
        return open_due_reviews(self.office.parts, self.today)

    def open(self, process: str, home: Household, **facts: Any) -> Story:
        """The SENCO opens a case today."""
        receipt = self.office.ledger.open_case(
            self.office.village.senco, key=uuid4(), process=process, pupil_id=home.pupil_id, facts=facts, on=self.today
        )
        return Story(self, receipt.case, home)

    def _settle(self) -> None:
        try:
            until(lambda: not self._left(), "", 60)
        except AssertionError:
            raise AssertionError(f"not served by {self.today}: {self._left()}") from None

    def _left(self) -> list[str]:
        """What is not done yet: acts whose messages are not spread, wakes not served, mails not sent."""
        waiting = "SELECT 'outbox' AS what, case_id, messages AS more FROM outbox"
        wanted = "SELECT 'wake', case_id, concat(wanted, '>', served, ' ', holder, error_code) FROM wakes WHERE wanted > served OR holder <> ''"
        owed = "SELECT 'mail', case_id, template || state || error_code FROM deliveries WHERE state IN ('owed', 'claimed', 'handed_over')"
        lists = "SELECT 'list', id, state || error_code FROM mailings WHERE state IN ('owed', 'claimed', 'handed_over')"
        return [str(tuple(row)) for row in self.office.village.rows(f"{waiting} UNION ALL {wanted} UNION ALL {owed} UNION ALL {lists} LIMIT 5")]


@dataclass(frozen=True)
class Story:
    """One case, told from the outside: who records what on which day, and what everybody then hears."""

    trust: TrustAtWork
    ref: str
    home: Household

    def comes(self, day: str) -> None:
        """That day comes, with every morning before it."""
        self.trust.comes(day)

    def records(self, step: str, outcome: str = "done", *, by: str = "senco", party: str = "", words: str = "", **facts: Any) -> Receipt:
        """Somebody on the staff records a step today; dates of facts may be ISO text."""
        return self.trust.office.ledger.decide(
            self.actor(by), key=uuid4(), case=self.ref, step=step, party=party, outcome=outcome, on=self.trust.today,
            facts={name: _typed(value) for name, value in facts.items()}, private={"comment": words} if words else {},
        )  # fmt: skip

    def corrects(self, because: str, by: str = "senco", **fact: Any) -> Receipt:
        """Somebody corrects one fact today."""
        ((name, value),) = fact.items()
        return self.trust.office.ledger.correct(
            self.actor(by), key=uuid4(), case=self.ref, fact=name, value=_typed(value), because=because, on=self.trust.today
        )

    def excuses(self, step: str, exception: str, *, party: str, because: str, review_on: str) -> Receipt:
        """The SENCO records that the law lifts a step's date."""
        return self.trust.office.ledger.apply_exception(
            self.actor("senco"), key=uuid4(), case=self.ref, step=step, party=party, exception=exception, because=because,
            review_on=date.fromisoformat(review_on), on=self.trust.today,
        )  # fmt: skip

    def interrupts(self, name: str, because: str) -> Receipt:
        """The SENCO ends the case from wherever it is."""
        return self.trust.office.ledger.interrupt(self.actor("senco"), key=uuid4(), case=self.ref, name=name, because=because, on=self.trust.today)

    def answers(self, mail: KeptMail, outcome: str, words: str = "", **fields: str) -> None:
        """The reader of the mail opens its link (twice, as a mail scanner does), fills in the form and sends it."""
        path = link_in(mail)
        for _ in range(2):
            shown = self.trust.browser.get(path)
        assert shown.status_code == 200, shown.text
        form = {name: html.unescape(value) for name, value in HIDDEN.findall(shown.text)}
        today = self.trust.today
        day = {"on-day": str(today.day), "on-month": str(today.month), "on-year": str(today.year)}
        sent = self.trust.browser.post(path, data={**form, **day, "outcome": outcome, "comment": words, **fields}, headers={"Origin": ORIGIN})
        assert sent.status_code == 200, sent.text

    def actor(self, role: str) -> Actor:
        """Who of the staff acts: senco, head or teacher, or one of the trust's `more`."""
        found: Actor = self.trust.more.get(role) or getattr(self.trust.office.village, role)
        return found

    @property
    def position(self) -> Position:
        """Where the case stands."""
        return self.trust.office.ledger.position(self.ref)[1]

    @property
    def open_steps(self) -> set[str]:
        """The names of the open steps."""
        return self.trust.office.open_steps(self.ref)

    def instance(self, step: str, party: str = "") -> Instance:
        """The step as it stands now, in its current round."""
        return self.position.instance(step, party)

    def due(self, step: str, party: str = "") -> str:
        """The step's date of law (else the trust's own), ISO; empty if there is none yet."""
        one = self.instance(step, party)
        found: DueDate | None = one.due or one.target
        return found.on.isoformat() if found else ""

    def mails(self, to: str = "", subject: str = "", on: str = "") -> list[KeptMail]:
        """The case's mails, oldest first; to one address, with words in the subject, taken on one day.

        What came, or will come, as a line of a list or a morning counts as its own letter, on the day on which it was owed.
        """
        found = letters_of(self.trust.office, self.ref)
        return [m for m in found if to in ("", m.to) and subject in m.subject and m.taken_at.startswith(on)]

    def mail(self, to: str, subject: str, on: str = "") -> KeptMail:
        """The one mail with these words in its subject; fails when there is none or more than one."""
        self.trust.comes(self.trust.today.isoformat())
        found = self.mails(to, subject, on)
        assert len(found) == 1, f"{len(found)} mails to {to} on {subject!r}; there are: {[(m.to, m.subject, m.taken_at[:10]) for m in self.mails()]}"
        return found[0]

    def told(self, subject: str, on: str = "") -> set[str]:
        """The addresses that had a mail with these words in its subject."""
        self.trust.comes(self.trust.today.isoformat())
        return {mail.to for mail in self.mails(subject=subject, on=on)}

    def history(self) -> list[TimelineEntry]:
        """What has happened, from the ledger's events."""
        with self.trust.office.parts.engines.scheduler() as session:
            return timeline_of(session, self.ref)

    def event(self, step: str, party: str = "") -> TimelineEntry:
        """The last event about that step."""
        return [entry for entry in self.history() if (entry.step, entry.party) == (step, party)][-1]

    @property
    def state(self) -> str:
        """The name of the run's state in Prefect, when all is served."""
        self.trust.comes(self.trust.today.isoformat())
        return self.trust.office.state_of(self.ref)

    @property
    def artifact(self) -> str:
        """What Prefect shows about the case, when all is served."""
        self.trust.comes(self.trust.today.isoformat())
        return self.trust.office.artifact_of(self.ref)

    def has_one_run(self) -> bool:
        """Whether exactly one run of the case is alive in Prefect, as it must while the case is open."""
        return len(self.trust.office.live_runs(self.ref)) == 1

    def has_ended(self, end: str) -> None:
        """The case has ended so; Prefect shows its run as completed, no other is alive, and the record is whole."""
        assert self.position.ended == end, f"{self.position.ended or 'running'}: {self.open_steps}"
        self.trust.comes(self.trust.today.isoformat())
        until(lambda: self.trust.office.state_of(self.ref) == "Completed", f"{self.ref} is shown as completed")
        assert not self.trust.office.live_runs(self.ref)
        assert self.trust.office.ledger.verify(self.ref) == []
        assert not self.mails(to=self.home.father), "an order keeps the father from contact"


def link_in(mail: KeptMail) -> str:
    """The path of the signed link in a mail."""
    found = LINK.search(mail.html)
    assert found, f"no link in {mail.subject!r}"
    return found[1]


def words(mail: KeptMail) -> str:
    """The mail's text on one line, without marks of type."""
    return " ".join(re.sub(r"<[^>]+>", "", html.unescape(mail.html)).split())


ORIGIN = "http://127.0.0.1:8000"


@contextmanager
def trust_at_work(office: Office) -> Iterator[TrustAtWork]:
    """The office with its people, its console for signed links, and the wake loop at work until the block ends."""
    settle(office.village)
    parts = office.parts
    app = create_app(parts.settings, parts.engines, parts.clock, parts.library, parts.ledger)
    with office.loop(), TestClient(app, base_url=ORIGIN) as browser:
        yield TrustAtWork(office, browser)


def _typed(value: Any) -> Any:
    return date.fromisoformat(value) if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) else value
