"""Work of one hour of the day waits out a restart of the database: nobody does it again before tomorrow."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from tasks.failure import code_of, is_ledger_away

T = TypeVar("T")
WAITS = (1.0, 4.0, 10.0, 30.0)  # seconds
log = logging.getLogger("sendflow.tasks")


def patiently(work: Callable[[], T]) -> T:
    """Do the work, which may be begun anew, and again after a while as long as the ledger is away. Raises what its last try raised."""
    for wait in WAITS:
        try:
            return work()
        except Exception as error:
            if not is_ledger_away(error):
                raise
            log.warning("the ledger is away (%s); again in %.0f s", code_of(error), wait)
        time.sleep(wait)
    return work()
