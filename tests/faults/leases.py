"""What the tests of leases ask of an office: shorter leases, and what the ledger and the mail server hold of a case."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tasks.parts import Parts, use_parts
from tests.flows.office import Office
from tests.flows.worker_process import WorkerProcess

_SENDING = "SELECT 1 FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND d.state = 'handed_over'"
_OWED = "SELECT 1 FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND d.state IN ('owed', 'claimed', 'handed_over')"
_STANDS = """
    SELECT (SELECT count(*) FROM events e WHERE e.case_id = c.id) AS acts, c.version, c.position,
        (SELECT json_agg((d.reference, d.state, d.attempts, d.may_be_twice, d.settled_at) ORDER BY d.id)::text
            FROM deliveries d WHERE d.case_id = c.id) AS sent
    FROM cases c WHERE c.ref = %s
"""


@contextmanager
def leased_for(office: Office, seconds: float) -> Iterator[None]:
    """Leases of that many seconds, in this process and in the workers that begin inside the block."""
    now = office.parts
    with working_with(office, replace(now, settings=now.settings.model_copy(update={"lease_seconds": seconds}))):
        yield


@contextmanager
def working_with(office: Office, parts: Parts) -> Iterator[None]:
    """The office and this process work with these parts, and with those from before after the block."""
    before = office.parts
    office.parts = parts
    use_parts(parts)
    try:
        yield
    finally:
        office.parts = before
        use_parts(before)


@contextmanager
def stopped(worker: WorkerProcess) -> Iterator[None]:
    """The worker is stopped as it stands, by a real SIGSTOP, and goes on after the block."""
    os.kill(worker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker.pid, signal.SIGCONT)


def is_sending(office: Office, case: str) -> bool:
    """Whether a message of the case is between the mark "handed over" and the mail server's answer."""
    return bool(office.village.rows(_SENDING, case))


def is_settled(office: Office, case: str) -> bool:
    """Whether the case's wakes are served and each of its messages has come to its end."""
    return office.is_served(case) and not office.village.rows(_OWED, case)


def what_stands(office: Office, case: str) -> object:
    """Everything that a late write could change: the case's acts and position, and what became of its messages."""
    return office.village.rows(_STANDS, case)


def mails_of(office: Office, case: str) -> list[str]:
    """The references of the case's mails at the mail server, one a copy."""
    return [reference for reference in office.mails() if reference.startswith(f"{case}/")]
