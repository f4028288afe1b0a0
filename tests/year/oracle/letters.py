"""What the ledger says of each rung that was due, beside what was counted, beside what came to the mail server."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rules.hours import LONDON
from tasks.parts import Parts
from tests.year.mail import Arrived
from tests.year.oracle.expected_readers import Outside, expected_readers
from tests.year.oracle.findings import Findings
from tests.year.oracle.readers import Readers
from tests.year.oracle.rungs import Counted, DueRung, Key
from tests.year.oracle.stretches import Said

SENT = ("accepted", "delivered")
NOT_YET = ("owed", "held")
_DELIVERIES = """
    SELECT d.id, c.ref, d.case_id, d.step, d.party, d.round, d.rung, d.due_on, d.to_role, d.person_id, d.authority_id, d.state, d.error_code,
           d.reference, d.created_at, d.handed_over_at, d.settled_at, d.next_try_at,
           d.owed_on, d.held_for, d.school_id, d.template, d.moment, d.mailing_id,
           m.state AS mailing_state, m.sent_for, m.created_at AS mailing_at, m.handed_over_at AS mailing_left_at,
           d.may_be_twice OR COALESCE(m.may_be_twice, false) AS may_be_twice
    FROM deliveries d JOIN cases c ON c.id = d.case_id LEFT JOIN mailings m ON m.id = d.mailing_id ORDER BY d.id
"""


@dataclass
class Letters:
    """Every delivery of the year, and how often each reference came."""

    rows: Sequence[Any]
    came: dict[str, list[Arrived]]

    def arrivals(self, row: Any) -> list[Arrived]:
        """The mails that brought it: its own, or the list or morning of which it is a line."""
        return self.came.get(f"LIST-{row.mailing_id:06}" if row.state == "listed" else row.reference, [])


def read_letters(parts: Parts, arrived: Sequence[Arrived]) -> Letters:
    """From the ledger and the mail server."""
    came: dict[str, list[Arrived]] = defaultdict(list)
    for mail in arrived:
        came[mail.reference].append(mail)
    with parts.engines.scheduler() as session:
        return Letters(session.connection().exec_driver_sql(_DELIVERIES).all(), came)


def judge_rungs(counted: Counted, letters: Letters, said: Sequence[Said], findings: Findings) -> None:
    """Each rung that was due has its messages, one a reader, and no message is about a rung that was not due."""
    told: dict[Key, list[Any]] = defaultdict(list)
    for row in letters.rows:
        if row.rung is not None:
            told[row.case_id, row.step, row.party, row.round, row.rung, row.due_on, row.to_role].append(row)
    for key, times in counted.due.items():
        rows = told.pop(key, [])
        findings.figures["rungs due"] += 1
        findings.figures["rungs fired" if rows else "rungs missed"] += 1
        if not rows:
            findings.wrong("missed", times[0].words)
        for reader, number in Counter((row.person_id, row.authority_id) for row in rows).items():
            if number > 1:
                findings.wrong("doubled", f"{times[0].words}: {number} messages to {reader}")
        for row in rows:
            _judge_one(row, times, letters, said, findings)
        findings.figures["rungs superseded"] += bool(rows) and all(row.state == "superseded" for row in rows)
    for key, rows in told.items():
        findings.wrong("not due", f"{rows[0].ref} {key[1]} round {key[3]}, rung {key[4]} to {key[6]} for {key[5]}, made {rows[0].created_at}")


def judge_readers(letters: Letters, counted: Counted, said: Sequence[Said], readers: Readers, outside: Outside, findings: Findings) -> None:
    """Each rung that was sent was told to everybody who held its role when it left, and to nobody else (decision 170). An officer who has named a
    day is not told of a breach until then; whoever stands above them is."""
    told: dict[tuple[Any, ...], set[tuple[int | None, int | None]]] = defaultdict(set)
    left: dict[tuple[Any, ...], datetime] = {}
    rows: dict[tuple[Any, ...], Any] = {}
    for row in letters.rows:
        if row.rung is not None and row.state in (*SENT, "listed"):
            made_at = row.mailing_at if row.state == "listed" else row.created_at
            left_at = (row.mailing_left_at if row.state == "listed" else row.handed_over_at) or made_at
            about = (row.case_id, row.school_id, row.ref, row.step, row.party, row.round, row.rung, row.due_on, row.to_role, made_at)
            told[about].add((row.person_id, row.authority_id))
            left[about] = max(left.get(about, left_at), left_at)
            rows[about] = row
    for (case_id, school_id, ref, step, party, of_round, rung, due_on, role, made_at), found in told.items():
        about = (case_id, school_id, ref, step, party, of_round, rung, due_on, role, made_at)
        at = left[about]
        due = counted.due.get((case_id, step, party, of_round, rung, due_on, role))
        expected = expected_readers(role, case_id, school_id, at, due[0].breach if due else 0, readers, outside)
        if expected is None:
            continue
        findings.figures["rungs whose readers were looked up again"] += 1
        findings.figures["of these, breaches that rose at an LA"] += role == "la" and len(expected) > 1
        moments = (rows[about].created_at, at)
        if len(expected) > 1 and any(_rests(rows[about], one, then, then.astimezone(LONDON).date()) for one in said for then in moments):
            expected -= {outside.officers[case_id]} - found
        if found != expected:
            findings.wrong("other readers", f"{ref} {step} rung {rung} to {role} for {due_on}, told {at}: {found}, not {expected}")


def _judge_one(row: Any, times: Sequence[DueRung], letters: Letters, said: Sequence[Said], findings: Findings) -> None:
    words = f"{times[0].words}: {row.reference} is {row.state} {row.error_code}"
    if all(row.created_at < one.swept_at for one in times):
        findings.wrong("early", f"{words}, made {row.created_at}")
    if row.state == "superseded":
        why = _why_superseded(row, times, said)
        findings.figures[f"superseded: {why}"] += 1
        if not why:
            findings.wrong("laid aside", f"{words} at {row.settled_at}, and the step stands")
    elif row.state in SENT or (row.state == "listed" and row.mailing_state in SENT):
        findings.figures["rung messages sent"] += 1
        _judge_sent(row, times, letters, findings, words)
    elif row.state == "failed":
        findings.figures[f"rung messages for a person: {row.error_code}"] += 1
        if row.error_code not in ("nobody_holds_the_role", "no_address", "by_post", "no_link"):
            findings.wrong("failed", words)
    else:
        findings.figures["rung messages waiting"] += 1


def _why_superseded(row: Any, times: Sequence[DueRung], said: Sequence[Said]) -> str:
    settled = row.settled_at or row.created_at
    if all(one.superseded for one in times if one.swept_at <= settled):
        return "a later rung took over"
    if not any(one.until is None or settled < one.until for one in times if one.swept_at <= settled):
        return "the step was decided, or its date moved"
    day = settled.astimezone(LONDON).date()
    if any(_rests(row, one, settled, day) for one in said):
        return "its owner named a day"
    return ""


def _rests(row: Any, one: Said, at: datetime, day: date) -> bool:
    return (one.case_id, one.step, one.party) == (row.case_id, row.step, row.party) and one.at <= at and day <= one.until_on


def _judge_sent(row: Any, times: Sequence[DueRung], letters: Letters, findings: Findings, words: str) -> None:
    arrivals = letters.arrivals(row)
    if not arrivals:
        findings.wrong("lost", words)
    if len(arrivals) > 1:
        findings.wrong("came twice", f"{words}: {[str(one.at) for one in arrivals]}")
    for mail in arrivals:
        if not any(one.swept_at <= mail.at and (one.until is None or mail.at < one.until) for one in times):
            findings.wrong("of a decided step", f"{words}, came {mail.at}, stood until {[str(one.until) for one in times]}")


def judge_all_mail(letters: Letters, mailings: Sequence[Any], findings: Findings) -> None:
    """Every message that the ledger calls sent came once, and every mail that came is one that the ledger sent."""
    sent = {row.reference for row in letters.rows if row.state in SENT} | {f"LIST-{row.id:06}" for row in mailings if row.state in SENT}
    for reference in sorted(sent):
        number = len(letters.came.get(reference, ()))
        if number != 1:
            findings.wrong("lost" if number == 0 else "came twice", f"{reference} is accepted and came {number} times")
    for reference in sorted(set(letters.came) - sent):
        findings.wrong("came unsent", f"{reference} came, and the ledger does not say that it was sent")
