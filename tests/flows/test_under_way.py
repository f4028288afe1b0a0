"""What one process serves at once, which cases rest after a failure, and which have hung (fault C10)."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from flows.under_way import FIRST_REST, LONGEST_REST, UnderWay


class Time:
    """Seconds that a test lets pass."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_takes_no_more_than_its_room_and_no_case_twice() -> None:
    under_way = UnderWay(room=2)
    under_way.begin("AR-000001", Future())
    assert not under_way.takes("AR-000001") and under_way.takes("AR-000002")
    under_way.begin("AR-000002", Future())
    assert not under_way.takes("AR-000003")


def test_what_has_ended_gives_its_result_or_error_and_makes_room() -> None:
    under_way, done, failed, dropped = UnderWay(room=3), Future[Any](), Future[Any](), Future[Any]()
    for case, future in (("AR-000001", done), ("AR-000002", failed), ("AR-000003", dropped)):
        under_way.begin(case, future)
    done.set_result("state")
    error = ConnectionError()
    failed.set_exception(error)
    dropped.cancel()
    assert dict(under_way.ended()) == {"AR-000001": "state", "AR-000002": error, "AR-000003": None}
    assert under_way.takes("AR-000001") and under_way.wait(0) == []


def test_a_failing_case_rests_longer_each_time_up_to_a_limit_and_others_go_on() -> None:
    time = Time()
    under_way = UnderWay(room=5, clock=time)
    rests = []
    for _ in range(12):
        under_way.rest("AR-000001")
        assert not under_way.takes("AR-000001") and under_way.takes("AR-000002")
        began = time.now
        while not under_way.takes("AR-000001"):
            time.now += 0.5
        rests.append(time.now - began)
    assert rests[:4] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST, 8 * FIRST_REST]
    assert rests[-1] == LONGEST_REST
    under_way.served("AR-000001")
    under_way.rest("AR-000001")
    time.now += FIRST_REST
    assert under_way.takes("AR-000001")


def test_c10_a_case_that_hangs_is_named_and_given_up() -> None:
    time = Time()
    under_way = UnderWay(room=1, clock=time)
    under_way.begin("AR-000001", Future())
    time.now += 181
    assert under_way.longer_than(180) == ["AR-000001"]
    under_way.give_up()
    assert under_way.takes("AR-000002")
