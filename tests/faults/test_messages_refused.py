"""The mail server refuses, is busy, or is away for a week: told apart by what it says, nothing lost, nothing doubled (`faults.md` N3, N9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.clock import Clock
from db.deliveries import BACK_OFF_MINUTES
from db.engine import Engines
from db.queries.messages import failed_messages
from db.settings import Settings
from db.watching import incidents, look
from notifications.dispatch import DeliveryCounts, deliver
from tests.db.ledger_story import Village, village
from tests.faults.conftest import Tally
from tests.faults.messages_at_hand import OWED, mailed, make_due, owe_invitations
from tests.faults.scripted_mail import refuses_everybody, scripted_mail
from tests.faults.tally import rounds

REFUSALS = (
    ("at_sender", "451 wait", "try_later"),
    ("at_reader", "450 greylisted", "try_later"),
    ("at_data", "452 no room", "try_later"),
    ("at_sender", "550 not you", "mail_refused"),
    ("at_data", "554 no such thing", "mail_refused"),
)


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines, "900303")


def states(ash: Village, case: str) -> set[tuple[str, str, bool]]:
    return {(one.state, one.error_code, one.may_be_twice) for one in mailed(ash, case)}


def test_n3_a_refusal_is_surely_not_sent_and_tried_again(ash: Village, tmp_path: Path, tally: Tally) -> None:
    case = owe_invitations(ash)
    with scripted_mail() as server:
        settings = Settings(data_folder=tmp_path, mail_url=server.url)
        for point, answer, code in REFUSALS:
            setattr(server, point, answer)
            assert deliver(ash.engines, ash.clock, settings, case) == DeliveryCounts(failed=OWED)
            assert states(ash, case) == {("owed", code, False)} and not server.took, answer
            setattr(server, point, "")
            make_due(ash, case)
        assert deliver(ash.engines, ash.clock, settings, case) == DeliveryCounts(accepted=OWED)
        assert len(set(server.took)) == len(server.took) == OWED
    tally(
        "N3",
        acts=OWED * (len(REFUSALS) + 1),
        kills=len(REFUSALS),
        note="451, 450, 452, 550, 554, 421, a bad login: told apart by the server's number",
    )


def test_n3_an_address_that_is_refused_stands_before_the_senco_at_once(ash: Village, tmp_path: Path, tally: Tally) -> None:
    case = owe_invitations(ash)
    with scripted_mail() as server:
        server.at_reader = "550 no such mailbox"
        assert deliver(ash.engines, ash.clock, Settings(data_folder=tmp_path, mail_url=server.url), case) == DeliveryCounts(failed=OWED)
    assert states(ash, case) == {("failed", "address_refused", False)}
    with ash.engines.app([ash.school_id]) as session:
        told = [one for one in failed_messages(session) if one.case == case and one.error_code == "address_refused"]
    assert len(told) == OWED and all("correct it" in one.where for one in told)
    tally("N3", acts=OWED, kills=1, lost=OWED - len(told))


def test_n3_a_login_that_fails_is_one_incident_and_costs_no_message_its_tries(ash: Village, tmp_path: Path, tally: Tally) -> None:
    case = owe_invitations(ash)
    with scripted_mail(auth_required=True, auth_require_tls=False, authenticator=refuses_everybody) as server:
        settings = Settings(data_folder=tmp_path, mail_url=server.url.replace("smtp://", "smtp://trust:wrong@"))
        for _ in range(len(BACK_OFF_MINUTES) + 2):
            assert deliver(ash.engines, ash.clock, settings, case).accepted == 0
            make_due(ash, case)
        assert server.asked == 0
    assert states(ash, case) == {("owed", "login_refused", False)}
    assert kinds(ash, case).count("mail") == 1
    with scripted_mail() as server:
        assert deliver(ash.engines, ash.clock, Settings(data_folder=tmp_path, mail_url=server.url), case) == DeliveryCounts(accepted=OWED)
    tally("N3", acts=OWED, kills=1)


def test_n9_a_message_that_waits_for_its_readers_hours_says_nothing_of_a_server_that_has_taken_others_since(
    ash: Village, tmp_path: Path, tally: Tally
) -> None:
    """A letter to staff that was refused on the last evening before a holiday was an alarm until school began, a week after the server was back."""
    case, other = owe_invitations(ash), owe_invitations(ash)
    deliver(ash.engines, ash.clock, Settings(data_folder=tmp_path, mail_url="smtp://127.0.0.1:9"), case)
    assert "mail" in kinds(ash, case)
    with scripted_mail() as server:
        deliver(ash.engines, ash.clock, Settings(data_folder=tmp_path, mail_url=server.url), other)
    assert "mail" not in kinds(ash, case) and {state for state, _, _ in states(ash, case)} == {"owed"}
    tally("N9", acts=OWED, kills=1)


def test_one_message_that_breaks_keeps_no_other_waiting_and_is_not_passed_over_in_silence(ash: Village, tmp_path: Path, tally: Tally) -> None:
    """Its details cannot be read. It came first of its batch at each try, and whatever stood behind it was never sent."""
    case = owe_invitations(ash)
    first = min(one.id for one in mailed(ash, case))

    def says(details: str, due: str) -> None:
        with ash.engines.scheduler() as session:
            query = "UPDATE deliveries SET details = %s, next_try_at = now() + %s::interval WHERE id = %s"
            session.connection().exec_driver_sql(query, (details, due, first))

    with scripted_mail() as server:
        settings = Settings(data_folder=tmp_path, mail_url=server.url)
        says("{", "-1 hour")
        with pytest.raises(ValueError, match="property name"):
            deliver(ash.engines, ash.clock, settings, case)
        assert len(server.took) == OWED - 1
        assert states(ash, case) == {("accepted", "", False), ("owed", "unforeseen", False)}
        assert deliver(ash.engines, ash.clock, settings, case) == DeliveryCounts(), "it waits for its next try"
        says("{}", "0")
        assert deliver(ash.engines, ash.clock, settings, case) == DeliveryCounts(accepted=1), "mended, it goes"
    tally("N9", acts=OWED, kills=1)


def test_n9_one_refusal_of_what_was_owed_last_evening_is_no_outage_of_a_night(ash: Village, tmp_path: Path, tally: Tally) -> None:
    """Owed at 20:01, it waited for 08:00; the watch counted the night, and rang for one server that was busy for a moment."""
    case, away = owe_invitations(ash), Settings(data_folder=tmp_path, mail_url="smtp://127.0.0.1:9")
    with ash.engines.scheduler() as session:
        session.connection().exec_driver_sql(
            "UPDATE deliveries SET created_at = now() - interval '11 hours' WHERE case_id = (SELECT id FROM cases WHERE ref = %s)", (case,)
        )
    deliver(ash.engines, ash.clock, away, case)
    with ash.engines.scheduler() as session:
        assert "mail" not in [one.kind for one in incidents(look(session, Clock().now()), {})]
    assert "mail" in kinds(ash, case)
    make_due(ash, case)
    deliver(ash.engines, ash.clock, away, case)
    with ash.engines.scheduler() as session:
        assert "mail" in [one.kind for one in incidents(look(session, Clock().now()), {})], "refused again: it is still the same outage"
    with scripted_mail() as server:
        make_due(ash, case)
        assert deliver(ash.engines, ash.clock, Settings(data_folder=tmp_path, mail_url=server.url), case) == DeliveryCounts(accepted=OWED)
    tally("N9", acts=OWED, kills=1)


def kinds(ash: Village, case: str) -> list[str]:
    """The incidents that the watch sees an hour after the case's messages were refused, where they were."""
    with ash.engines.scheduler() as session:
        session.connection().exec_driver_sql(
            "UPDATE deliveries SET refused_since = refused_since - interval '1 hour' WHERE case_id = (SELECT id FROM cases WHERE ref = %s)", (case,)
        )
    with ash.engines.scheduler() as session:
        return [one.kind for one in incidents(look(session, Clock().now()), {})]


def test_n9_a_week_without_mail_and_a_limit_afterwards_lose_and_double_nothing(ash: Village, tmp_path: Path, tally: Tally) -> None:
    """Away for more tries than a message has; then a server that takes thirty a minute: each comes once, and the alarm rang meanwhile."""
    cases = [owe_invitations(ash) for _ in range(rounds(3, 60))]
    away = Settings(data_folder=tmp_path, mail_url="smtp://127.0.0.1:9")
    for _ in range(len(BACK_OFF_MINUTES) + 2):
        deliver(ash.engines, ash.clock, away, None, limit=OWED * len(cases))
        for case in cases:
            make_due(ash, case)
    assert set().union(*(states(ash, case) for case in cases)) == {("owed", "server_not_reached", False)}
    assert "mail" in kinds(ash, cases[0])
    minutes, messages = 0, OWED * len(cases)
    with scripted_mail() as server:
        settings = Settings(data_folder=tmp_path, mail_url=server.url)
        while len(server.took) < messages:
            server.room = len(server.took) + 5
            minutes += 1
            assert minutes < messages, "each minute some go"
            while deliver(ash.engines, ash.clock, settings, None).accepted:
                pass
            for case in cases:
                make_due(ash, case)
        took = server.took
    doubled = len(took) - len(set(took))
    assert doubled == 0 and set().union(*(states(ash, case) for case in cases)) == {("accepted", "", False)}
    tally(
        "N9",
        acts=messages,
        kills=len(BACK_OFF_MINUTES) + 2,
        doubled=doubled,
        note=f"away beyond every back-off; then at most 5 a minute: all after {minutes}",
    )
