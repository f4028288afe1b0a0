"""The one oracle of `faults.md`, Z: what must hold once the parts are up again and reconcile has run once.

Every acknowledged act is in the ledger once; every message owed, by the rules folded anew, is at the mail sink once, alone or as a line of a
list or a morning (twice only if it says so); chains verify and positions refolded are the stored ones; each open case has exactly one live
run in Prefect, and no ended case has one; no canary (a name, an address, words somebody typed) is where it has no business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from uuid import UUID

from db.acts.replay import contents_of
from notifications.sink import kept_mails
from rules.calendar import SchoolCalendar
from rules.compiled import Compiled, compiled
from rules.history import Event, event_from_json
from rules.position_types import Change
from tests.flows.office import Office


@dataclass(frozen=True)
class Z:
    """What the oracle found wrong, a sentence each, sorted by what a person would ask: all empty is as it must be.

    `doubled_mails`: beyond those that say that they may come twice. `strangers`: mails that nobody owed, live runs of no open case.
    """

    lost_acts: tuple[str, ...] = ()
    doubled_acts: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    lost_mails: tuple[str, ...] = ()
    doubled_mails: tuple[str, ...] = ()
    record: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    canaries: tuple[str, ...] = ()

    def faults(self) -> list[str]:
        """Everything found."""
        return [fault for kind in fields(self) for fault in getattr(self, kind.name)]


def look(office: Office, *, acknowledged: Iterable[UUID] = (), canaries: Iterable[str] = (), logs: Iterable[Path] = ()) -> Z:
    """Look at everything once, and change nothing.

    `acknowledged`: the keys of the acts whose receipt somebody has seen. `canaries` are sought in every table of Prefect's and in `logs`.
    """
    keys = list(acknowledged)
    found = Counter(row.act_key for row in office.village.rows("SELECT act_key FROM events WHERE act_key = ANY(%s)", keys))
    lost_mails, doubled_mails, strangers = _messages(office)
    runs, of_nobody = _runs(office)
    return Z(
        lost_acts=tuple(f"the acknowledged act {key} is not in the ledger" for key in keys if not found[key]),
        doubled_acts=tuple(f"the acknowledged act {key} is in the ledger {found[key]} times" for key in keys if found[key] > 1),
        undone=tuple(_undone(office)),
        lost_mails=(*lost_mails, *_never_made(office)),
        doubled_mails=tuple(doubled_mails),
        record=tuple(str(fault) for fault in office.ledger.verify()),
        runs=tuple(runs),
        strangers=(*strangers, *of_nobody),
        canaries=tuple(canaries_in(office, canaries, logs)),
    )


def assert_z(office: Office, *, acknowledged: Iterable[UUID] = (), canaries: Iterable[str] = (), logs: Iterable[Path] = ()) -> None:
    """Fail with every way in which Z does not hold; the arguments are those of `look`."""
    found = look(office, acknowledged=acknowledged, canaries=canaries, logs=logs).faults()
    assert found == [], found


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


def _undone(office: Office) -> Iterable[str]:
    yield from (f"{row.ref}: {row.wanted} wakes wanted, {row.served} served" for row in office.village.rows(_UNSERVED))
    yield from (f"{row.ref}: the outbox was not spread" for row in office.village.rows(_UNSPREAD))


def _messages(office: Office) -> tuple[list[str], list[str], list[str]]:
    """Lost, doubled without a word of it, owed by nobody."""
    lost, doubled = list[str](), list[str]()
    mails = Counter(mail.reference for mail in kept_mails(office.sink_folder))
    for one in office.village.rows(_SENT):
        came = mails.pop(one.reference, 0)
        words = f"{one.reference} is {one.state} {one.error_code} and came {came} times"
        if one.state in ("accepted", "unknown"):
            lost += [words] if one.state == "accepted" and came == 0 else []
            doubled += [words] if came > 1 and not one.may_be_twice else []
        elif came:
            doubled.append(words)
        elif one.state not in ("superseded", "failed", "held", "listed") or (one.state == "failed" and one.error_code in _OF_AN_OUTAGE):
            lost.append(words)
    return lost, doubled, [f"{reference} is at the sink, and nobody owed it" for reference in mails]


def _never_made(office: Office) -> Iterable[str]:
    """Acts that owe somebody a word by the rules, folded anew, and have no delivery at all."""
    made = {(row.ref, row.seq) for row in office.village.rows(_MADE)}
    for case in office.village.rows("SELECT id, ref, definition_id FROM cases"):
        for seq in _owing(office, case.id, case.definition_id):
            if (case.ref, seq) not in made:
                yield f"{case.ref}: act {seq} owes a message that was never made"


def _owing(office: Office, case_id: int, definition_id: int) -> Iterable[int]:
    parts = office.ledger.parts
    definition = parts.pinned.of(definition_id)
    engine, change = compiled(definition), None
    for row in office.village.rows("SELECT seq, content FROM events WHERE case_id = %s ORDER BY seq", case_id):
        for content in contents_of([row.content]):
            event, calendar = event_from_json(content["event"], definition), parts.calendars.at(content["calendar"])
            change = _after(engine, change, event, calendar)
            if change.owed:
                yield row.seq


def _after(engine: Compiled, change: Change | None, event: Event, calendar: SchoolCalendar) -> Change:
    return engine.start(event, calendar) if change is None else engine.advance(change.position, event, calendar)


def _runs(office: Office) -> tuple[list[str], list[str]]:
    """Open cases that have not exactly one live run and ended ones that have one; runs that the ledger does not know."""
    wrong = list[str]()
    runs = office.live_runs()
    live = Counter(run.case for run in runs)
    for case in office.village.rows("SELECT c.ref, c.ended FROM cases c"):
        wanted, found = int(not case.ended), live.pop(case.ref, 0)
        if found != wanted:
            wrong.append(f"{case.ref}{' has ended and' if case.ended else ''} has {found} live runs")
    nobody = [f"{case} has a live run, and no such case is in the ledger" for case in live]
    known = {row.flow_run_id for row in office.village.rows("SELECT r.flow_run_id FROM runs r JOIN cases c ON c.id = r.case_id WHERE c.ended = ''")}
    return wrong, [*nobody, *(f"{run.case} has a live run that the ledger does not know" for run in runs if run.id not in known)]


_OF_AN_OUTAGE = ("server_not_reached", "no_clear_answer")  # other failures tell a person what to do: nobody holds the role, no address
# What is held waits for its list as it must; a line came when its list or morning came, and that came once.
_SENT = (
    "SELECT reference, state, may_be_twice, error_code FROM deliveries "
    "UNION ALL SELECT 'LIST-' || lpad(id::text, 6, '0'), state, may_be_twice, error_code FROM mailings"
)
_UNSERVED = "SELECT c.ref, w.wanted, w.served FROM wakes w JOIN cases c ON c.id = w.case_id WHERE w.wanted <> w.served"
_UNSPREAD = "SELECT c.ref FROM outbox o JOIN cases c ON c.id = o.case_id"
_MADE = "SELECT DISTINCT c.ref, d.seq FROM deliveries d JOIN cases c ON c.id = d.case_id"
