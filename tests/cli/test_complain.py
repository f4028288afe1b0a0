"""`sendflow complain`: the draft of a formal complaint to the LA, and its approval by a headteacher."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import Run
from tests.db.la_story import report_sent
from tests.db.ledger_story import Village, day

HEAD, SENCO = "headteacher.ash@school.example", "senco.ash@school.example"


def test_a_head_reads_the_draft_and_approves_it(ash: Village, run: Run, tmp_path: Path) -> None:
    case = ash.open(year_group=5).case
    ash.decide(case, "agree_meeting_date", "2026-08-20", meeting_on=day("2026-10-05"))
    assert "waits for what comes before it" in run("complain", case, "la_decision", "--as", HEAD, code=2).output
    report_sent(ash, case, "2026-10-12")
    assert "is approved by" in run("complain", case, "la_decision", "--as", SENCO, code=2).output
    assert "names its steps" in run("complain", case, "no_step", "--as", HEAD, code=2).output
    out = tmp_path / "draft.html"
    said = run("complain", case, "la_decision", "--out", str(out), "--as", HEAD).output
    assert "a formal complaint about a duty that is late" in said and f"sendflow complain {case} la_decision --approve" in said
    assert "reg 20(10)" in out.read_text(encoding="utf-8")
    assert "its letter leaves" in run("complain", case, "la_decision", "--approve", "--as", HEAD).output
    assert "formal complaint to the local authority approved" in run("case", case, "--as", HEAD).output
