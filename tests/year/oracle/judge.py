"""Everything that the year is asked, after it: one call, with all that was found wrong."""

from __future__ import annotations

from tasks.parts import Parts
from tests.year.oracle.bundles import judge_bundles
from tests.year.oracle.expected_readers import read_outside
from tests.year.oracle.findings import Findings
from tests.year.oracle.hours import judge_hours, kinds_of
from tests.year.oracle.letters import judge_all_mail, judge_readers, judge_rungs, read_letters
from tests.year.oracle.mornings import judge_mornings, lines_of_mornings
from tests.year.oracle.plain_dates import judge_dates
from tests.year.oracle.plain_profiles import plain_profiles
from tests.year.oracle.readers import read_readers
from tests.year.oracle.rungs import count_rungs
from tests.year.oracle.stretches import read_record
from tests.year.year import Year

_MAILINGS = "SELECT id, kind, person_id, authority_id, sent_for, state, error_code, created_at FROM mailings ORDER BY id"


def judge(year: Year) -> Findings:
    """What the ledger and the mail server hold at the end, against what the events alone say."""
    parts: Parts = year.place.new_parts()
    findings = Findings()
    try:
        arrived = year.place.mail.arrived
        record = read_record(parts)
        with parts.engines.scheduler() as session:
            mailings = session.connection().exec_driver_sql(_MAILINGS).all()
        profiles = plain_profiles(year.place.profiles)
        letters, readers = read_letters(parts, arrived), read_readers(parts, profiles)
        counted = count_rungs(record.stretches, sorted(year.diary.sweeps))
        judge_rungs(counted, letters, record.said, findings)
        judge_readers(letters, counted, record.said, readers, read_outside(parts, readers, profiles), findings)
        judge_dates(record.stretches, year.days, findings)
        judge_all_mail(letters, mailings, findings)
        judge_hours(arrived, readers, year.days, kinds_of(mailings), findings)
        judge_bundles(letters, year.diary.lists, year.days, year.mail_up, year.place.clock.now(), findings)
        judge_mornings(record.stretches, arrived, readers, year.days, lines_of_mornings(letters.rows), findings)
        findings.figures["rungs overtaken by a decision"] = counted.overtaken
        findings.figures["rungs still to come"] = counted.to_come
        findings.figures["events"], findings.figures["dates moved"] = record.events, record.moves
        for fault in parts.ledger.verify():
            findings.wrong("chain", str(fault))
    finally:
        parts.engines.dispose()
    return findings
