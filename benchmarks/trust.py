"""A trust on the ledger to be measured: schools with staff of all five roles, pupils, cases that act, and ballast that waits.

Cases that act are opened by the ledger. Ballast is copied by SQL from one case that the ledger opened: its rows are real, only its chains
are not its own, so no measure verifies them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from benchmarks.definition import PARTIES, PROCESS, ROUNDS, library
from benchmarks.server import OURS, superuser
from db.clock import Clock
from db.embedded import EmbeddedPostgres
from db.engine import Engines
from db.ledger import Actor, Ledger, Opening
from db.models import Authority, Membership, Person, Pupil, School, Trust
from rules.values import Facts

FACTS: Facts = {"asked_by": "school"}


@dataclass(frozen=True)
class BenchTrust:
    """One school whose cases act, and who acts there."""

    running: EmbeddedPostgres
    engines: Engines
    ledger: Ledger
    school_id: int
    person_id: int

    @property
    def actor(self) -> Actor:
        """One person in all five roles, signed in at the school."""
        return Actor(self.person_id, frozenset({self.school_id}), "console")

    @property
    def today(self) -> date:
        """The ledger's day."""
        return self.ledger.parts.clock.today()

    def open(self, cases: int) -> list[str]:
        """That many new cases on new pupils; their references."""
        with self.engines.scheduler() as session:
            pupils = [Pupil(school_id=self.school_id, given_name="Pupil", family_name=f"No {n}", born_on=date(2016, 3, 1)) for n in range(cases)]
            session.add_all(pupils)
            session.flush()
            ids = [pupil.id for pupil in pupils]
        openings = [Opening(uuid4(), PROCESS, pupil, FACTS, self.today) for pupil in ids]
        return [receipt.case for receipt in self.ledger.open_cases(self.actor, openings)]

    def decide(self, case: str, step: str, party: str, key: UUID | None = None) -> None:
        """One decision, the whole act."""
        self.ledger.decide(self.actor, key=key or uuid4(), case=case, step=step, party=party, on=self.today)

    def bring_to(self, case: str, decisions: int) -> None:
        """Take the first decisions of a case."""
        for step, party in ROUNDS[:decisions]:
            self.decide(case, step, party)


def make_trust(running: EmbeddedPostgres, engines: Engines, **options: int) -> BenchTrust:
    """A trust with one school; `options` go to the ledger."""
    with engines.scheduler() as session:
        trust, authority = Trust(name="Bench Trust"), Authority(code="999", name="Testshire", sen_email="sen@testshire.example")
        session.add_all([trust, authority])
        session.flush()
        school = School(trust_id=trust.id, authority_id=authority.id, urn="900001", name="Ash School", phase="primary")
        session.add(school)
        session.flush()
        person = Person(kind="staff", given_name="Bench", family_name="Senco", email="senco@school.example", school_ids=[school.id])
        session.add(person)
        session.flush()
        session.add_all(Membership(person_id=person.id, school_id=school.id, role=role) for role in PARTIES if role != "school")
        ids = school.id, person.id
    return BenchTrust(running, engines, Ledger(engines, Clock(), library(), **options), *ids)


def ballast(trust: BenchTrust, cases: int, *, like: str, schools: int = 1, database: str = OURS) -> None:
    """Copies of the case `like`, spread over that many further schools, with one event and all its open steps each."""
    with superuser(trust.running, database) as connection:
        connection.execute(
            "INSERT INTO schools (trust_id, authority_id, urn, name) "
            "SELECT trust_id, authority_id, 'B' || (SELECT count(*) FROM schools) || '-' || g, 'School ' || g "
            "FROM schools, generate_series(1, %s) g WHERE id = %s",
            (schools, trust.school_id),
        )
        connection.execute(_COPY, {"like": like, "cases": cases, "schools": schools})
        connection.execute("SELECT setval('cases_id_seq', (SELECT max(id) FROM cases))")


_COPY = """
WITH model AS (SELECT * FROM cases WHERE ref = %(like)s),
at AS (SELECT id, row_number() OVER (ORDER BY id DESC) - 1 AS place FROM schools ORDER BY id DESC LIMIT %(schools)s),
pupil AS (
  INSERT INTO pupils (school_id, given_name, family_name, born_on)
  SELECT id, 'Pupil', 'Of ' || id, '2016-03-01' FROM at RETURNING id, school_id
),
made AS (
  INSERT INTO cases (id, pupil_id, school_id, definition_id, opened_on, version, opening_key, ref, head, calendar_version, position)
  OVERRIDING SYSTEM VALUE
  SELECT last.id + g, pupil.id, at.id, m.definition_id, m.opened_on, m.version, gen_random_uuid(), 'B-' || (last.id + g), m.head,
         m.calendar_version, m.position
    FROM model m, (SELECT max(id) AS id FROM cases) last, generate_series(1, %(cases)s) g
    JOIN at ON at.place = g %% %(schools)s JOIN pupil ON pupil.school_id = at.id
  RETURNING id, school_id
), told AS (
  INSERT INTO events (case_id, recorded_at, actor_id, seq, school_id, act_key, kind, hash, content)
  SELECT made.id, e.recorded_at, e.actor_id, e.seq, made.school_id, e.act_key, e.kind, e.hash, e.content
    FROM made, events e, model m WHERE e.case_id = m.id AND e.seq = m.version
)
INSERT INTO steps (case_id, no, round, school_id, due_on, next_chase_on, opened_seq, safe_on, target_on, wakes_on, rung,
                   step, party, owner, status, why, chase_on)
SELECT made.id, s.no, s.round, made.school_id, s.due_on, s.next_chase_on, s.opened_seq, s.safe_on, s.target_on, s.wakes_on, s.rung, s.step, s.party,
       s.owner, s.status, s.why, s.chase_on FROM made, steps s, model m WHERE s.case_id = m.id AND s.closed_seq IS NULL
"""
