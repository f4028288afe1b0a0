"""The one oracle of `faults.md`, Z: what must hold once the parts are up again and reconcile has run once.

Every acknowledged act is in the ledger once; every message owed is at the mail sink once (twice only if it says so); chains verify and
positions refolded are the stored ones; each open case has exactly one live run in Prefect, and no ended case has one; no canary (a name, an
address, words somebody typed) is where it has no business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from notifications.sink import kept_mails
from tests.flows.office import Office


def assert_z(office: Office, *, acknowledged: Iterable[UUID] = (), canaries: Iterable[str] = (), logs: Iterable[Path] = ()) -> None:
    """Fail with every way in which Z does not hold.

    `acknowledged`: the keys of the acts whose receipt somebody has seen. `canaries` are sought in every table of Prefect's and in `logs`.
    """
    found = [*_acts(office, list(acknowledged)), *_messages(office), *_record(office), *_runs(office), *canaries_in(office, canaries, logs)]
    assert found == []


def canaries_in(office: Office, canaries: Iterable[str], logs: Iterable[Path] = ()) -> Iterable[str]:
    """Where each canary was found: in Prefect's database, the log of its server, or one of `logs`. Letters' case does not matter."""
    wanted = {canary.casefold() for canary in canaries}
    if not wanted:
        return
    places = {"Prefect's tables and log": office.everything_prefect_keeps()}
    places |= {str(log): log.read_text(encoding="utf-8", errors="replace") for log in logs}
    for place, words in places.items():
        everything = words.casefold()
        yield from (f"{canary} stands in {place}" for canary in sorted(wanted) if canary in everything)


def _acts(office: Office, keys: list[UUID]) -> Iterable[str]:
    found = Counter(row.act_key for row in office.village.rows("SELECT act_key FROM events WHERE act_key = ANY(%s)", keys))
    yield from (f"the acknowledged act {key} is in the ledger {found[key]} times" for key in keys if found[key] != 1)
    yield from (f"{row.ref}: {row.wanted} wakes wanted, {row.served} served" for row in office.village.rows(_UNSERVED))
    yield from (f"{row.ref}: the outbox was not spread" for row in office.village.rows(_UNSPREAD))


def _messages(office: Office) -> Iterable[str]:
    mails = Counter(mail.reference for mail in kept_mails(office.sink_folder))
    for one in office.village.rows("SELECT reference, state, may_be_twice, error_code FROM deliveries"):
        came = mails.pop(one.reference, 0)
        if one.state in ("accepted", "unknown"):
            wrong = (one.state == "accepted" and came == 0) or (came > 1 and not one.may_be_twice)
        else:
            wrong = came != 0 or one.state not in ("superseded", "failed")
        if wrong:
            yield f"{one.reference} is {one.state} {one.error_code} and came {came} times"
    yield from (f"{reference} is at the sink, and nobody owed it" for reference in mails)


def _record(office: Office) -> Iterable[str]:
    return (str(fault) for fault in office.ledger.verify())


def _runs(office: Office) -> Iterable[str]:
    live = Counter(run.case for run in office.live_runs())
    for case in office.village.rows("SELECT c.ref, c.ended, r.flow_run_id FROM cases c LEFT JOIN runs r ON r.case_id = c.id"):
        wanted, found = int(not case.ended), live.pop(case.ref, 0)
        if found != wanted:
            yield f"{case.ref}{' has ended and' if case.ended else ''} has {found} live runs"
    yield from (f"{case} has a live run, and no such case is in the ledger" for case in live)
    known = {row.flow_run_id for row in office.village.rows("SELECT r.flow_run_id FROM runs r JOIN cases c ON c.id = r.case_id WHERE c.ended = ''")}
    yield from (f"{run.case} has a live run that the ledger does not know" for run in office.live_runs() if run.id not in known)


_UNSERVED = "SELECT c.ref, w.wanted, w.served FROM wakes w JOIN cases c ON c.id = w.case_id WHERE w.wanted <> w.served"
_UNSPREAD = "SELECT c.ref FROM outbox o JOIN cases c ON c.id = o.case_id"
