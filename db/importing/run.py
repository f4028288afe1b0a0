"""A whole import: read every file, check every row, then write all in one transaction, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.importing.columns import KINDS, Kind
from db.importing.leavers import note_missing_pupils
from db.importing.mapping import Mapped, kind_of_file, map_columns
from db.importing.missing_relatives import note_missing_relatives
from db.importing.problems import ImportRefused, Problem
from db.importing.read_csv import RawTable, read_csv
from db.importing.turn import take_turn
from db.importing.typed_rows import TypedRow, typed_rows
from db.importing.unnamed import note_unnamed
from db.importing.upsert import Counts
from db.importing.write_families import write_families
from db.importing.write_plans import write_plans
from db.importing.write_pupils import write_pupils
from db.importing.write_staff import write_staff
from db.importing.write_trust import write_la_contacts, write_schools, write_term_dates
from db.models import Import, ImportMapping, School
from db.person_schools import refresh_person_schools


@dataclass(frozen=True)
class FileReport:
    """What one file did: its kind, the mapping of its columns, headings that nobody reads, and the counts."""

    file: str
    kind: str
    columns: Mapping[str, str]
    unread: tuple[str, ...]
    rows: int
    counts: Counts


@dataclass(frozen=True)
class ImportReport:
    """What an import did. `missing` pupils stood in the ledger and not in their school's file; they stay until a person says they left.

    `missing_relatives` have parental responsibility for a pupil of the file and are not named there: a person says whether it is over.
    `unnamed`: so did this many roles, LA contacts, terms and closures (`db/importing/unnamed.py`).
    """

    files: list[FileReport] = field(default_factory=list)
    missing: int = 0
    missing_relatives: int = 0
    unnamed: int = 0

    @property
    def changed_anything(self) -> bool:
        """Whether any row was added or changed."""
        return any(f.counts.added or f.counts.changed for f in self.files)


@dataclass(frozen=True)
class _Read:
    table: RawTable
    kind: Kind
    mapped: Mapped
    rows: list[TypedRow]
    digest: bytes


def import_folder(session: Session, folder: Path, *, actor_id: int | None, today: date, trust_name: str = "The trust") -> ImportReport:
    """Import every CSV file of `folder`. Raises ImportRefused when there is none, or when any file has a problem: then nothing was imported."""
    files = sorted(p for p in folder.glob("*.csv"))
    if not files:
        raise ImportRefused([Problem(str(folder), 0, "", "there is no CSV file in this folder")])
    return import_files(session, {p.name: p.read_bytes() for p in files}, actor_id=actor_id, today=today, trust_name=trust_name)


def import_files(session: Session, files: Mapping[str, bytes], *, actor_id: int | None, today: date, trust_name: str = "The trust") -> ImportReport:
    """Import `files` (name to bytes) in the caller's transaction, in the order that their kinds need.

    `today` is the London day: nothing that has happened has a later date. Raises ImportRefused with all problems of all files, and AnotherAtWork
    (`db/importing/turn.py`); the caller's transaction must then be rolled back.
    """
    take_turn(session)
    reads = _read_all(session, files)
    reports, missing, relatives, unnamed = [], 0, 0, 0
    for kind in KINDS.values():
        for read in (r for r in reads if r.kind is kind):
            counts = _write(session, read, trust_name, today)
            noted = _note(session, read, counts, actor_id)
            if kind.name == "pupils":
                gone, back = note_missing_pupils(session, noted, read.rows, today)
                missing, counts = missing + gone, counts + Counts(notes=back)
            elif kind.name == "families":
                dropped, returned = note_missing_relatives(session, noted, read.rows)
                relatives, counts = relatives + dropped, counts + Counts(notes=returned)
            asked, said = note_unnamed(session, noted, kind.name, read.rows, today)
            unnamed, counts = unnamed + asked, counts + Counts(notes=said)
            reports.append(FileReport(read.table.file, kind.name, read.mapped.columns, read.mapped.unread, len(read.rows), counts))
    refresh_person_schools(session)
    return ImportReport(reports, missing, relatives, unnamed)


def _read_all(session: Session, files: Mapping[str, bytes]) -> list[_Read]:
    problems: list[Problem] = []
    reads: list[_Read] = []
    for name, content in files.items():
        try:
            table = read_csv(name, content)
            kind = kind_of_file(name, table.headings)
            mapped = map_columns(table, kind, _kept_mapping(session, kind, table))
            reads.append(_Read(table, kind, mapped, typed_rows(table, mapped), hashlib.sha256(content).digest()))
        except ImportRefused as refused:
            problems.extend(refused.problems)
    if problems:
        raise ImportRefused(problems)
    return reads


def _write(session: Session, read: _Read, trust_name: str, today: date) -> Counts:
    writers: dict[str, Callable[[Session, Sequence[TypedRow]], Counts]] = {
        "term_dates": write_term_dates,
        "la_contacts": write_la_contacts,
        "staff": partial(write_staff, today=today),
        "pupils": write_pupils,
        "families": write_families,
        "plans": partial(write_plans, today=today),
    }
    if read.kind.name == "schools":
        return write_schools(session, read.rows, trust_name, today)
    return writers[read.kind.name](session, read.rows)


def _note(session: Session, read: _Read, counts: Counts, actor_id: int | None) -> int:
    school = _only_school(session, read.rows)
    noted = Import(
        actor_id=actor_id,
        school_id=school,
        kind=read.kind.name,
        file_name=read.table.file,
        file_hash=read.digest,
        rows=len(read.rows),
        added=counts.added,
        changed=counts.changed,
        columns=dict(read.mapped.columns),
    )
    session.add(noted)
    if school is not None:
        session.merge(ImportMapping(school_id=school, kind=read.kind.name, columns=dict(read.mapped.columns)))
    session.flush()
    return noted.id


def _only_school(session: Session, rows: Sequence[TypedRow]) -> int | None:
    urns = {r.values.get("urn") for r in rows}
    if len(urns) != 1 or None in urns:
        return None
    return session.scalar(select(School.id).where(School.urn == str(urns.pop())))


def _kept_mapping(session: Session, kind: Kind, table: RawTable) -> Mapping[str, str] | None:
    """The mapping kept for the one school of the table, found by a first look at its URN column."""
    urn_heading = next((h for h in table.headings if h.casefold() in {"urn", "school urn"}), None)
    if urn_heading is None:
        return None
    at = table.headings.index(urn_heading)
    urns = {cells[at] for _, cells in table.rows}
    if len(urns) != 1:
        return None
    kept = session.scalar(
        select(ImportMapping.columns)
        .join(School, School.id == ImportMapping.school_id)
        .where(School.urn == urns.pop(), ImportMapping.kind == kind.name)
    )
    return {str(k): str(v) for k, v in kept.items()} if kept else None
