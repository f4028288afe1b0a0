"""What happens beside the steps: days that move, people who are away, snow, and officers who answer a whole list on its page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from db.absences import CannotBeAway, NewAbsence, say_away
from db.acts.actor import Actor
from db.acts.request import request
from db.acts.together import Answer, RefusedInList
from db.ledger import LedgerError
from db.links import LinkRefused
from db.list_links import ListLine, ListLink, ListLinks
from db.signing_key import signing_keys
from rules.history import Event, Refused
from rules.saying import WAITING_FOR, WILL_BE_BY
from tests.year.mail import YearMail
from tests.year.people import People

MOVED_A_DAY, AWAY_A_DAY = 0.15, 0.05
COMPLAINED_A_DAY = 0.03  # of what an LA has owed for two weeks or longer
ANSWERED = 0.3  # of the lists
SNOW_TOLD, SNOW = date(2027, 2, 1), (date(2027, 2, 2), date(2027, 2, 3))  # each third school is closed for two days
_PLANNED = """
    SELECT c.ref, c.school_id, s.due_on FROM cases c JOIN definitions d ON d.id = c.definition_id JOIN steps s ON s.case_id = c.id
    WHERE d.process = 'annual_review' AND c.ended = '' AND s.step = 'hold_meeting' AND s.closed_seq IS NULL AND s.target_on > %s ORDER BY c.id
"""
_LONG_LATE = """
    SELECT c.ref, c.school_id, s.step, s.party FROM steps s JOIN cases c ON c.id = s.case_id
    WHERE s.closed_seq IS NULL AND s.status = 'open' AND s.owner = 'la' AND s.lifted = '' AND s.due_on <= %s ORDER BY s.case_id, s.no
"""
_STAFF = "SELECT person_id, school_id, role FROM memberships WHERE role IN ('senco', 'headteacher') ORDER BY person_id"
_CLOSE = "INSERT INTO school_closures (school_id, first_on, last_on, reason) SELECT id, %s, %s, 'snow' FROM schools WHERE id %% 3 = 0"


@dataclass
class Happenings:
    """`counted`: what happened, by its kind."""

    people: People
    mail: YearMail
    counted: Counter[str] = field(default_factory=Counter)
    _read: int = 0

    def of_the_day(self) -> bool:
        """What happens on a day, drawn. Whether it was told that a school will be closed."""
        chance, today = self.people.chance, self.people.parts.clock.today()
        if chance.random() < MOVED_A_DAY:
            self._move_a_meeting(today)
        if chance.random() < AWAY_A_DAY:
            self._be_away(today)
        self._answer_lists(today)
        self._complain(today)
        if today != SNOW_TOLD:
            return False
        with self.people.parts.engines.scheduler() as session:
            session.connection().exec_driver_sql(_CLOSE, SNOW)
        self.counted["days of snow"] += 2
        return True

    def _move_a_meeting(self, today: date) -> None:
        """The day of a review's meeting is corrected: a week or two later."""
        with self.people.parts.engines.scheduler() as session:
            rows = session.connection().exec_driver_sql(_PLANNED, (today,)).all()
        if not rows:
            return
        row = self.people.chance.choice(rows)
        _, position, _ = self.people.parts.ledger.position(row.ref)
        meeting_on = position.facts["meeting_on"]
        assert isinstance(meeting_on, date)
        later = self.people.calendars.school_day_from(row.school_id, meeting_on + timedelta(days=self.people.chance.choice((5, 7, 14))))
        senco = Actor(self.people.holder(row.school_id, "senco"), frozenset({row.school_id}), "console")
        try:
            self.people.parts.ledger.correct(
                senco, key=self._key(), case=row.ref, fact="meeting_on", value=later, because="the family asked", on=today
            )
        except (Refused, LedgerError):
            self.counted["meetings not moved"] += 1
        else:
            self.counted["meetings moved"] += 1

    def _be_away(self, today: date) -> None:
        """A SENCO or head is away for some days; the same role of another school stands in."""
        with self.people.parts.engines.scheduler() as session:
            staff = session.connection().exec_driver_sql(_STAFF).all()
        who = self.people.chance.choice(staff)
        others = [one for one in staff if one.role == who.role and one.person_id != who.person_id]
        said = NewAbsence(
            who.person_id, self.people.chance.choice(others).person_id, today, today + timedelta(days=self.people.chance.randrange(3, 15))
        )
        try:
            with self.people.parts.engines.scheduler() as session:
                say_away(session, said, by=who.person_id, today=today, now=self.people.parts.clock.now())
        except CannotBeAway:
            self.counted["absences refused"] += 1
        else:
            self.counted["absences"] += 1

    def _complain(self, today: date) -> None:
        """Some heads approve the formal complaint that is drafted, about what an LA has owed for two weeks or longer."""
        with self.people.parts.engines.scheduler() as session:
            late = session.connection().exec_driver_sql(_LONG_LATE, (today - timedelta(days=14),)).all()
        for row in late:
            if self.people.chance.random() >= COMPLAINED_A_DAY:
                continue
            head = Actor(self.people.holder(row.school_id, "headteacher"), frozenset({row.school_id}), "console")
            try:
                self.people.parts.ledger.complain(head, key=self._key(), case=row.ref, step=row.step, party=row.party, on=today)
            except (Refused, LedgerError):
                self.counted["complaints to an LA refused"] += 1
            else:
                self.counted["complaints to an LA"] += 1

    def _answer_lists(self, today: date) -> None:
        """Some officers open the page of a list that came since yesterday, and answer what they can."""
        came, self._read = self.mail.arrived[self._read :], len(self.mail.arrived)
        for mail in came:
            if mail.list_token and self.people.chance.random() < ANSWERED:
                self._answer_list(mail.list_token, today)

    def _answer_list(self, token: str, today: date) -> None:
        parts = self.people.parts
        links = ListLinks(signing_keys(parts.settings))
        try:
            link = links.read(parts.engines, token, today)
        except LinkRefused:
            self.counted["list pages refused"] += 1
            return
        given = [(line, event) for line in link.lines if line.open and (event := self._answer(line, today)) is not None]
        while given:
            try:
                parts.ledger.answer_together(self._acts(links, link, given))
            except RefusedInList as refusal:
                del given[refusal.place]
                continue
            self.counted["lists answered"] += 1
            self.counted["lines answered"] += len(given)
            return

    def _answer(self, line: ListLine, today: date) -> Event | None:
        draw = self.people.chance.random()
        if draw < 0.3:
            until = today + timedelta(days=self.people.chance.randrange(2, 22))
            return Event("say", today, line.person_id, line.step, line.party, name=WILL_BE_BY, review_on=until)
        if draw < 0.4:
            return Event("say", today, line.person_id, line.step, line.party, name=WAITING_FOR, review_on=today + timedelta(days=14))
        if draw < 0.6:
            word, facts = self.people.decision(line.case, line.step, line.school_id)
            return Event("decide", today, line.person_id, line.step, line.party, word, facts)
        return None

    def _acts(self, links: ListLinks, link: ListLink, given: list[tuple[ListLine, Event]]) -> list[Answer]:
        with self.people.parts.engines.scheduler() as session:
            numbers = [links.link_of(session, line, link.expires_on) for line, _ in given]
        return [
            (Actor(line.person_id, frozenset({line.school_id}), "link", number, line.role), request(self._key(), line.case, event, round=line.round))
            for (line, event), number in zip(given, numbers, strict=True)
        ]

    def _key(self) -> UUID:
        return UUID(int=self.people.chance.getrandbits(128), version=4)
