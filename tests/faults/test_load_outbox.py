"""An outbox that is full while somebody holds an old transaction open: it drains, and its table does not grow without end (`faults.md` L4)."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from urllib.parse import urlsplit

import psycopg
import pytest

from db.engine import Engines
from db.outbox import spread
from tests.databases import TestServer
from tests.db.ledger_story import TODAY, Village, noon, village
from tests.faults.tally import rounds

_SEED = (
    "INSERT INTO outbox (case_id, seq, school_id, messages) "
    "SELECT o.case_id, o.seq, o.school_id, o.messages FROM outbox o, generate_series(1, %s) WHERE o.id = %s"
)
BATCH = 1000


@pytest.fixture
def ash(engines: Engines) -> Village:
    return village(engines, "900104")


def drain(ash: Village) -> int:
    """Spread until the outbox is empty; how many rows there were."""
    rows = 0
    while True:
        with ash.engines.scheduler() as session:
            done = spread(session, noon(TODAY), BATCH)
        rows += done.rows
        if not done.rows:
            return rows


def fill(superuser_url: str, rows: int) -> None:
    """`rows` more of the outbox's first row: an opening, which wants a wake and owes no message."""
    with psycopg.connect(superuser_url) as connection:
        first = connection.execute("SELECT min(id) FROM outbox").fetchone()
        assert first is not None
        connection.execute(_SEED, (rows, first[0]))


def vacuum(superuser_url: str) -> None:
    """What autovacuum does, at once, so that no test waits for it."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("VACUUM outbox")


def size_of(superuser_url: str) -> int:
    """Bytes of the outbox with its indexes."""
    with psycopg.connect(superuser_url) as connection:
        found = connection.execute("SELECT pg_total_relation_size('outbox')").fetchone()
    assert found is not None
    return int(found[0])


def test_l4_a_full_outbox_drains_beside_an_old_transaction(ash: Village, postgres: TestServer, database_url: str, tally: Callable[..., None]) -> None:
    """Nothing removed can be cleaned away while the old transaction lives; once it ends, the next fill takes the room of the first."""
    below = postgres.server.superuser_url(urlsplit(database_url).path.strip("/"))
    case, rows = ash.open().case, rounds(4_000, 100_000)
    with psycopg.connect(below) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        before = old.execute("SELECT count(*) FROM outbox").fetchone()
        fill(below, rows)
        deliveries, began = len(ash.rows("SELECT 1 FROM deliveries")), monotonic()
        drained = drain(ash)
        seconds = monotonic() - began
        assert before == (1,) and old.execute("SELECT count(*) FROM outbox").fetchone() == before, "the old transaction no longer sees its moment"
    full = size_of(below)
    wake = ash.rows("SELECT wanted, served FROM wakes w JOIN cases c ON c.id = w.case_id WHERE ref = %s", case)[0]
    lost = rows + 1 - wake.wanted
    told = ash.rows("SELECT count(*), count(DISTINCT once_key) FROM deliveries")[0]
    vacuum(below)
    ash.open()
    fill(below, rows)
    again = drain(ash)
    grown = size_of(below) / full
    assert (drained, again, lost, deliveries, told[0]) == (rows + 1, rows + 1, 0, 0, told[1])
    # Room not used again would make 2; the maps of free room and the index's own empty pages, which it keeps for later, take some.
    assert grown < 1.5, f"the outbox took {grown:.2f} times the room at its second filling"
    tally(
        "L4",
        acts=drained + again,
        lost=lost,
        doubled=told[0] - told[1],
        note=f"{drained:,} rows in {seconds:.1f} s, second filling {grown:.2f} of the room",
    )
