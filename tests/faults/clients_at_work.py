"""People who decide while parts of the installation are killed: by calls of the ledger, and on the console's pages.

What is not confirmed they send again, with the same key, until it is. Each act that somebody was told is recorded stands in the notebook.
"""

from __future__ import annotations

import html
import json
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from db.ledger import Busy, Receipt
from rules.values import Value
from tests.acceptance.console_process import HIDDEN, Answer, Browser
from tests.faults.review_told import FACTS, ON_PAGES, OPENED_ON, WHOLE_REVIEW, Told
from tests.flows.office import Office

CANARY = "Zebedee Quillfeather, 14 Larkspur Mews"
AWAY = (OperationalError, PoolEmpty, psycopg.OperationalError, psycopg.InterfaceError, Busy)
BEFORE_AGAIN = 0.3  # seconds; people take longer
SLOWER = 0.15  # seconds by which a pause grows with each act, where a longest pause is given
T = TypeVar("T")
CASE = re.compile(r"\bAR-\d{6}\b")


@dataclass(frozen=True)
class Noted:
    """One act that was confirmed. `seconds` from the first sending to the receipt, `sent` how often it was sent."""

    key: str
    by: str
    case: str
    seconds: float
    sent: int


class Notebook:
    """What the clients were told, written down at once, a line of JSON each. `looks`: how long opening a page took, in seconds."""

    def __init__(self, file: Path) -> None:
        self._file, self._writing = file, threading.Lock()
        self.looks: list[float] = []

    def note(self, noted: Noted) -> None:
        """Keep one."""
        with self._writing, self._file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(noted)) + "\n")

    def read(self) -> list[Noted]:
        """All of them, as they stand in the file."""
        return [Noted(**json.loads(line)) for line in self._file.read_text(encoding="utf-8").splitlines()]


class Client(ABC):
    """Somebody who takes case after case through its acts, `pause` seconds apart, until they leave.

    With a `longest` pause they slow down to it: what is killed takes its time to be up again, and each act costs a wake, a mail and pages.
    """

    by: str

    def __init__(self, office: Office, notebook: Notebook, pause: float, longest: float = 0.0) -> None:
        self.office, self.notebook, self.pause, self.longest = office, notebook, pause, max(pause, longest)
        self.acknowledged: list[UUID] = []
        self.sent_again = 0
        self.failed: Exception | None = None
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Stop after the act in hand is confirmed. Raises what was no outage."""
        self._leaving.set()
        self._thread.join(120)
        assert not self._thread.is_alive(), "an act was never confirmed"
        if self.failed:
            raise self.failed

    def _work(self) -> None:
        try:
            while not self._leaving.is_set():
                self._one_case(self._pupil())
        except Exception as error:
            self.failed = error

    def _one_case(self, pupil: int) -> None:
        case = self._open(pupil)
        for told in self.story:
            if self._leaving.wait(min(self.pause + SLOWER * len(self.acknowledged), self.longest)):
                return
            self._do(case, told)

    @property
    @abstractmethod
    def story(self) -> tuple[Told, ...]:
        """The acts on each case, after its opening."""

    @abstractmethod
    def _open(self, pupil: int) -> str:
        """Open a case; its reference."""

    @abstractmethod
    def _do(self, case: str, told: Told) -> None:
        """Do one act and have it confirmed."""

    def _pupil(self) -> int:
        return self._answered(lambda: self.office.village.pupil(f"Ada{uuid4().hex[:6]}"))[0]

    def _answered(self, ask: Callable[[], T]) -> tuple[T, int]:
        """Ask until there is an answer; it, and how often it was asked."""
        asked = 1
        while True:
            try:
                return ask(), asked
            except AWAY:
                asked += 1
                self.sent_again += 1
                time.sleep(BEFORE_AGAIN)

    def _confirmed(self, key: UUID, began: float, sent: int, case: str) -> None:
        self.acknowledged.append(key)
        self.notebook.note(Noted(str(key), self.by, case, time.monotonic() - began, sent))


class ApiClient(Client):
    """By calls of the ledger, as software of the trust does."""

    by, story = "API", WHOLE_REVIEW

    def _open(self, pupil: int) -> str:
        senco, ledger = self.office.village.senco, self.office.ledger
        return self._sure(lambda key: ledger.open_case(senco, key=key, process="annual_review", pupil_id=pupil, facts=FACTS, on=OPENED_ON)).case

    def _do(self, case: str, told: Told) -> None:
        self._sure(partial(self._act, case, told))

    def _act(self, case: str, told: Told, key: UUID) -> Receipt:
        village, ledger = self.office.village, self.office.ledger
        if told.kind == "correct":
            ((fact, value),) = told.facts.items()
            return ledger.correct(village.senco, key=key, case=case, fact=fact, value=value, because=f"{CANARY} cannot come", on=told.on)
        actor = village.head if told.role == "headteacher" else village.senco
        return ledger.decide(
            actor, key=key, case=case, step=told.step, party=told.party, outcome=told.outcome, facts=told.facts, on=told.on,
            private={"comment": CANARY},
        )  # fmt: skip

    def _sure(self, act: Callable[[UUID], Receipt]) -> Receipt:
        key, began = uuid4(), time.monotonic()
        receipt, sent = self._answered(lambda: act(key))
        self._confirmed(key, began, sent, receipt.case)
        return receipt


class NotConfirmed(OperationalError):
    """The page said that it is not confirmed that anything was saved, or that the database does not answer."""

    def __init__(self) -> None:
        super().__init__("", {}, Exception("503"))


class PageClient(Client):
    """At the console's pages: sign in, look at the case, open the form, send it."""

    by, story = "page", ON_PAGES

    def __init__(self, office: Office, notebook: Notebook, pause: float, longest: float, origin: str) -> None:
        self.browser = Browser(origin).sign_in(office.village.senco)
        self.told: list[str] = []
        super().__init__(office, notebook, pause, longest)

    def leave(self) -> None:
        """As the others, and close the browser."""
        super().leave()
        self.browser.client.close()

    def see(self, path: str) -> str:
        """Open a page, again and again while the database does not answer; its source."""
        return self._answered(lambda: self._look(path))[0]

    def _open(self, pupil: int) -> str:
        typed = {f"fact.{name}": _words(value) for name, value in FACTS.items() if not isinstance(value, date)}
        answer = self._send(f"/start/annual_review/{pupil}", typed | _boxes("fact.review_due_on", FACTS["review_due_on"]), "")
        found = CASE.search(answer.words)
        assert found, answer
        return found[0]

    def _do(self, case: str, told: Told) -> None:
        self.see(f"/cases/{case}")
        typed = (
            {"because": f"{CANARY} cannot come"} if told.kind != "decide" else {"comment": CANARY, "outcome": told.outcome} | _boxes("on", told.on)
        )
        for name, value in told.facts.items():
            typed |= _boxes(f"fact.{name}", value)
        self._send(f"/cases/{case}/{told.kind}/{told.step}" + (f"?party={told.party}" if told.party else ""), typed, case)

    def _send(self, path: str, typed: Mapping[str, str], case: str) -> Answer:
        form = {name: html.unescape(value) for name, value in HIDDEN.findall(self.see(path))} | typed
        began = time.monotonic()
        answer, sent = self._answered(lambda: self._post(path, form))
        self._confirmed(UUID(form["key"]), began, sent, case or CASE.findall(answer.words)[0])
        return answer

    def _look(self, path: str) -> str:
        began = time.monotonic()
        page = self.browser.client.get(path)
        if page.status_code == 503:
            raise NotConfirmed
        assert page.status_code == 200, f"{path}: {page.status_code} {page.text}"
        self.notebook.looks.append(time.monotonic() - began)
        return page.text

    def _post(self, path: str, form: Mapping[str, str]) -> Answer:
        answer = self.browser.send(path, form)
        if answer.status == 503:
            self.told.append(answer.words)
            assert "Send it again in a minute" in answer.words, answer
            raise NotConfirmed
        assert answer.status == 200, f"{path}: {answer}"
        return answer


def _boxes(name: str, value: Value) -> dict[str, str]:
    """A date in its three boxes; another value in its one."""
    if isinstance(value, date):
        return {f"{name}-day": str(value.day), f"{name}-month": str(value.month), f"{name}-year": str(value.year)}
    return {name: _words(value)}


def _words(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
