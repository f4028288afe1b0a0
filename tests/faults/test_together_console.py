"""Acceptance 4, through the console as a process: one decision sent twice (faults K1), two people at one step (K2), an old tab (K3), a link
used twice at once (K5), and an answer that was lost after the commit (C4). That the ledger itself holds is proved in tests/db."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from db.clock import LONDON
from db.engine import Engines
from db.ledger import Actor, Ledger
from db.links import Links
from db.models import Membership, School
from db.queries.people import people_for
from db.settings import Settings
from db.signing_key import signing_keys
from rules.loader import load_library
from tests.acceptance.console_process import Answer, Browser, console_process
from tests.acceptance.swallowing_proxy import SwallowingProxy
from tests.db.builders import staff
from tests.db.ledger_story import TODAY, Village, day, village
from tests.faults.conftest import Tally

pytestmark = pytest.mark.slow
AGAIN = "This had been recorded before. It was not recorded again."
STEP = "agree_meeting_date"
ON = {"on-day": "20", "on-month": "9", "on-year": "2026"}
MEETING = {"fact.meeting_on-day": "5", "fact.meeting_on-month": "11", "fact.meeting_on-year": "2026"}


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    place = village(engines)
    place.ledger = Ledger(engines, place.clock, load_library())
    return place


@pytest.fixture(scope="module")
def deputy(ash: Village) -> Actor:
    """A second SENCO, with a name of their own."""
    with ash.engines.scheduler() as session:
        person = staff(session, session.get_one(School, ash.school_id), "Deputy", "Ash")
        session.add(Membership(person_id=person.id, school_id=ash.school_id, role="senco"))
        return Actor(person.id, frozenset({ash.school_id}), "console")


@pytest.fixture(scope="module")
def proxy(ash: Village) -> Iterator[SwallowingProxy]:
    made = SwallowingProxy(ash.engines.url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("console")


@pytest.fixture(scope="module")
def origin(ash: Village, proxy: SwallowingProxy, folder: Path) -> Iterator[str]:
    """A console whose every word with the database goes through the proxy; its clock stands at the village's day."""
    clock = folder / "clock"
    clock.write_text(ash.clock.now().isoformat(), encoding="ascii")
    with console_process(proxy.url, folder, folder / "console.log", SENDFLOW_CLOCK_FILE=str(clock)) as address:
        yield address


@pytest.fixture(scope="module")
def senco(origin: str, ash: Village) -> Browser:
    return Browser(origin).sign_in(ash.senco)


def opened(ash: Village) -> str:
    return ash.open(year_group=5, looked_after=False, rights_held_by="parent").case


def at_once(*acts: Callable[[], Answer]) -> list[Answer]:
    """Send all at one instant; their answers in order."""
    barrier = threading.Barrier(len(acts))

    def one(act: Callable[[], Answer]) -> Answer:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(one, acts))


def receipt(answer: Answer) -> str:
    """What the page of the receipt says, whether it is the first or is given again."""
    return re.sub(r"nonce-\S+", "", answer.words.replace(f"{AGAIN} ", ""))


def events(ash: Village, case: str, kind: str = "decide") -> int:
    found: int = ash.rows("SELECT count(*) FROM events e JOIN cases c ON c.id = e.case_id WHERE c.ref = %s AND e.kind = %s", case, kind)[0][0]
    return found


def test_k1_a_double_click_is_one_event_and_one_receipt(ash: Village, senco: Browser, tally: Tally) -> None:
    for _ in range(4):
        case = opened(ash)
        path = f"/cases/{case}/decide/{STEP}"
        form = senco.form(path) | ON | MEETING
        first, second = at_once(*[partial(senco.send, path, form)] * 2)
        assert (first.status, second.status) == (200, 200), (first, second)
        assert "Recorded" in first.words and receipt(first) == receipt(second)
        assert sorted(AGAIN in one.words for one in (first, second)) == [False, True]
        assert events(ash, case) == 1
        other_day = senco.send(path, form | {"fact.meeting_on-day": "6"})
        assert other_day.status == 422 and "sent before with other contents, and the first one stands" in other_day.words, other_day
        assert events(ash, case) == 1 and ash.ledger.position(case)[1].facts["meeting_on"] == day("2026-11-05")
    tally("K1", acts=12, note="over HTTP")


def test_k2_two_decide_one_step_and_the_other_is_told_who_and_when(ash: Village, deputy: Actor, origin: str, senco: Browser, tally: Tally) -> None:
    for _ in range(4):
        case = opened(ash)
        path = f"/cases/{case}/decide/{STEP}"
        other = Browser(origin).sign_in(deputy)
        forms = [browser.form(path) | ON | MEETING | {"comment": words} for browser, words in ((senco, "Five suits"), (other, "Six suits"))]
        forms[1]["fact.meeting_on-day"] = "6"
        answers = at_once(partial(senco.send, path, forms[0]), partial(other.send, path, forms[1]))
        assert sorted(one.status for one in answers) == [200, 409], answers
        won = 0 if answers[0].status == 200 else 1
        lost = answers[1 - won]
        recorded_on = ash.rows("SELECT recorded_at FROM events WHERE act_key = %s", forms[won]["key"])[0].recorded_at.astimezone(LONDON)
        assert ("Senco Ash", "Deputy Ash")[won] in lost.words and f"{recorded_on.day} {recorded_on:%B %Y}" in lost.words, lost
        assert ("Five suits", "Six suits")[1 - won] in lost.words, "what they had typed is not lost"
        assert events(ash, case) == 1 and ash.ledger.verify(case) == []
    tally("K2", acts=8, note="over HTTP")


def test_k3_an_old_tab_is_refused_and_what_was_typed_is_kept(ash: Village, senco: Browser, tally: Tally) -> None:
    case = opened(ash)
    ash.decide(case, STEP, "2026-09-20", meeting_on=day("2026-11-05"))
    path = f"/cases/{case}/decide/offer_advocate"
    old = senco.form(path) | ON | {"comment": "She will ask her aunt", "outcome": "arranged"}
    senco.send(path, senco.form(path) | ON | {"outcome": "arranged"})
    ash.ledger.correct_outcome(
        ash.senco, key=uuid4(), case=case, step="offer_advocate", outcome="none_wanted", because="They said no", on=day("2026-09-21")
    )
    answer = senco.send(path, old)
    assert answer.status == 422 and "round 2, yours was 1" in answer.words and "She will ask her aunt" in answer.words, answer
    tally("K3", acts=2, note="over HTTP")


def test_k5_a_link_used_twice_at_once_decides_once(ash: Village, origin: str, folder: Path, tally: Tally) -> None:
    case = opened(ash)
    ash.decide(case, STEP, "2026-09-20", meeting_on=day("2026-11-05"))
    links = Links(signing_keys(Settings(data_folder=folder)))
    with ash.engines.scheduler() as session:
        mother = people_for(session, case, "parent", TODAY)[0].person_id
        token = links.make(
            session, case=case, step="gather_advice", party="parent", round=1, role="parent", person_id=mother, expires_on=day("2026-12-24")
        )
    phone, tablet = Browser(origin), Browser(origin)
    said = ON | {"outcome": "given", "comment": "She likes drawing"}
    forms = [browser.form(f"/l/{token}") | said for browser in (phone, tablet)]
    answers = at_once(lambda: phone.send(f"/l/{token}", forms[0]), lambda: tablet.send(f"/l/{token}", forms[1]))
    assert sorted(one.status for one in answers) in ([200, 410], [200, 422]), answers
    refused = next(one for one in answers if one.status != 200)
    assert "used" in refused.words or "already" in refused.words, refused
    assert events(ash, case) == 2, "the day of the meeting, and one answer"
    assert phone.client.get(f"/l/{token}").status_code == 410
    tally("K5", acts=2, note="over HTTP")


def test_c4_the_act_is_committed_the_answer_lost_and_the_retry_has_the_first_receipt(
    ash: Village, senco: Browser, proxy: SwallowingProxy, tally: Tally
) -> None:
    case = opened(ash)
    path = f"/cases/{case}/decide/{STEP}"
    form = senco.form(path) | ON | MEETING
    proxy.swallow_answer_to(form["key"])
    lost = senco.send(path, form)
    assert proxy.swallowed, "the act reached the database, and its answer was swallowed"
    assert lost.status == 503 and "not confirmed" in lost.words and "never recorded twice" in lost.words, lost
    recorded_at = ash.rows("SELECT recorded_at FROM events WHERE act_key = %s", form["key"])[0].recorded_at
    proxy.heal()
    again = senco.send(path, form)
    assert again.status == 200 and "Recorded" in again.words, again
    found = ash.rows("SELECT recorded_at FROM events WHERE act_key = %s", form["key"])
    assert [row.recorded_at for row in found] == [recorded_at] and ash.ledger.verify(case) == []
    tally("C4", acts=2, kills=1, note="over HTTP; the answer to the commit swallowed")
