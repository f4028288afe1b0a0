"""All connections taken: the ledger says so in seconds, and the console answers 503 in words, and nothing is recorded twice or half (D3)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolEmpty

from cli.refused import refusal_lines
from db.engine import Engines
from db.roles import APP
from tests.faults.conftest import Tally
from tests.faults.tally import rounds
from tests.web.site import Site, form_of, serve
from web.places import PLACE_SECONDS, POOL_SECONDS, NoPlace, Places

POOL, CROWD = rounds(3, 10), rounds(60, 200)
SLACK = 15.0  # seconds for two shared cores to make and read all the answers, beyond the two waits


@pytest.fixture(scope="module")
def narrow(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The console as `web.serve` makes it, with a small pool."""
    engines = Engines(database_url, POOL, POOL_SECONDS)
    with serve(engines, tmp_path_factory.mktemp("narrow")) as site:
        yield site
    engines.dispose()


def hold_all(engines: Engines) -> ExitStack:
    """Take every connection that the console may use."""
    held = ExitStack()
    for _ in range(POOL):
        held.enter_context(engines.app([])).execute(text("SELECT 1"))
        held.enter_context(engines.scheduler()).execute(text("SELECT 1"))
        held.enter_context(engines.act_connection(APP))
    return held


def test_d3_an_empty_pool_says_so_within_seconds(database_url: str) -> None:
    one = Engines(database_url, pool_size=1)
    with one.scheduler() as session:
        session.execute(text("SELECT 1"))
        began = time.monotonic()
        with pytest.raises(PoolEmpty) as empty, one.scheduler() as second:
            second.execute(text("SELECT 1"))
        assert time.monotonic() - began < 15
        said = refusal_lines(empty.value) or []
        assert said and said[0].startswith("every connection to the database is taken"), "a command says it in words"
    with one.scheduler() as session:
        assert session.scalar(text("SELECT current_user")) == "sendflow_scheduler"
    one.dispose()


def timed(client: httpx.Client) -> tuple[httpx.Response, float]:
    """My actions, and how long it took in seconds."""
    began = time.monotonic()
    return client.get("/"), time.monotonic() - began


def test_d3_a_crowd_on_an_empty_pool_is_answered_in_words_and_health_names_it(narrow: Site, tally: Tally) -> None:
    client = narrow.client()
    case = narrow.review()
    path = f"/cases/{case}/decide/agree_meeting_date"
    form = form_of(client, path)
    crowd_of = httpx.Client(base_url=narrow.url, cookies=client.cookies, timeout=60, limits=httpx.Limits(max_connections=None))
    narrow.clients.append(crowd_of)
    with hold_all(narrow.engines):
        sent, waited = client.post(path, data=form), client.get("/health")
        with ThreadPoolExecutor(CROWD) as crowd:
            answers = list(crowd.map(timed, [crowd_of] * CROWD))
        after = client.get("/health")
    assert sent.status_code == 503 and "It is not confirmed that your last step was saved. Send it again in a minute" in sent.text
    assert waited.status_code == after.status_code == 503
    assert "No connection to the database is free for acts of app, app, scheduler: something holds them all." in waited.text
    assert {answer.status_code for answer, _ in answers} == {503}
    assert all("Open the page again in a minute" in answer.text for answer, _ in answers)
    slowest = max(seconds for _, seconds in answers)
    assert slowest < PLACE_SECONDS + POOL_SECONDS + SLACK, f"the slowest answer took {slowest:.1f} s"
    assert client.get("/").status_code == 200 and narrow.acts(case) == 1, "it heals by itself, and what was not confirmed was not saved"
    assert client.get("/health").text.startswith("Sendflow's console: well.")
    tally("D3", acts=CROWD + 1, kills=1, note=f"pool of {POOL} all taken, {CROWD} requests at once; slowest 503 after {slowest:.1f} s")


def test_d3_a_crowd_on_a_free_pool_is_served(narrow: Site) -> None:
    client = narrow.client()
    with ThreadPoolExecutor(POOL * 3) as crowd:
        assert {answer.status_code for answer, _ in crowd.map(timed, [client] * POOL * 3)} == {200}


def test_d3_whoever_waits_may_wait_on_while_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue moves once, within the patience: who waits is sent away later than they would have been, and not before."""
    monkeypatch.setattr("web.places.PLACE_SECONDS", 1.0)

    async def sent_away_after(moves: bool) -> float:
        places = Places(1)
        async with places.one():
            waiting = asyncio.ensure_future(places.one().__aenter__())
            while not places.waiting:
                await asyncio.sleep(0)
            began = time.monotonic()
            if moves:
                while time.monotonic() < began + 0.1:
                    await asyncio.sleep(0)
                places.served()
                began += 0.1
            with pytest.raises(NoPlace):
                await waiting
            assert (places.waiting, places.refused) == (0, 1)
        return time.monotonic() - began

    assert asyncio.run(sent_away_after(moves=False)) >= 0.99
    assert asyncio.run(sent_away_after(moves=True)) >= 0.99
