"""One ledger of the shipped texts for the law's rows that run through the processes."""

from __future__ import annotations

from datetime import date

import pytest

from db.engine import Engines
from db.ledger import Ledger
from rules.loader import load_library
from tests.db.ledger_story import Village, village


@pytest.fixture(scope="module")
def place(engines: Engines) -> Village:
    """A village whose day lies after all that the rows tell."""
    made = village(engines)
    made.clock.today_is = date(2030, 1, 1)
    made.ledger = Ledger(engines, made.clock, load_library())
    return made
