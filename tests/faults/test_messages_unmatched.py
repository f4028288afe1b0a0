"""No service of Apprise takes the settings: never "sent", tried again, and in the end before the SENCO with what to do (`faults.md` N4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.deliveries import BACK_OFF_MINUTES
from db.engine import Engines
from db.queries.messages import failed_messages
from db.settings import Settings
from notifications.dispatch import DeliveryCounts, deliver
from tests.db.ledger_story import Village, village
from tests.faults.conftest import Tally
from tests.faults.messages_at_hand import OWED, harmful_server, mailed, make_due, owe_invitations


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines, "900301")


@pytest.mark.parametrize("wrong", [{"mail_url": "nosuchservice://127.0.0.1:25"}, {"mail_from": "no address at all"}])
def test_n4_settings_that_no_service_takes_never_count_as_sent(ash: Village, tmp_path: Path, wrong: dict[str, str], tally: Tally) -> None:
    case = owe_invitations(ash)
    with harmful_server(tmp_path) as server:
        settings = Settings(data_folder=tmp_path, **{"mail_url": server.url, **wrong})
        assert deliver(ash.engines, ash.clock, settings, case) == DeliveryCounts(failed=OWED)
        assert {(one.state, one.error_code, one.may_be_twice) for one in mailed(ash, case)} == {("owed", "no_service", False)}
        for _ in BACK_OFF_MINUTES:
            make_due(ash, case)
            assert deliver(ash.engines, ash.clock, settings, case).accepted == 0
        assert not server.took
    with ash.engines.app([ash.school_id]) as session:
        told = [one for one in failed_messages(session) if one.case == case and one.error_code == "no_service"]
    assert len(told) == OWED and all("SENDFLOW_MAIL_URL" in one.where and "could not be sent" in one.where for one in told)
    tally("N4", acts=OWED * (len(BACK_OFF_MINUTES) + 1), kills=1, lost=OWED - len(told), note="0 called sent; all before the SENCO in the end")


def test_n4_settings_put_right_send_what_was_owed_once(ash: Village, tmp_path: Path, tally: Tally) -> None:
    case = owe_invitations(ash)
    with harmful_server(tmp_path) as server:
        deliver(ash.engines, ash.clock, Settings(data_folder=tmp_path, mail_url="nosuchservice://127.0.0.1:25"), case)
        make_due(ash, case)
        assert deliver(ash.engines, ash.clock, Settings(data_folder=tmp_path, mail_url=server.url), case) == DeliveryCounts(accepted=OWED)
        assert sorted(server.took.values()) == [1] * OWED
    assert {(one.state, one.may_be_twice) for one in mailed(ash, case)} == {("accepted", False)}
    tally("N4", acts=OWED, kills=1)
