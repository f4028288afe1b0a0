"""The table of the fault bench: figures of several processes in one, rows of other days kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import tally


def test_figures_of_one_id_are_added_and_the_rows_come_in_the_order_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDFLOW_TALLY", str(tmp_path))
    tally.tell(tally.Figures("P1", acts=200, note="all woken"))
    tally.tell(tally.Figures("C3", acts=20, kills=2))
    tally.tell(tally.Figures("C3", acts=5, kills=1, doubled=1, note="one twice"))
    assert list(tally.told().values()) == [tally.Figures("C3", 25, 3, 0, 1, "one twice"), tally.Figures("P1", 200, 0, 0, 0, "all woken")]
    with pytest.raises(KeyError):
        tally.tell(tally.Figures("X1"))


def test_rows_that_did_not_run_this_time_keep_their_day(tmp_path: Path) -> None:
    page = tmp_path / "reliability.md"
    old = [tally.Figures("C1", acts=1).row("2026-01-01"), tally.Figures("C3", acts=1).row("2026-01-01")]
    page.write_text(f"above\n{tally.BEGIN}\n{tally.table(old)}\n{tally.END}\nbelow\n", encoding="utf-8")
    tally.write_down({"C3": tally.Figures("C3", acts=1200).row("2026-02-02"), "C2": tally.Figures("C2").row("2026-02-02")}, page)
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| C")]
    assert [(row.split(" | ")[0], row[-12:-2]) for row in rows] == [("| C1", "2026-01-01"), ("| C2", "2026-02-02"), ("| C3", "2026-02-02")]
    assert "| 1,200 |" in rows[2]
    assert page.read_text(encoding="utf-8").startswith("above\n") and page.read_text(encoding="utf-8").endswith("\nbelow\n")


def test_the_rounds_grow_in_the_long_run_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENDFLOW_FAULTS", raising=False)
    assert tally.rounds(3, 500) == 3
    monkeypatch.setenv("SENDFLOW_FAULTS", "full")
    assert tally.rounds(3, 500) == 500
