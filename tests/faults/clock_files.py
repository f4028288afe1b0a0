"""An office whose time is that of a clock file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from db.clock import Clock
from db.ledger import Ledger
from tests.faults.leases import working_with
from tests.flows.office import LIBRARY, Office


@contextmanager
def clock_at(office: Office, file: Path, now: datetime) -> Iterator[None]:
    """The office as no demo, by a clock file that says `now`; as it was before after the block."""
    before = office.parts
    file.write_text(now.isoformat(), encoding="ascii")
    clock = Clock(file)
    settings = before.settings.model_copy(update={"demo": False, "clock_file": file})
    with working_with(office, replace(before, settings=settings, clock=clock, ledger=Ledger(before.engines, clock, LIBRARY))):
        yield


def numbers(office: Office, case: str) -> list[int]:
    """The numbers of the case's acts in the order in which the database recorded them."""
    query = "SELECT e.seq FROM events e JOIN cases c ON c.id = e.case_id WHERE c.ref = %s ORDER BY e.recorded_at, e.seq"
    return [row.seq for row in office.village.rows(query, case)]
