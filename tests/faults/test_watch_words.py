"""What the watch finds wrong, judged without any server but the ledger's, and when scheduled work was last to run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from db.engine import Engines
from db.heartbeats import Beat, move_beats
from db.one_at_a_time import at_work, number_of, only_one
from db.watching import Incident, Queue, Seen, incidents, look
from flows.due import last_due
from flows.known import KnownFlow
from notifications.channels import AlarmUrlError, tell
from tasks.watch import Memory

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NOTHING = Queue(0, None)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def seen(**differs: object) -> Seen:
    """All is well, but for what differs."""
    well: dict[str, object] = {"now": NOW, "clock": NOW, "made_at": ago(days=100), "beats": (Beat("wakes", ago(seconds=20), 30, 0, ""),)}
    return Seen(**(well | {"wanted": NOTHING, "recorded": NOTHING, "owed": NOTHING, "refused": NOTHING, "parked": ()} | differs))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("differs", "kind"),
    [
        ({"wanted": Queue(1, ago(minutes=2))}, None),
        ({"wanted": Queue(3, ago(minutes=4))}, "wakes"),
        ({"recorded": Queue(1, ago(minutes=2))}, None),
        ({"recorded": Queue(1, ago(minutes=4))}, "outbox"),
        ({"owed": Queue(0, ago(minutes=9))}, None),
        ({"owed": Queue(2, ago(minutes=11))}, "sending"),
        ({"refused": Queue(5, ago(minutes=9))}, None),
        ({"refused": Queue(5, ago(minutes=11))}, "mail"),
        ({"beats": ()}, "worker"),
        ({"beats": (Beat("wakes", ago(minutes=4), 30, 0, ""),)}, "worker"),
        ({"beats": (), "made_at": ago(minutes=1)}, None),
        ({"parked": ("AR-000007",)}, "parked AR-000007"),
        ({"beats": (Beat("wakes", NOW, 30, 0, ""), Beat("reconcile", NOW, 600, 0, "MoreThanAHandful"))}, "failed reconcile"),
        ({"beats": (Beat("wakes", NOW, 30, 0, ""), Beat("backup", ago(hours=29), 86_400, 9, ""))}, None),
        ({"beats": (Beat("wakes", NOW, 30, 0, ""), Beat("backup", ago(hours=31), 86_400, 9, ""))}, "late backup"),
        ({"beats": (Beat("wakes", NOW, 30, 0, ""), Beat("drill", ago(days=36), 35 * 86_400, 0, ""))}, "late drill"),
    ],
)
def test_each_fault_is_named_by_its_kind(differs: dict[str, object], kind: str | None) -> None:
    assert [one.kind for one in incidents(seen(**differs), {})] == ([kind] if kind else [])


def test_a_schedule_that_is_at_work_is_late_after_an_hour_and_not_while_it_sends() -> None:
    silent = (Beat("wakes", NOW, 30, 0, ""), Beat("send_lists", ago(days=1), 86400, 0, ""))
    at_it = seen(beats=silent, at_work=frozenset({number_of("send_lists")}))
    assert incidents(at_it, {"send_lists": ago(minutes=59)}) == []
    assert [one.kind for one in incidents(at_it, {"send_lists": ago(minutes=61)})] == ["schedule send_lists"], "it hangs"
    other = seen(beats=silent, at_work=frozenset({number_of("chase_deadlines")}))
    assert [one.kind for one in incidents(other, {"send_lists": ago(minutes=4)})] == ["schedule send_lists"]


def test_a_memory_that_a_power_cut_emptied_silences_no_alarm(tmp_path: Path) -> None:
    (tmp_path / "watch.json").write_text("", encoding="utf-8")
    memory, wrong = Memory(tmp_path / "watch.json"), [Incident("worker", "No worker.")]
    assert memory.new(wrong, NOW) == wrong
    memory.keep(wrong, (), NOW)
    assert memory.new(wrong, NOW) == [] and [one.name for one in tmp_path.iterdir()] == ["watch.json"]


def test_who_is_at_work_is_asked_of_the_database(engines: Engines) -> None:
    with only_one(engines, "send_lists") as ours, engines.scheduler() as session:
        assert ours and number_of("send_lists") in at_work(session)
    with engines.scheduler() as session:
        assert number_of("send_lists") not in at_work(session)


def test_a_schedule_that_was_not_kept_is_told_with_when_it_was_last_heard() -> None:
    due = {"chase_deadlines": ago(minutes=4)}
    late = seen(beats=(Beat("wakes", NOW, 30, 0, ""), Beat("chase_deadlines", ago(days=1), 86400, 0, "")))
    [told] = incidents(late, due)
    assert told.words.startswith("chase_deadlines was to run at 11:56 UTC and has not come to its end; last heard: 23 November at 12:00 UTC.")
    assert incidents(late, {"chase_deadlines": ago(minutes=1)}) == []
    assert incidents(seen(beats=(Beat("wakes", NOW, 30, 0, ""), Beat("chase_deadlines", ago(minutes=3), 86400, 0, ""))), due) == []
    assert "last heard: never" in incidents(seen(), due)[0].words
    assert incidents(seen(made_at=ago(minutes=1)), due) == [], "a ledger made since then owes nothing yet"


@pytest.mark.parametrize(
    ("cron", "now", "last"),
    [
        ("0 6 * * *", "2026-07-01T04:59:00+00:00", "2026-06-30T05:00:00+00:00"),
        ("0 6 * * *", "2026-07-01T05:00:00+00:00", "2026-07-01T05:00:00+00:00"),
        ("0 6 * * *", "2026-10-25T05:59:00+00:00", "2026-10-24T05:00:00+00:00"),
        ("0 6 * * *", "2026-10-25T06:01:00+00:00", "2026-10-25T06:00:00+00:00"),
        ("*/5 * * * *", "2026-10-25T01:07:09+00:00", "2026-10-25T01:05:00+00:00"),
    ],
)
def test_when_a_schedule_was_last_due_in_summer_and_winter(cron: str, now: str, last: str) -> None:
    flow = KnownFlow("one", cron, "Europe/London")
    assert last_due(datetime.fromisoformat(now), [flow]) == {"one": datetime.fromisoformat(last)}


def test_every_schedule_of_ours_can_be_watched_and_another_shape_is_refused() -> None:
    assert all(NOW - timedelta(days=1) < due <= NOW for due in last_due(NOW).values())
    with pytest.raises(ValueError, match="neither daily nor each so many minutes"):
        last_due(NOW, [KnownFlow("one", "0 6 * * MON")])


def test_one_incident_is_told_once_and_again_when_it_comes_back(tmp_path: Path) -> None:
    memory, one, two = Memory(tmp_path / "watch.json"), Incident("wakes", "3 cases"), Incident("worker", "silent")
    assert memory.new([one], NOW) == [one]
    memory.keep([one], (), NOW)
    assert memory.new([Incident("wakes", "5 cases"), two], NOW) == [two]
    memory.keep([one, two], [two], NOW)
    assert memory.new([one, two], NOW) == [two], "what could not be told is still new"
    memory.keep([], (), NOW + timedelta(minutes=5))
    assert memory.new([one], NOW + timedelta(minutes=6)) == []
    assert memory.new([one], NOW + timedelta(minutes=11)) == [one]


def test_that_an_incident_is_over_is_told_once_and_only_of_what_was_told(tmp_path: Path) -> None:
    memory, one, two = Memory(tmp_path / "watch.json"), Incident("wakes", "3 cases"), Incident("worker", "silent")
    memory.keep([one, two], [two], NOW)
    assert memory.over([], NOW + timedelta(minutes=9)) == {}, "it may come back"
    later = NOW + timedelta(minutes=10)
    assert memory.over([one], later) == {}, "it lasts"
    assert memory.over([], later) == {"wakes": NOW}
    memory.keep([], (), later, over={"wakes": NOW})
    assert memory.over([], later) == {"wakes": NOW}, "what could not be told is still to be told"
    memory.keep([], (), later)
    assert memory.over([], later) == {}


def test_an_alarm_address_that_no_service_knows_is_refused_in_words_and_not_quoted() -> None:
    with pytest.raises(AlarmUrlError, match="no address that Apprise knows") as error:
        tell("carrierpigeon://secret@loft", "x", "y")
    assert "secret" not in str(error.value)


def test_a_demo_whose_clock_was_moved_misses_nothing_that_has_never_run(engines: Engines) -> None:
    with engines.scheduler() as session:
        made_at = session.scalar(text("SELECT made_at FROM instance_identity"))
        move_beats(session, timedelta(days=30))
        there = made_at + timedelta(days=30, minutes=1)
        assert not [one for one in incidents(look(session, there), last_due(there)) if one.kind.startswith("schedule")]
        session.rollback()
