"""The mail server's answer is lost, or the sender dies before it can keep it: sent again, same reference, marked (`faults.md` N1, N2; RFC 1047)."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import pytest

from db.engine import Engines
from db.queries.messages import messages_of
from db.settings import Settings
from notifications.dispatch import DeliveryCounts, deliver
from tests.db.cutting_proxy import CuttingProxy
from tests.db.ledger_story import Village, village
from tests.faults.conftest import Tally
from tests.faults.doomed import DoomedProcess, killing_proxy
from tests.faults.doomed_sender import deliver_case
from tests.faults.messages_at_hand import OWED, doubled_unmarked, harmful_server, lost, mailed, make_due, owe_invitations
from tests.faults.tally import rounds

MANY = 1_000


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines, "900302")


def test_n1_a_mail_taken_without_an_answer_comes_again_once_and_says_so(ash: Village, tmp_path: Path, tally: Tally) -> None:
    case = owe_invitations(ash)
    with harmful_server(tmp_path) as server:
        settings = Settings(data_folder=tmp_path, mail_url=server.url)
        server.hang_ups = 1
        assert deliver(ash.engines, ash.clock, settings, case) == DeliveryCounts(accepted=OWED - 1, unknown=1)
        (open_one,) = [one for one in mailed(ash, case) if one.state == "owed"]
        assert (open_one.may_be_twice, open_one.error_code) == (True, "no_clear_answer")
        make_due(ash, case)
        assert deliver(ash.engines, ash.clock, settings, case) == DeliveryCounts(accepted=1)
        make_due(ash, case)
        assert deliver(ash.engines, ash.clock, settings, case) == DeliveryCounts()
        took = server.took
    assert took[open_one.reference] == 2 and sorted(took.values()) == [1] * (OWED - 1) + [2]
    with ash.engines.app([ash.school_id]) as session:
        marked = [one.reference for one in messages_of(session, case) if one.may_be_twice]
    assert marked == [open_one.reference]
    unmarked = doubled_unmarked(ash, case, took)
    tally("N1", acts=OWED, kills=1, lost=lost(ash, case, took), doubled=unmarked, note="1 came twice, same reference, marked")


@pytest.mark.parametrize(("at", "copies"), [("RCPT", 1), ("DATA", 2)])
def test_n2_a_sender_killed_between_send_and_mark_is_as_a_lost_answer(ash: Village, tmp_path: Path, at: str, copies: int, tally: Tally) -> None:
    """The mail server itself kills the process that talks to it: before it takes the mail, or when it has taken it."""
    tried, gone, unmarked, kills = 0, 0, 0, 0
    for _ in range(rounds(1, 10)):
        case = owe_invitations(ash)
        with harmful_server(tmp_path) as server:
            server.at = at
            sender = doomed_sender(ash.engines.url, tmp_path, server.url, case)
            sender.start()
            server.kill = sender.pid
            sender.go()
            assert sender.ended() == -signal.SIGKILL
            (cut,) = [one for one in mailed(ash, case) if one.state == "handed_over"]
            make_due(ash, case)
            assert deliver(ash.engines, ash.clock, Settings(data_folder=tmp_path, mail_url=server.url), case) == DeliveryCounts(accepted=OWED)
            took, kills = server.took, kills + server.killed
        after = {one.reference: (one.state, one.may_be_twice) for one in mailed(ash, case)}
        assert after.pop(cut.reference) == ("accepted", True) and set(after.values()) == {("accepted", False)}
        assert took[cut.reference] == copies and sorted(took.values()) == [1] * (OWED - 1) + [copies]
        tried, gone, unmarked = tried + OWED, gone + lost(ash, case, took), unmarked + doubled_unmarked(ash, case, took)
    tally("N2", acts=tried, kills=kills, lost=gone, doubled=unmarked, note=f"killed at {at}; only the one on its way is marked")


def doomed_sender(database_url: str, folder: Path, mail_url: str, case: str) -> DoomedProcess:
    """A process that sends what the case owes, once it was told to."""
    return DoomedProcess(deliver_case, database_url, str(folder), mail_url, case, needs=deliver_case.__module__)


def resent(ash: Village, settings: Settings, case: str) -> None:
    """Send on until nothing is owed, and once more: whatever was held back or claimed is due at once."""
    for _ in range(OWED):
        make_due(ash, case)
        deliver(ash.engines, ash.clock, settings, case)
        if is_accepted(ash, case):
            break
    make_due(ash, case)
    assert deliver(ash.engines, ash.clock, settings, case) == DeliveryCounts() and is_accepted(ash, case)


def is_accepted(ash: Village, case: str) -> bool:
    """Whether a mail server has taken each of the case's mails."""
    return {one.state for one in mailed(ash, case)} == {"accepted"}


def judged(ash: Village, case: str, took: Counter[str]) -> tuple[int, int, int]:
    """How many of the case's messages came never, twice unmarked, and twice as marked. At most the one in hand came twice."""
    twice = sum(count > 1 for count in took.values())
    assert max(took.values()) <= 2 and twice <= 1
    unmarked = doubled_unmarked(ash, case, took)
    return lost(ash, case, took), unmarked, twice - unmarked


def test_n1_mail_cut_at_any_packet_comes_once_or_says_that_it_may_be_twice(ash: Village, tmp_path: Path, tally: Tally) -> None:
    gone = unmarked = twice = cuts = 0
    for packets in range(0, MANY, rounds(6, 1)):
        case = owe_invitations(ash)
        with harmful_server(tmp_path) as server:
            proxy = CuttingProxy(server.url)
            proxy.cut_after(packets, stays_down=False)
            deliver(ash.engines, ash.clock, Settings(data_folder=tmp_path, mail_url=proxy.url), case)
            was_cut = proxy.was_cut
            proxy.close()
            resent(ash, Settings(data_folder=tmp_path, mail_url=server.url), case)
            found = judged(ash, case, server.took)
        gone, unmarked, twice, cuts = gone + found[0], unmarked + found[1], twice + found[2], cuts + was_cut
        if not was_cut:
            break
    assert (gone, unmarked) == (0, 0) and cuts > 3 and twice >= rounds(0, 1)
    tally("N1", acts=OWED * (cuts + 1), kills=cuts, lost=gone, doubled=unmarked, note=f"cut at any packet: {twice} came twice, marked")


@pytest.mark.parametrize("before", ["the database", "the mail server"])
def test_n2_a_sender_killed_at_any_packet_loses_nothing(ash: Village, tmp_path: Path, before: str, tally: Tally) -> None:
    gone = unmarked = twice = kills = 0
    for packets in range(0, MANY, rounds(20, 1)):
        case = owe_invitations(ash)
        with (
            harmful_server(tmp_path) as server,
            killing_proxy(ash.engines.url if before == "the database" else server.url) as (proxy, doomed),
        ):
            urls = (proxy.url, server.url) if before == "the database" else (ash.engines.url, proxy.url)
            doomed.append(doomed_sender(urls[0], tmp_path, urls[1], case))
            doomed[-1].start()
            proxy.cut_after(packets, stays_down=False)
            doomed[-1].go()
            status = doomed[-1].ended()
            assert status == -signal.SIGKILL or status == 0, "it was killed, or had done all before the cut"
            resent(ash, Settings(data_folder=tmp_path, mail_url=server.url), case)
            found = judged(ash, case, server.took)
        gone, unmarked, twice, kills = gone + found[0], unmarked + found[1], twice + found[2], kills + (status != 0)
        if status == 0:
            break
    assert (gone, unmarked) == (0, 0) and kills > rounds(1, 3)
    note = f"killed at any packet to {before}: {twice} came twice, marked"
    tally("N2", acts=OWED * (kills + 1), kills=kills, lost=gone, doubled=unmarked, note=note)
