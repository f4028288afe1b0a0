"""The console served for tests: two schools on a real ledger, the app behind uvicorn on a free port, people signed in over HTTP."""

from __future__ import annotations

import html
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from sqlalchemy import select

from db.engine import Engines
from db.ledger import Actor, Ledger
from db.links import Links
from db.models import Authority, AuthorityContact, Membership, Person, Pupil, School, Trust
from db.postgres_process import free_port
from db.settings import Settings
from db.signing_key import signing_keys
from rules.loader import load_library
from tests.db.builders import pupil, school, staff
from tests.db.ledger_story import MovableClock
from web.app import create_app

HIDDEN = re.compile(r'<input type="hidden" name="([\w.-]+)" value="([^"]*)">')
OPENED_ON = date(2026, 9, 10)
FACTS: dict[str, Any] = {
    "review_due_on": date(2026, 12, 18),
    "reason": "yearly",
    "year_group": 5,
    "looked_after": False,
    "rights_held_by": "parent",
}


@dataclass
class Site:
    """The running console. `ash` and `birch` are school ids; `people` maps (school id, role) to a person id."""

    url: str
    settings: Settings
    engines: Engines
    clock: MovableClock
    ledger: Ledger
    ash: int
    birch: int
    people: dict[tuple[int, str], int]
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, role: str = "senco", school_id: int | None = None) -> httpx.Client:
        """A browser of its own, signed in as that person; no role: nobody."""
        made = httpx.Client(base_url=self.url, headers={"Origin": self.url}, follow_redirects=True, timeout=30)
        self.clients.append(made)
        if role:
            assert made.post("/sign-in", data={"person": str(self.people[school_id or self.ash, role])}).status_code == 200
        return made

    def actor(self, role: str, school_id: int | None = None) -> Actor:
        """That person as the ledger knows them."""
        at = school_id or self.ash
        return Actor(self.people[at, role], frozenset({at}), "console")

    def review(self, given: str = "Ada", family: str = "Ashby", school_id: int | None = None) -> str:
        """A new pupil's annual review, opened on 10 September; its reference."""
        at = school_id or self.ash
        pupil_id = self.pupil(given, family, at)
        opened = self.ledger.open_case(self.actor("senco", at), key=uuid4(), process="annual_review", pupil_id=pupil_id, facts=FACTS, on=OPENED_ON)
        return opened.case

    def pupil(self, given: str, family: str, school_id: int | None = None) -> int:
        """A new pupil of ten with a mother; their id."""
        with self.engines.scheduler() as session:
            found = session.get_one(School, school_id or self.ash)
            made: Pupil = pupil(session, found, session.get_one(Authority, found.authority_id), given, family)
            return made.id

    def records(self, case: str, step: str, on: str, outcome: str = "done", role: str = "senco", party: str = "", **facts: Any) -> None:
        """Somebody records a step in the ledger, without the console."""
        self.ledger.decide(self.actor(role), key=uuid4(), case=case, step=step, party=party, outcome=outcome, facts=facts, on=date.fromisoformat(on))

    def link(self, case: str, step: str = "la_decision", role: str = "la", expires_on: date = date(2027, 6, 1), round: int = 1) -> str:
        """The path of a signed link for the LA's mailbox."""
        with self.engines.scheduler() as session:
            token = Links(signing_keys(self.settings)).make(
                session, case=case, step=step, party="", round=round, role=role, person_id=None, expires_on=expires_on
            )
        return f"/l/{token}"

    def acts(self, case: str) -> int:
        """How many acts the case has."""
        return self.ledger.position(case)[2]


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's last form."""
    return {name: html.unescape(value) for name, value in HIDDEN.findall(page)}


def form_of(client: httpx.Client, path: str, **more: str) -> dict[str, str]:
    """What a person would send from the form at `path`: its hidden fields, 24 November 2026, and `more`."""
    shown = client.get(path)
    assert shown.status_code == 200, shown.text
    return {**hidden(shown.text), "on-day": "24", "on-month": "11", "on-year": "2026", **more}


@contextmanager
def serve(engines: Engines, folder: Path, *, demo: bool = True, mail_url: str | None = None) -> Iterator[Site]:
    """The console on a free port until the block ends."""
    port = free_port()
    settings = Settings(data_folder=folder, demo=demo, origin=f"http://127.0.0.1:{port}", mail_url=mail_url)
    clock = MovableClock()
    library = load_library()
    ledger = Ledger(engines, clock, library)
    ash, birch, people = _schools(engines)
    app = create_app(settings, engines, clock, library, ledger)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    site = Site(settings.origin, settings, engines, clock, ledger, ash, birch, people)
    try:
        yield site
    finally:
        for client in site.clients:
            client.close()
        server.should_exit = True
        thread.join(20)


def _schools(engines: Engines) -> tuple[int, int, dict[tuple[int, str], int]]:
    with engines.scheduler() as session:
        number = len(session.scalars(select(School.id)).all())
        trust, authority = Trust(name="Test Trust"), Authority(code=f"{900 + number}", name="Testshire", sen_email="sen@testshire.example")
        session.add_all([trust, authority])
        session.flush()
        ash, birch = (school(session, trust, authority, f"{900001 + number + i}", name) for i, name in enumerate(("Ash School", "Birch School")))
        teacher, lead = staff(session, ash, "Teacher", "Ash"), staff(session, ash, "Lead", "Trust")
        session.add(Membership(person_id=teacher.id, school_id=ash.id, role="teacher"))
        lead.school_ids = [ash.id, birch.id]
        session.add_all(Membership(person_id=lead.id, school_id=at.id, role="trust_send_lead") for at in (ash, birch))
        officer = Person(kind="outside", given_name="Olive", family_name="Officer", email="officer@testshire.example", school_ids=[ash.id])
        session.add(officer)
        session.flush()
        session.add(AuthorityContact(authority_id=authority.id, person_id=officer.id, role="la"))
        held = session.execute(
            select(Membership.school_id, Membership.role, Membership.person_id).where(Membership.school_id.in_([ash.id, birch.id]))
        )
        return ash.id, birch.id, {(at, role): person for at, role, person in held}
