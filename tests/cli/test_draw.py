"""`sendflow draw` of a process, which needs no database."""

from pathlib import Path

from typer.testing import CliRunner

from cli.main import app


def test_a_process_is_written_as_svg_and_bpmn(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["draw", "annual_review", "--out", str(tmp_path / "new")])
    assert answer.exit_code == 0, answer.output
    assert [Path(line).name for line in answer.stdout.split()] == ["annual_review.svg", "annual_review.bpmn"]
    assert "Hold the review meeting" in (tmp_path / "new" / "annual_review.bpmn").read_text()
    assert (tmp_path / "new" / "annual_review.svg").read_text().startswith("<svg ")


def test_a_process_that_is_none_is_refused_in_words() -> None:
    answer = CliRunner().invoke(app, ["draw", "annual_reviews"])
    assert answer.exit_code == 2 and "name a case as AR-000007, or one of: " in answer.stderr
