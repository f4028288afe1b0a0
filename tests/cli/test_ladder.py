"""`sendflow ladder`: an own ladder is tried, set with a reason, shown with who set it, and taken away."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import Result

from db.engine import Engines
from db.ledger import Ledger
from db.models import Membership, Person
from rules.loader import load_library
from tests.cli.running import Run, runner, stopped_clock, urn_of
from tests.db.ledger_story import Village, day, village

_urns = count(913001)  # an address is one person's, though the database is shared
RUNGS = """rungs:
  - {when: 3 weeks before, tells: owner, severity: reminder, template: la_reminder}
  - {when: 2 days after, tells: senco, severity: late, template: la_overdue_for_us}
"""


@pytest.fixture
def ash(engines: Engines) -> Village:
    """A school on the shipped texts, with the trust's SEND lead."""
    made = village(engines, str(next(_urns)))
    made.ledger = Ledger(engines, made.clock, load_library())
    with engines.scheduler() as session:
        lead = Person(kind="staff", given_name="Lead", family_name="Ash", email=f"lead@{urn_of(made)}.example", school_ids=[made.school_id])
        session.add(lead)
        session.flush()
        session.add(Membership(person_id=lead.id, school_id=made.school_id, role="trust_send_lead"))
        assert made.senco.person_id is not None
        session.get_one(Person, made.senco.person_id).email = f"senco@{urn_of(made)}.example"
    return made


@pytest.fixture
def run(database_url: str, ash: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    own = tmp_path / "own.yaml"
    own.write_text(RUNGS, encoding="utf-8")
    lead, clock = f"lead@{urn_of(ash)}.example", stopped_clock(tmp_path, "2026-11-24")
    typed = runner(monkeypatch, database_url, tmp_path, "ladder", clock_file=clock, **{"as": lead})

    def call(*arguments: str, code: int = 0) -> Result:
        return typed(*(str(own) if one == "OWN" else one.replace("@ash.", f"@{urn_of(ash)}.") for one in arguments), code=code)

    return call


def review(ash: Village) -> str:
    facts = {"review_due_on": day("2026-12-18"), "reason": "yearly", "year_group": 5, "looked_after": False, "rights_held_by": "parent"}
    case = ash.ledger.open_case(ash.senco, key=uuid4(), process="annual_review", pupil_id=ash.pupil(), facts=facts, on=day("2026-09-10")).case
    ash.decide(case, "agree_meeting_date", "2026-09-21", meeting_on=day("2026-11-05"))
    return case


def test_a_ladder_is_tried_set_shown_and_taken_away(run: Run, ash: Village) -> None:
    case = review(ash)
    urn = urn_of(ash)
    tried = run("set", "la_duty", "OWN", "--school", urn, "--preview").stdout
    assert case in tried and "2026-11-12, 2026-12-05" in tried and "1 open steps in 1 cases. Nothing has been written." in tried
    assert len(ash.open_rows(case)["la_decision"].chase_on) == 9

    kept = run("set", "la_duty", "OWN", "--school", urn, "--because", "the council asked for three weeks").stdout
    assert "for steps that open or are re-dated from now on; 1 open steps stay" in kept
    assert len(ash.open_rows(case)["la_decision"].chase_on) == 9 and len(ash.open_rows(review(ash))["la_decision"].chase_on) == 2
    at_once = run("set", "la_duty", "OWN", "--school", urn, "--because", "now", "--open-steps").stdout
    assert "1 open steps in 1 cases are chased by it from now on" in at_once and len(ash.open_rows(case)["la_decision"].chase_on) == 2

    shown = run("show", "la_duty").stdout
    assert "as shipped" in shown and "3 weeks before" in shown and f"for Ash School ({urn})" in shown and "set by Lead Ash" in shown
    assert f"Ash School ({urn})" in run("show").stdout
    json_of = json.loads(run("show", "la_duty", "--ended", "--json").stdout)["own"]
    assert [one["because"] for one in json_of if urn in one["where"]] == ["the council asked for three weeks", "now"]
    assert "The ladder is unset" in run("unset", "la_duty", "--school", urn, "--because", "enough", "--open-steps").stdout
    assert len(ash.open_rows(case)["la_decision"].chase_on) == 9 and ash.ledger.verify(case) == []
    assert "ended by Lead Ash" in run("show", "la_duty", "--ended").stdout
    assert "no own ladder 'la_duty' holds there" in run("unset", "la_duty", "--school", urn, "--because", "again", code=2).stderr


def test_open_steps_go_over_at_once_though_only_who_is_told_has_changed(run: Run, ash: Village, tmp_path: Path) -> None:
    """On the same days; and in a complaint too, which the trust's SEND lead reads by that role."""
    urn, about = urn_of(ash), {"received_on": day("2026-11-20"), "about": "provision", "made": "in_writing", "serious_about_provision": False}
    complaint = ash.ledger.open_case(ash.senco, key=uuid4(), process="complaint", pupil_id=ash.pupil(), facts=about, on=day("2026-11-24")).case
    cases = [review(ash), complaint]
    shipped = (Path(__file__).parents[2] / "process_definitions" / "ladders.yaml").read_text(encoding="utf-8")
    rungs = shipped.partition("  school_duty:\n")[2].partition("  # What the law lays on the local authority")[0]
    (tmp_path / "own.yaml").write_text(rungs.replace("tells: trust_send_lead", "tells: ceo"), encoding="utf-8")

    def by_own() -> list[set[bool]]:
        """Of each case, whether the steps of that ladder are chased by an own one."""
        found = [(ash.ledger.position(case)[0].steps, ash.open_rows(case).values()) for case in cases]
        return [{row.ladder_id is not None for row in rows if steps[row.step].ladder == "school_duty" and row.chase_on} for steps, rows in found]

    assert by_own() == [{False}, {False}]
    tried = run("set", "school_duty", "OWN", "--school", urn, "--preview").stdout
    assert all(case in tried for case in cases)
    run("set", "school_duty", "OWN", "--school", urn, "--because", "the chief executive rings", "--open-steps")
    assert by_own() == [{True}, {True}] and "0 open steps in 0 cases" in run("set", "school_duty", "OWN", "--school", urn, "--preview").stdout
    run("unset", "school_duty", "--school", urn, "--because", "enough", "--open-steps")
    assert by_own() == [{False}, {False}] and ash.ledger.verify() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set", "la_duty", "OWN"), "say why with --because"),
        (("set", "la_duty", "nowhere.yaml", "--because", "x"), "there is no file nowhere.yaml"),
        (("set", "la_dutty", "OWN", "--because", "x"), "there is no ladder `la_dutty`. Write 'la_duty'."),
        (("set", "advice", "OWN", "--because", "x", "--school", "1", "--authority", "2"), "say --school or --authority"),
        (("set", "la_duty", "OWN", "--because", "x", "--school", "123456"), "there is no school 123456 among your schools"),
        (("set", "la_duty", "OWN", "--because", "x", "--authority", "xyz"), "there is no local authority xyz"),
        (("set", "la_duty", "OWN", "--because", "x", "--as", "senco@ash.example"), "is for a trust's SEND lead"),
        (("show", "nothing"), "there is no ladder 'nothing'; name one of"),
        (("unset", "nothing", "--because", "x"), "there is no ladder 'nothing'"),
    ],
)
def test_refusals_say_what_to_write(run: Run, arguments: tuple[str, ...], words: str) -> None:
    assert words in run(*arguments, code=2).stderr


def test_a_ladder_without_lateness_is_refused_and_nothing_is_written(run: Run, ash: Village, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(RUNGS.split("  - {when: 2 days")[0], encoding="utf-8")
    refused = run("set", "la_duty", "OWN", "--because", "quieter", code=2).stderr
    assert "nobody of ours hears that it is late" in refused and "Keep a rung with `severity: late`" in refused
    assert ash.rows("SELECT 1 FROM ladder_overrides WHERE because = 'quieter'") == []
