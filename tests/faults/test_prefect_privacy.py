"""Acceptance 6: Prefect holds case references and error codes, no people (faults P13, O10). The sample trust is imported and works; words are
typed; a task fails on a database error whose DETAIL holds a name, a letter on a template error that quotes one. Then every table of
Prefect's database, its files and every log are searched for everybody."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jinja2
import psycopg
import pytest

import notifications.dispatch
from db.importing.run import import_folder
from db.ledger import Actor
from db.sample.recent_past import play_recent_past
from db.sample.trust import TRUST_NAME, write_sample_trust
from flows.server import PrefectServer
from tasks.open_reviews import open_due_reviews
from tests.acceptance.console_process import Browser, console_process
from tests.acceptance.scan import People, people_of, texts_below
from tests.databases import TestServer
from tests.flows.office import Office, until
from tests.flows.worker_process import WorkerProcess

pytestmark = pytest.mark.slow
COMMENT, REASON, DETAIL, TEMPLATE = "Zebedee Quillfeather", "Larkspur Mews 14", "Ottoline Fanshawe", "Peregrine Wimborne"
POISON = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'duplicate key value violates unique constraint "poison"'
    USING ERRCODE = '23505', DETAIL = 'Key (given_name, family_name)=({name}) already exists.';
END $$;
GRANT EXECUTE ON FUNCTION poison() TO PUBLIC;
CREATE TRIGGER poison BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.actor_id IS NULL AND NEW.case_id = {case}) EXECUTE FUNCTION poison();
"""

Tally = Callable[..., None]
FORM = {"comment": "Cordelia Ravenscroft", "email": "cordelia@ravenscroft.example", "code": "ZK-918273"}


@dataclass(frozen=True)
class Trust:
    """The sample trust at work: its people, and the logs of console and worker."""

    office: Office
    people: People
    console_log: Path
    worker_log: Path
    postgres_log: Path

    def senco_of(self, case: str) -> Actor:
        """The SENCO of the case's school."""
        row = self.office.village.rows(
            "SELECT m.person_id, m.school_id FROM memberships m JOIN cases c ON c.school_id = m.school_id WHERE c.ref = %s AND m.role = 'senco'", case
        )[0]
        return Actor(row.person_id, frozenset({row.school_id}), "console")

    def reviews(self) -> list[str]:
        """Reviews whose meeting is still to be agreed, oldest first."""
        waiting = (
            "SELECT c.ref FROM cases c JOIN steps s ON s.case_id = c.id WHERE s.step = 'agree_meeting_date' AND s.closed_seq IS NULL ORDER BY c.id"
        )
        return [row.ref for row in self.office.village.rows(waiting)]

    def codes(self) -> set[str]:
        """The codes with which messages failed."""
        return {row.error_code for row in self.office.village.rows("SELECT error_code FROM deliveries WHERE error_code <> ''")}


@pytest.fixture(scope="module")
def trust(office: Office, postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trust]:
    """Imported, its due reviews opened, its recent past played; nothing served yet."""
    folder, today = tmp_path_factory.mktemp("sample"), office.village.clock.today()
    write_sample_trust(folder, today, pupils=420)
    with office.parts.engines.scheduler() as session:
        import_folder(session, folder, actor_id=None, today=today, trust_name=TRUST_NAME)
    open_due_reviews(office.parts, today)
    play_recent_past(office.parts.engines, office.ledger, today)
    logs = tmp_path_factory.mktemp("logs")
    people = people_of(folder, (COMMENT, REASON, DETAIL, TEMPLATE))
    yield Trust(office, people, logs / "console.log", logs / "worker.log", postgres.server.base / "log")


def poison(trust: Trust, postgres: TestServer, case: str) -> None:
    """From now on every act of software in that case fails on a broken unique key, and PostgreSQL quotes a name."""
    number = trust.office.village.rows("SELECT id FROM cases WHERE ref = %s", case)[0].id
    database = trust.office.parts.engines.url.rsplit("/", 1)[1]
    with psycopg.connect(postgres.server.superuser_url(database)) as connection:
        connection.execute(POISON.format(name=DETAIL, case=number))


def decided_in_the_console(trust: Trust, cases: Sequence[str]) -> None:
    """The SENCO of each agrees the meeting and types a name; then asks for a page that is not there, with a name in its address."""
    office = trust.office
    clock = office.worker_environment()["SENDFLOW_CLOCK_FILE"]
    with console_process(office.parts.engines.url, office.parts.settings.folder, trust.console_log, SENDFLOW_CLOCK_FILE=clock) as origin:
        for case in cases:
            browser, path = Browser(origin).sign_in(trust.senco_of(case)), f"/cases/{case}/decide/agree_meeting_date"
            meeting = {"fact.meeting_on-day": "4", "fact.meeting_on-month": "1", "fact.meeting_on-year": "2027", "comment": COMMENT}
            today = {"on-day": "24", "on-month": "11", "on-year": "2026"}
            answer = browser.send(path, browser.form(path) | meeting | today)
            assert answer.status == 200, answer
            assert browser.client.get(f"/cases/{COMMENT}").status_code == 404
            browser.client.close()


def typed_as_reasons(trust: Trust, case: str) -> None:
    """A correction, an exception of the law and an end, each with somebody's words as its reason."""
    ledger, on = trust.office.ledger, trust.office.day("2026-11-24")
    ledger.correct(trust.senco_of(case), key=uuid4(), case=case, fact="meeting_on", value=trust.office.day("2027-01-05"), because=REASON, on=on)
    lifted = "SELECT c.ref FROM cases c JOIN steps s ON s.case_id = c.id WHERE s.step = 'la_decides_to_assess' AND s.closed_seq IS NULL ORDER BY c.id"
    assessment = trust.office.village.rows(lifted)[0].ref
    ledger.apply_exception(
        trust.senco_of(assessment), key=uuid4(), case=assessment, step="la_decides_to_assess", exception="closure", because=REASON,
        review_on=trust.office.day("2026-12-20"), on=on,
    )  # fmt: skip
    ended = trust.reviews()[-1]
    ledger.interrupt(trust.senco_of(ended), key=uuid4(), case=ended, name="moved_away", because=REASON, on=on)


def places(trust: Trust, server: PrefectServer) -> dict[str, str]:
    """Everything in which nobody must be found."""
    logs = {str(log): log.read_text(encoding="utf-8", errors="replace") for log in (trust.console_log, trust.worker_log, trust.postgres_log)}
    return {"Prefect's database and log": trust.office.everything_prefect_keeps(), **logs, **texts_below(server.files.home)}


def test_p13_nobody_is_in_prefect_or_in_a_log_though_tasks_failed_on_their_names(
    trust: Trust, postgres: TestServer, prefect_server: PrefectServer, tally: Tally
) -> None:
    office = trust.office
    poisoned, sound = trust.reviews()[:2]
    poison(trust, postgres, poisoned)
    chatty = office.worker_environment() | {"PREFECT_LOGGING_LEVEL": "DEBUG"}
    worker = WorkerProcess(prefect_server.connection, chatty, trust.worker_log)
    worker.start()
    try:
        decided_in_the_console(trust, (poisoned, sound))
        typed_as_reasons(trust, sound)
        until(lambda: office.wake_error(poisoned), "the task has failed", seconds=150)
        until(lambda: office.is_served(sound) and office.artifact_of(sound), "the others go on", seconds=150)
    finally:
        worker.stop()
    assert office.wake_error(poisoned) == "database.23505"
    kept = places(trust, prefect_server)
    assert f"{poisoned}: database.23505" in kept["Prefect's database and log"], "the failed task shows its code"
    assert "DEBUG" in kept[str(trust.worker_log)], "the worker said all it says"
    assert trust.people.found_in(kept) == []
    mails = texts_below(office.sink_folder)
    assert len(trust.people.found_in(mails)) > 20, "the search finds people where they have business to be"
    tally("P13", acts=len(kept), kills=1, note="places searched for everybody of a trust: nobody, only codes and references")


@pytest.fixture
def log_of_this_process() -> Iterator[StringIO]:
    """All that comes to the root logger. Pytest's own ear listens at loggers that pass nothing on, too, and so hears what no log has."""
    kept = StringIO()
    ear = logging.StreamHandler(kept)
    logging.getLogger().addHandler(ear)
    yield kept
    logging.getLogger().removeHandler(ear)


def test_p13_a_letter_that_fails_on_its_template_leaves_only_a_code(
    trust: Trust, prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch, log_of_this_process: StringIO
) -> None:
    office, errors = trust.office, [KeyError(TEMPLATE), jinja2.UndefinedError(f"{TEMPLATE} has no attribute 'x'")]
    real = vars(notifications.dispatch)["compose"]

    def fails_twice(*given: Any, **more: Any) -> Any:
        if errors:
            raise errors.pop()
        return real(*given, **more)

    case = trust.reviews()[0]
    monkeypatch.setattr(notifications.dispatch, "compose", fails_twice)
    with office.loop():
        meeting = {"meeting_on": office.day("2027-01-04")}
        on, key = office.day("2026-11-24"), uuid4()
        office.ledger.decide(trust.senco_of(case), key=key, case=case, step="agree_meeting_date", facts=meeting, private={"comment": COMMENT}, on=on)
        until(lambda: not errors and office.is_served(case), "the case goes on", seconds=90)
    assert "bad_template" in trust.codes()
    kept = places(trust, prefect_server) | {"the log of this process": log_of_this_process.getvalue()}
    assert "could not be sent: KeyError" in kept["the log of this process"], "what fails is told there"
    assert trust.people.found_in(kept) == []


def test_p14_what_is_typed_into_prefects_own_form_is_refused_or_forgotten(trust: Trust, prefect_server: PrefectServer, tally: Tally) -> None:
    """A waiting case has no form in Prefect; whoever sends one by the API all the same leaves nothing there, and decides nothing."""
    office = trust.office
    case = office.village.rows("SELECT ref FROM cases WHERE ended = '' ORDER BY id")[0].ref
    with office.loop():
        office.want(case)
        until(lambda: office.is_served(case) and office.run_of(case) is not None, "the case waits", seconds=90)
        run, before = office.run_of(case), office.ledger.position(case)[2]
        assert run is not None and run.state is not None and run.state.state_details.run_input_keyset is None
        answer = httpx.post(
            f"{prefect_server.connection.api_url}/flow_runs/{run.id}/resume",
            json={"run_input": FORM},
            auth=tuple(prefect_server.connection.auth_string.split(":", 1)),  # type: ignore[arg-type]
            timeout=30,
        )
        office.want(case)
        until(lambda: office.is_served(case), "the case waits again", seconds=90)
    assert office.ledger.position(case)[2] == before, "nothing was decided"
    kept = places(trust, prefect_server)
    found = [f"{word}: {place}" for word in FORM.values() for place, words in kept.items() if word in words]
    assert found == [], answer.text
    tally("P14", acts=1, note=f"answered {answer.status_code}, nothing kept")
