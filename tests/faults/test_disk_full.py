"""The disk of the database is full: acts are refused in words, reading goes on, and it heals by itself (`faults.md` D1)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from string import ascii_letters
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest

from db.acts.retry import NoRoom
from db.embedded import EmbeddedPostgres
from db.engine import Engines
from db.ledger import Act, Receipt
from db.migrate import migrate
from db.queries.inbox import inbox
from rules.history import Event
from rules.values import Facts
from tests.acceptance.oracle import assert_z
from tests.faults.conftest import Tally
from tests.faults.small_disk import SmallDisk, small_disk
from tests.faults.tally import rounds
from tests.flows.office import Office, office, until

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

    from flows.server import PrefectServer

pytestmark = pytest.mark.slow
MEGABYTES = 260
JOURNAL_FILES = 6  # more than are made ahead
WORDS = "".join(random.Random(1).choices(ascii_letters, k=6_000))  # that cannot be packed
STARTED = "SELECT pg_postmaster_start_time()"
Send = Callable[..., Receipt]


@dataclass
class Place:
    """An office whose database lies on a small disk."""

    office: Office
    postgres: EmbeddedPostgres
    disk: SmallDisk
    confirmed: list[UUID] = field(default_factory=list)

    def send(self, key: UUID, act: Send) -> bool:
        """Send it with that key. False: refused for want of room, in words."""
        try:
            act(key=key)
        except NoRoom as refusal:
            assert "disk of the database is full" in refusal.message and "Nothing has been saved" in refusal.message
            return False
        self.confirmed.append(key)
        return True

    def above(self, *statements: str) -> Any:
        """Run these as the superuser; the first value of the last one."""
        with psycopg.connect(self.postgres.superuser_url(), autocommit=True) as connection:
            for statement in statements:
                found = connection.execute(statement)
            return found.fetchone()[0]  # type: ignore[index]


@pytest.fixture(scope="module")
def place(prefect_server: PrefectServer, client: SyncPrefectClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with small_disk(MEGABYTES) as disk:
        postgres = EmbeddedPostgres(disk.folder)
        assert postgres.base.is_relative_to(disk.folder), "its data lies on the small disk"
        url = postgres.start()
        try:
            migrate(url, demo=True)
            engines = Engines(url)
            with office(engines, prefect_server, client, tmp_path_factory.mktemp("office")) as opened:
                yield Place(opened, postgres, disk)
            engines.dispose()
        finally:
            postgres.stop()


def acts(place: Place, cases: list[str]) -> Iterator[Send]:
    """One act after another, of every kind, on cases that wait for the SENCO; each with words that take room."""
    at, day = place.office, place.office.day
    ledger, senco, on = at.ledger, at.village.senco, day("2026-09-20")
    pupils = [at.village.pupil(given=f"Ben{uuid4().hex[:6]}") for _ in cases]
    facts: Facts = {"asked_by": "school", "year_group": 5, "rights_held_by": "parent"}
    for case, pupil in zip(cases, pupils, strict=True):
        yield partial(ledger.open_case, senco, process="ehc_needs_assessment", pupil_id=pupil, facts=facts, on=on)
        agreed: Facts = {"meeting_on": day("2026-11-05")}
        yield partial(ledger.decide, senco, case=case, step="agree_meeting_date", facts=agreed, private={"comment": WORDS}, on=on)
        yield partial(in_a_batch, at, case=case, event=Event("correct", on, facts={"year_group": 6}))
        yield partial(ledger.correct, senco, case=case, fact="year_group", value=7, because=WORDS, on=on)


def in_a_batch(at: Office, *, key: UUID, case: str, event: Event) -> Receipt:
    """The act as the only one of many."""
    return at.ledger.apply_many(at.village.senco, [Act(key, case, event, private={"comment": WORDS})])[0]


def test_d1_a_full_disk_refuses_acts_in_words_and_heals_by_itself(place: Place, tally: Tally) -> None:
    at, turns, refused, kept, files = place.office, rounds(1, 10), 0, 0, 0
    for _ in range(turns):
        with at.loop():
            cases = [at.open_and_served() for _ in range(rounds(3, 6))]
            sent = list(acts(place, cases))
            started, before = place.above(STARTED), len(place.confirmed)
            place.disk.fill()
            waiting = refuse(place, sent)
            files += look_while_full(place, cases)
            place.disk.make_room()
            assert all(place.send(key, act) for key, act in waiting), "the same acts with the same keys, as soon as there is room"
            assert place.above(STARTED) == started, "nobody restarted anything"
            until(lambda: not at.village.rows("SELECT 1 FROM wakes WHERE wanted <> served UNION ALL SELECT 1 FROM outbox"), "all is served")
        assert_z(at, acknowledged=place.confirmed)
        refused, kept = refused + len(waiting), kept + len(place.confirmed) - before
    note = f"{refused} acts refused in words, all done later with the same key; {files} journal files and their checkpoints while full, no restart"
    tally("D1", acts=kept, kills=turns, note=f"{note}; oracle Z")


def refuse(place: Place, sent: list[Send]) -> list[tuple[UUID, Send]]:
    """Send all; those that were refused. Nothing of a refused one is in the ledger."""
    keyed = [(uuid4(), act) for act in sent]
    waiting = [(key, act) for key, act in keyed if not place.send(key, act)]
    assert len(waiting) > len(sent) / 2, "there is no room"
    found = place.office.village.rows("SELECT 1 FROM events WHERE act_key = ANY(%s)", [key for key, _ in waiting])
    assert found == []
    return waiting


def look_while_full(place: Place, cases: list[str]) -> int:
    """Reading goes on, whatever the server has to do meanwhile: checkpoints, new journal files. How many of these it did."""
    at, done = place.office, 0
    while done < JOURNAL_FILES and checkpointed(place):
        place.above("SELECT pg_logical_emit_message(false, 'test', 'x')", "SELECT pg_switch_wal()")
        done += 1
    with at.parts.engines.app([at.village.school_id]) as session:
        assert inbox(session, at.village.senco.person_id or 0, at.village.clock.today())
    assert at.ledger.verify() == [] and all(at.open_steps(case) for case in cases)
    return done


def checkpointed(place: Place) -> bool:
    """False: it waits for room (each 2,048 transactions need a new page for their states). The files of the journal made ahead serve until then."""
    try:
        place.above("CHECKPOINT", "SELECT 1")
    except psycopg.errors.InternalError_:
        return False
    return True
