"""The fault bench: `tally` for every test, the table at the end of a run of this folder."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults import tally as figures

Tally = Callable[..., None]


@pytest.fixture
def tally() -> Tally:
    """`tally("C1", acts=20, kills=3, lost=0, doubled=0, note="")`: the figures that a test counted, told once at its end."""

    def told(fault: str, **counted: int | str) -> None:
        figures.tell(figures.Figures(fault, **counted))  # type: ignore[arg-type]

    return told


def pytest_configure() -> None:
    """Before the processes of xdist start: they write where this one reads."""
    figures.folder()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table; the long run also writes it down."""
    rows = figures.today_rows()
    if not rows:
        return
    terminalreporter.section("faults")
    terminalreporter.write_line(figures.table(rows.values()))
    if figures.is_full():
        figures.write_down(rows)
        terminalreporter.write_line(f"written to {figures.RELIABILITY}")
