"""Rows into a table: new ones added, changed ones changed, equal ones left alone; counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, tuple_, update
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session

from db.importing.problems import Problem

Values = Mapping[str, Any]
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows were added, changed, and found as they were; `notes` name rows that do not do what they seem to say, and why."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    notes: tuple[Problem, ...] = ()

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.added + other.added, self.changed + other.changed, self.unchanged + other.unchanged, self.notes + other.notes)


def upsert(session: Session, model: type[DeclarativeBase], key: Sequence[str], rows: Sequence[Values]) -> Counts:
    """Bring the table of `model` to `rows`, each named by its `key` columns. Rows not named stay as they are.

    Columns that a row does not carry keep their value; new rows then have the table's own. Runs in the caller's transaction.
    """
    alike: dict[frozenset[str], list[Values]] = {}
    for row in rows:
        alike.setdefault(frozenset(row), []).append(row)
    return sum((_upsert_alike(session, model, key, part) for part in alike.values()), Counts())


def _upsert_alike(session: Session, model: type[DeclarativeBase], key: Sequence[str], rows: Sequence[Values]) -> Counts:
    standing = _standing(session, model, key, rows)
    added = [dict(r) for r in rows if _key(r, key) not in standing]
    changed = [dict(r) for r in rows if _key(r, key) in standing and _differs(r, standing[_key(r, key)])]
    if added:
        session.execute(insert(model), added)
    if changed:
        _update(session, model, key, changed)
    return Counts(len(added), len(changed), len(rows) - len(added) - len(changed))


def _key(row: Values, key: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[k] for k in key)


def _differs(row: Values, standing: Values) -> bool:
    return any(standing[name] != value for name, value in row.items())


def _standing(session: Session, model: type[DeclarativeBase], key: Sequence[str], rows: Sequence[Values]) -> dict[tuple[Any, ...], Values]:
    names = list(rows[0])
    columns: list[InstrumentedAttribute[Any]] = [getattr(model, n) for n in names]
    keys: list[InstrumentedAttribute[Any]] = [getattr(model, n) for n in key]
    wanted = [_key(r, key) for r in rows]
    found: dict[tuple[Any, ...], Values] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        for row in session.execute(select(*columns).where(tuple_(*keys).in_(part))):
            values = dict(zip(names, row, strict=True))
            found[_key(values, key)] = values
    return found


def _update(session: Session, model: type[DeclarativeBase], key: Sequence[str], rows: Sequence[Values]) -> None:
    table = model.__table__
    others = [n for n in rows[0] if n not in key]
    statement = update(model).execution_options(synchronize_session=False)
    for name in key:
        statement = statement.where(table.c[name] == bindparam(f"key_{name}"))
    statement = statement.values({n: bindparam(f"new_{n}") for n in others})
    for row in rows:
        session.connection().execute(statement, {f"key_{n}": row[n] for n in key} | {f"new_{n}": row[n] for n in others})
