"""O7: a definition file is edited or deleted while cases run. Running cases keep theirs, and say so; an edited row is named."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest

from db.ledger import Ledger
from rules.library import NoDefinition
from rules.loader import PROCESS_DEFINITIONS, load_library
from tests.acceptance.people import SENCO, Household, household
from tests.acceptance.trust_at_work import Story, TrustAtWork, trust_at_work
from tests.databases import TestServer
from tests.faults.conftest import Tally
from tests.flows.office import Office

pytestmark = pytest.mark.slow
OLD, NEW = "    target: 10 weeks before review_due_on\n", "    target: 12 weeks before review_due_on\n"
OLD_TITLE, NEW_TITLE = "title: Agree the date of the meeting", "title: Agree the day and the place of the meeting"
TEXT = re.compile(r"runs on the text annual_review, version (\w{12}) \(now in the folder: (.+)\)")


@pytest.fixture(scope="module")
def trust(office: Office) -> Iterator[TrustAtWork]:
    """A school with its people, the council's officers, and the loop that serves its cases."""
    with trust_at_work(office) as at_work:
        yield at_work


def opened(trust: TrustAtWork, home: Household) -> Story:
    """A yearly review, due on 18 December."""
    facts = {"review_due_on": date(2026, 12, 18), "reason": "yearly", "year_group": 5, "looked_after": False, "rights_held_by": "parent"}
    return trust.open("annual_review", home, **facts)


def edited_trust(trust: TrustAtWork, folder: Path) -> TrustAtWork:
    """The trust after somebody has edited annual_review.yaml: one title and one of the trust's own dates."""
    definitions = folder / "process_definitions"
    shutil.copytree(PROCESS_DEFINITIONS, definitions)
    file = definitions / "annual_review.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count(OLD) == 1 and text.count(OLD_TITLE) == 1
    file.write_text(text.replace(OLD, NEW).replace(OLD_TITLE, NEW_TITLE), encoding="utf-8")
    library = load_library(definitions)
    parts = trust.office.parts
    after = replace(parts, library=library, ledger=Ledger(parts.engines, parts.clock, library))
    return replace(trust, office=replace(trust.office, parts=after))


def said_by_the_command(trust: TrustAtWork, case: str, folder: Path) -> tuple[str, str]:
    """The version that `sendflow case` says the case runs on, and what it says of the folder's."""
    environment = {
        **os.environ, "DATABASE_URL": trust.office.parts.engines.url, "SENDFLOW_DATA_FOLDER": str(folder),
        "SENDFLOW_AS": SENCO, "SENDFLOW_DEMO": "true",
        "COLUMNS": "200",
    }  # fmt: skip
    done = subprocess.run(
        [str(Path(sys.executable).parent / "sendflow"), "case", case], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    found = TEXT.search(done.stdout)
    assert found, done.stdout + done.stderr
    return found[1], found[2]


def test_o7_a_running_case_keeps_its_text_and_a_new_one_gets_the_new(trust: TrustAtWork, tmp_path: Path, tally: Tally) -> None:
    trust.begin("2026-09-11")
    village = trust.office.village
    running = opened(trust, household(village, "Ned", date(2016, 1, 9), 5))
    after = edited_trust(trust, tmp_path)
    running = replace(running, trust=after)
    fresh = opened(after, household(village, "Oli", date(2016, 1, 9), 5))
    shipped, edited = (after.office.ledger.position(case.ref)[0] for case in (running, fresh))
    assert shipped.hash != edited.hash and shipped.hash == trust.office.parts.library.definitions["annual_review"][0].hash
    assert (running.due("agree_meeting_date"), fresh.due("agree_meeting_date")) == ("2026-10-09", "2026-09-25")
    assert "Agree the date of the meeting" in running.artifact and "Agree the day and the place of the meeting" in fresh.artifact
    for case, text in ((running, shipped), (fresh, edited)):
        version, in_the_folder = said_by_the_command(trust, case.ref, tmp_path)
        assert version == text.hash[:12] and shipped.hash[:12] in in_the_folder, "the command reads the shipped folder, which was not edited"
    trust.comes("2026-09-20")
    for case in (running, fresh):
        case.records("agree_meeting_date", meeting_on="2026-11-05")
        assert case.told("the day of the review meeting") and "send_invitations" not in case.open_steps
        case.interrupts("opened_in_error", "The story is told")
        case.has_ended("opened_in_error")
    assert {after.office.ledger.position(case.ref)[0].hash for case in (running, fresh)} == {shipped.hash, edited.hash}
    tally("O7", acts=6, kills=1, lost=0, doubled=0, note="the file edited: the running case keeps its text, the new one has the new")


def test_o7_a_deleted_definition_opens_nothing_new_and_its_cases_go_on(trust: TrustAtWork, tmp_path: Path, tally: Tally) -> None:
    trust.begin("2026-09-11")
    running = opened(trust, household(trust.office.village, "Pia", date(2016, 1, 9), 5))
    definitions = tmp_path / "process_definitions"
    shutil.copytree(PROCESS_DEFINITIONS, definitions)
    (definitions / "annual_review.yaml").unlink()
    parts = trust.office.parts
    library = load_library(definitions)
    after = replace(trust, office=replace(trust.office, parts=replace(parts, library=library, ledger=Ledger(parts.engines, parts.clock, library))))
    with pytest.raises(NoDefinition, match="annual_review"):
        opened(after, household(trust.office.village, "Quin", date(2016, 1, 9), 5))
    running = replace(running, trust=after)
    running.records("agree_meeting_date", meeting_on="2026-11-05")
    running.interrupts("opened_in_error", "The story is told")
    running.has_ended("opened_in_error")
    tally("O7", acts=3, kills=1, lost=0, doubled=0, note="the file deleted: nothing new opens, the case goes on to its end")


def test_o7_an_edited_row_of_a_definition_is_named(trust: TrustAtWork, postgres: TestServer, tally: Tally) -> None:
    trust.begin("2026-09-11")
    case = opened(trust, household(trust.office.village, "Rex", date(2016, 1, 9), 5))
    parts = trust.office.parts
    edit = "UPDATE definitions SET source = replace(source, 'Agree the date of the meeting', 'Agree nothing') WHERE hash = %s"
    back = "UPDATE definitions SET source = replace(source, 'Agree nothing', 'Agree the date of the meeting') WHERE hash = %s"
    digest = case.trust.office.ledger.position(case.ref)[0].hash
    with superuser(postgres, parts.engines.url) as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(edit, (digest,)).rowcount == 1
        try:
            found = [str(fault) for fault in Ledger(parts.engines, parts.clock, parts.library).verify(case.ref)]
        finally:
            connection.execute(back, (digest,))
    assert any("definition" in fault and digest[:12] in fault for fault in found), found
    assert Ledger(parts.engines, parts.clock, parts.library).verify(case.ref) == []
    case.interrupts("opened_in_error", "The story is told")
    tally("O7", acts=1, kills=1, lost=0, doubled=0, note="the row edited: verify names it")


def superuser(postgres: TestServer, url: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection that no policy and no trigger holds."""
    return psycopg.connect(postgres.server.superuser_url(url.rsplit("/", 1)[1]), autocommit=True)
