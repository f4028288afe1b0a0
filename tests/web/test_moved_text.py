"""A case that has moved to another text, on the pages: the line of what has happened, and a link whose step is gone."""

from __future__ import annotations

import shutil
from datetime import date
from uuid import uuid4

import pytest

from rules.definition import Definition
from rules.loader import PROCESS_DEFINITIONS, load_library
from tests.web.site import FACTS, OPENED_ON, Site

STEP = "la_agrees_to_review_early"


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Definition:
    """The shipped annual review with one step under another name."""
    folder = tmp_path_factory.mktemp("texts") / "process_definitions"
    shutil.copytree(PROCESS_DEFINITIONS, folder)
    file = folder / "annual_review.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(STEP, "la_answers_early_review"), encoding="utf-8")
    return load_library(folder).definitions["annual_review"][0]


def test_the_page_tells_the_move_and_a_link_of_a_step_that_is_gone_says_so(site: Site, renamed: Definition) -> None:
    facts = FACTS | {"reason": "early", "review_due_on": date(2027, 6, 30)}
    pupil = site.pupil("Ada", "Ashby")
    case = site.ledger.open_case(site.actor("senco"), key=uuid4(), process="annual_review", pupil_id=pupil, facts=facts, on=OPENED_ON).case
    path, browser = site.link(case, step=STEP), site.client("")
    assert browser.get(path).status_code == 200
    old = site.ledger.position(case)[0]
    lead = site.actor("trust_send_lead")
    site.ledger.move_to_text(lead, key=uuid4(), case=case, to=renamed, because="the step has a better name")

    shown = site.client().get(f"/cases/{case}")
    assert shown.status_code == 200 and f"from version {old.hash[:12]} to {renamed.hash[:12]}" in shown.text
    assert "Because: the step has a better name" in shown.text and "(trust SEND lead)" in shown.text
    answer = browser.get(path)
    assert answer.status_code == 410 and "settled in the meantime" in answer.text
    assert browser.post(path, data={"outcome": "agrees"}).status_code == 410 and site.acts(case) == 2

    site.ledger.move_to_text(lead, key=uuid4(), case=case, undo=True, because="the old name was known")
    assert browser.get(path).status_code == 200 and "Moved back to another text" in site.client().get(f"/cases/{case}").text
