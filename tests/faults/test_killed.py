"""Acceptance 5: worker, Prefect server and PostgreSQL each killed in mid-transition while people decide, Prefect's database dropped. After a
restart and one reconcile the oracle Z holds (faults C2, C3, C5, C8, C9, P6): nothing lost, nothing doubled, one live run for each open case.

One installation lives through all of it, one disaster after another.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import IntervalSchedule

from flows.deployments import deployment_ids, register
from flows.known import SCHEDULED_FLOWS
from tests.faults.clients_at_work import Client
from tests.faults.conftest import Tally
from tests.faults.killable import LONGEST_PAUSE, Killable, killable
from tests.faults.tally import rounds
from tests.faults.ten_minutes import load
from tests.flows.office import until

pytestmark = pytest.mark.slow
PAUSED = "The automation is paused."
NOT_CONFIRMED = "It is not confirmed that your last step was saved. Send it again in a minute"
AGAIN = "This had been recorded before. It was not recorded again."
MEETING = {
    "on-day": "20",
    "on-month": "9",
    "on-year": "2026",
    "fact.meeting_on-day": "5",
    "fact.meeting_on-month": "11",
    "fact.meeting_on-year": "2026",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killable]:
    with killable(tmp_path_factory.mktemp("killable")) as running:
        yield running


def acts(clients: list[Client]) -> int:
    return sum(len(client.acknowledged) for client in clients)


def test_c9_the_worker_is_killed(place: Killable, tally: Tally) -> None:
    with place.under_load() as clients:
        place.in_mid_transition()
        place.kill(place.worker.pid)
        until(lambda: not place.worker.is_alive(), "the worker is dead")
        place.decisions_go_on(clients)
        place.start_again()
        place.decisions_go_on(clients)
    place.assert_z_after_one_reconcile(clients)
    tally("C9", acts=acts(clients), kills=1, note="oracle Z under load")


def test_p6_prefects_database_is_dropped_and_made_anew(place: Killable, tally: Tally) -> None:
    """Early, while few cases are open: each has its run opened and woken anew."""
    with place.under_load() as clients:
        place.in_mid_transition()
        place.make_prefects_database_anew()
        place.decisions_go_on(clients)
        place.kill(place.server.files.pid())
        place.start_again()
        place.decisions_go_on(clients)
    place.assert_z_after_one_reconcile(clients)
    tally("P6", acts=acts(clients), kills=1, note="oracle Z under load")


def test_c2_the_prefect_server_is_killed_and_people_decide_on(place: Killable, tally: Tally) -> None:
    with place.under_load(callers=rounds(2, 5), readers=rounds(1, 3), pause=1) as clients, place.browser() as browser:
        place.in_mid_transition()
        place.kill(place.server.files.pid())
        place.decisions_go_on(clients)
        place.minutes_pass(6)
        assert PAUSED in browser.client.get("/").text
        place.decisions_go_on(clients)
        assert not place.server.connection.is_healthy(), "these decisions were made without Prefect"
        assert PAUSED in browser.client.get("/").text, "the worker does not say that all is well"
        assert not any(client.sent_again for client in clients), "nobody else noticed"
        place.start_again()
        until(lambda: PAUSED not in browser.client.get("/").text, "the automation says that it is back", seconds=90)
    place.assert_z_after_one_reconcile(clients)
    tally("C2", acts=acts(clients), kills=1, note=f"{len(clients)} people decide on, pages say that the automation is paused; oracle Z")


def killed_with_postgresql(place: Killable, *others: int) -> int:
    """Kill PostgreSQL under load, and these processes with it; the oracle's look, and how many acts were acknowledged."""
    with place.under_load() as clients:
        place.in_mid_transition()
        place.kill(*place.postgresql, *others)
        until(lambda: all(client.sent_again for client in clients), "everybody is told that nothing is confirmed")
        place.start_again()
        place.decisions_go_on(clients)
    place.assert_z_after_one_reconcile(clients)
    return acts(clients)


def test_c3_postgresql_is_killed_and_what_was_not_confirmed_is_sent_again(place: Killable, tally: Tally) -> None:
    """A form is on its way at each kill, a little before it or after; the page says so, and what is sent again is recorded once."""
    kills, chance, keys, told = rounds(1, 20), random.Random(20), list[UUID](), list[str]()
    with place.under_load(readers=2) as clients, place.browser() as browser, ThreadPoolExecutor(1) as thread:
        for turn in range(kills):
            case = place.office.open()
            path = f"/cases/{case}/decide/agree_meeting_date"
            form = browser.form(path) | MEETING
            before = [client.sent_again for client in clients]
            sent = thread.submit(place.send_until_recorded, browser, path, form) if turn % 2 else None
            time.sleep(chance.uniform(0, 0.06) if sent else 0)
            place.kill(*place.postgresql)
            sent = sent or thread.submit(place.send_until_recorded, browser, path, form)
            until(lambda before=before: all(c.sent_again > b for c, b in zip(clients, before, strict=True)), "everybody is told to try again")
            place.postgres.start()
            told += sent.result(60)
            keys.append(UUID(form["key"]))
            assert AGAIN in browser.send(path, form).words, "a third sending is answered with the first receipt"
            place.decisions_go_on(clients)
    assert told and all(NOT_CONFIRMED in words for words in told)
    found = place.z_after_one_reconcile([*keys, *(key for client in clients for key in client.acknowledged)])
    assert found.faults() == []
    tally("C3", acts=len(keys) + acts(clients), kills=kills, note=f"{len(told)} times a page said “not confirmed, send again”; oracle Z")


def test_c5_everything_is_killed_at_once(place: Killable, tally: Tally) -> None:
    acknowledged = killed_with_postgresql(place, place.worker.pid, place.server.files.pid())
    tally("C5", acts=acknowledged, kills=3, note="oracle Z under load")


def test_p11_postgresql_is_restarted_under_prefect_and_schedules_go_on(place: Killable, tally: Tally) -> None:
    """Shut down and started again, or killed: Prefect's server finds its database again by itself, and the worker runs what is scheduled."""
    client, restarts = place.office.client, rounds(1, 6)
    heartbeat = deployment_ids(client, SCHEDULED_FLOWS)["heartbeat"]
    every_two_seconds = DeploymentScheduleCreate(schedule=IntervalSchedule(interval=timedelta(seconds=2)), active=True)
    server = place.server.files.pid()
    try:
        client.create_deployment_schedules(heartbeat, [every_two_seconds])
        for turn in range(restarts):
            if turn % 2:
                place.kill(*place.postgresql)
            else:
                place.postgres.stop()
            place.postgres.start()
            place.minutes_pass(60)
            until(lambda: place.beat_is_fresh("heartbeat"), "the heartbeat's schedule goes on", seconds=120)
    finally:
        register(client)
    assert place.server.files.pid() == server, "nobody started Prefect's server anew"
    tally("P11", acts=restarts, kills=restarts, note="PostgreSQL itself stopped or killed and started again; schedules go on by themselves")


def test_parts_killed_in_turn_under_load_lose_and_double_nothing(place: Killable) -> None:
    """`make ten-minutes` in small: one kill of each part, and nothing waited for between them."""
    figures = load(place, 8, every=2, callers=2, readers=2, pause=0.3, longest=LONGEST_PAUSE)
    assert figures.z.faults() == []
    assert sum(figures.killed.values()) == 4 and figures.died_by_itself == 0
    assert {one.by for one in figures.noted} == {"API", "page"} and figures.mails.at_the_sink
