"""Putting an own ladder in the place of a shipped one, and taking it away again. Who did it, when and why is kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.acts.errors import NotAllowed
from db.acts.parts import Parts
from db.acts.retry import retried
from db.ladders import rungs_text
from db.models import Authority
from db.roles import APP
from rules.definition import Ladder

_SET = "SELECT set_ladder(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
_UNSET = "SELECT unset_ladder(%s, %s, %s, %s, %s, %s, %s)"
_REFUSED = "Ladders are set by a trust SEND lead: of that school, or for the trust and an authority of any school. Ask them to do it."


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a ladder is to hold: one school, the pupils of one local authority, or (neither) the trust."""

    school_id: int | None = None
    authority_id: int | None = None


def set_ladder(parts: Parts, person_id: int, schools: frozenset[int], scope: Scope, ladder: Ladder, content: str, because: str) -> int:
    """Put `ladder` (as `rules.overriding.read_override` allowed it; `content`: its text) in force; what stood in its place before has ended.

    Steps that open or are re-dated from now on are chased by it. Returns its number. Raises NotAllowed, nothing written.
    """
    values = (sorted(schools), person_id, parts.clock.today(), scope.school_id, scope.authority_id, ladder.name, rungs_text(ladder), content, because)
    return _done(parts, _SET, values)


def unset_ladder(parts: Parts, person_id: int, schools: frozenset[int], scope: Scope, name: str, because: str) -> bool:
    """The shipped ladder (or the own one of a wider scope) holds again. False: there was none in this scope. Raises NotAllowed."""
    return _done(parts, _UNSET, (sorted(schools), person_id, parts.clock.today(), scope.school_id, scope.authority_id, name, because)) > 0


def authority_of(session: Session, code: str) -> int | None:
    """The local authority with that three-digit code."""
    return session.scalar(select(Authority.id).where(Authority.code == code))


def _done(parts: Parts, statement: str, values: tuple[object, ...]) -> int:
    def once() -> int | None:
        with parts.engines.act_connection(APP) as connection:
            row = connection.execute(statement, values).fetchone()
        assert row is not None
        return row[0] if row[0] is None else int(row[0])

    found = retried(once, parts.kept.clear)
    if found is None:
        raise NotAllowed(_REFUSED)
    return found
