"""Acceptance 5: worker, Prefect server and PostgreSQL each killed in mid-transition while people decide, Prefect's database dropped. After a
restart and one reconcile the oracle Z holds (faults C2, C3, C5, C8, C9, P6): nothing lost, nothing doubled, one live run for each open case.

One installation lives through all of it, one disaster after another.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.clients_at_work import Client
from tests.faults.conftest import Tally
from tests.faults.killable import Killable, killable
from tests.faults.ten_minutes import load
from tests.flows.office import until

pytestmark = pytest.mark.slow


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


def test_c2_the_prefect_server_is_killed_and_people_decide_on(place: Killable, tally: Tally) -> None:
    with place.under_load() as clients:
        place.in_mid_transition()
        place.kill(place.server.files.pid())
        until(lambda: not place.server.connection.is_healthy(), "Prefect is gone")
        place.decisions_go_on(clients)
        assert not place.server.connection.is_healthy(), "these decisions were made without Prefect"
        assert not any(client.sent_again for client in clients), "nobody noticed"
        place.start_again()
    place.assert_z_after_one_reconcile(clients)
    tally("C2", acts=acts(clients), kills=1, note="oracle Z under load")


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
    tally("C3", acts=killed_with_postgresql(place), kills=1, note="oracle Z under load")


def test_c5_everything_is_killed_at_once(place: Killable, tally: Tally) -> None:
    acknowledged = killed_with_postgresql(place, place.worker.pid, place.server.files.pid())
    tally("C5", acts=acknowledged, kills=3, note="oracle Z under load")


def test_p6_prefects_database_is_dropped_and_made_anew(place: Killable, tally: Tally) -> None:
    with place.under_load() as clients:
        place.in_mid_transition()
        place.make_prefects_database_anew()
        place.decisions_go_on(clients)
        place.kill(place.server.files.pid())
        place.start_again()
        place.decisions_go_on(clients)
    place.assert_z_after_one_reconcile(clients)
    tally("P6", acts=acts(clients), kills=1, note="oracle Z under load")


def test_parts_killed_in_turn_under_load_lose_and_double_nothing(place: Killable) -> None:
    """`make ten-minutes` in small: one kill of each part, and nothing waited for between them."""
    figures = load(place, 8, every=2, callers=2, readers=2, pause=0.3)
    assert figures.z.faults() == []
    assert sum(figures.killed.values()) == 4 and figures.died_by_itself == 0
    assert {one.by for one in figures.noted} == {"API", "page"} and figures.mails.at_the_sink
