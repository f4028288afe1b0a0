"""A message that has not left goes to whoever reads in its role on the day it leaves, not to who did when it was owed (docs/decisions/170).

One way for all that may have changed meanwhile: a role handed on, an absence begun or over, a contact replaced, a profile loaded, a plan that
another LA keeps, an order that keeps somebody away. What may have come already (`may_be_twice`) stays as it is. A few statements, whatever the
number of rows, and nothing is written where everybody still reads what is theirs. Every function takes a scheduler session.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from db.held import FAMILY, reader_kind
from db.kept_away import kept_away
from db.la_profile.routing import LA, la_routes
from db.queries.definitions_read import definitions_by_hash
from db.queries.people import recipients
from db.redirect_plan import Change, Known, Unsent, bearer, plan

NOBODY = "nobody_holds_the_role"
# `kept_away`: a family is told what is theirs, so nobody is asked to tell one of them whom an order keeps away.
_ROWS = """
    SELECT d.id, d.case_id, d.seq, d.template, d.step, d.party, d.to_role, d.no, d.rung, d.due_on, d.moment, d.severity, d.details, d.person_id,
           d.authority_id, d.state, d.held_for, d.once_key, d.to_role IN ({family}) AND (
               SELECT {kept_away} FROM cases c WHERE c.id = d.case_id) AS kept_away
    FROM deliveries d WHERE NOT d.may_be_twice AND {which} ORDER BY d.id
"""


def _rows(which: str) -> TextClause:
    family = ", ".join(f"'{role}'" for role in sorted(FAMILY))
    return text(_ROWS.format(which=which, family=family, kept_away=kept_away("c.pupil_id", "d.person_id")))


_OF_SCHOOLS = "(CAST(:schools AS int[]) IS NULL OR d.school_id = ANY (CAST(:schools AS int[])))"
_HELD = _rows(f"d.state = 'held' AND d.held_for = :kind AND d.owed_on <= :today AND {_OF_SCHOOLS}")
_CLAIMED = _rows("d.state = 'claimed' AND d.id = ANY (:ids)")
_UNSENT_MAILING = "NOT (SELECT g.may_be_twice FROM mailings g WHERE g.id = d.mailing_id)"
_LISTED = _rows(f"d.state = 'listed' AND d.mailing_id = ANY (:ids) AND {_UNSENT_MAILING}")
# What else says the same, or would be known by the same key: also of readers who have had it.
_KNOWN = text("""
    SELECT d.id, d.case_id, d.seq, d.template, d.step, d.party, d.to_role, d.no, d.rung, d.due_on, d.person_id, d.authority_id, d.state, d.once_key
    FROM deliveries d WHERE d.case_id = ANY (:cases) AND d.seq = ANY (:seqs) OR d.once_key = ANY (:keys)
""")
_ROLES = text("SELECT c.id, d.hash FROM cases c JOIN definitions d ON d.id = c.definition_id WHERE c.id = ANY (:cases)")
_CHANGES = """
    jsonb_to_recordset(CAST(:changes AS jsonb)) AS x (id bigint, was_state text, was_person bigint, was_authority int, person_id bigint,
                                                      authority_id int, details text, held_for text, once_key text)
"""
# Whoever changed the row since it was read has had the say.
_STILL = "d.id = x.id AND d.state = x.was_state AND (d.person_id, d.authority_id) IS NOT DISTINCT FROM (x.was_person, x.was_authority)"
_COPY = text(f"""
    INSERT INTO deliveries (case_id, person_id, authority_id, seq, school_id, due_on, no, round, rung, step, party, moment, template, to_role,
                            severity, state, reference, once_key, details, owed_on, held_for)
    SELECT d.case_id, x.person_id, x.authority_id, d.seq, d.school_id, d.due_on, d.no, d.round, d.rung, d.step, d.party, d.moment, d.template,
           d.to_role, d.severity, CASE WHEN d.state = 'claimed' THEN 'owed' ELSE 'held' END,
           d.reference || CASE WHEN x.person_id IS NULL THEN '/a' || x.authority_id ELSE '/p' || x.person_id END, x.once_key, x.details, d.owed_on,
           x.held_for
    FROM deliveries d JOIN {_CHANGES} ON {_STILL} ON CONFLICT DO NOTHING
""")  # noqa: S608  our own columns
# A refusal, and a text message in place of a mail, were of the reader before: with the new one it begins anew.
_MOVE = text(f"""
    UPDATE deliveries d SET person_id = x.person_id, authority_id = x.authority_id, details = x.details, held_for = x.held_for, channel = '',
        once_key = CASE WHEN EXISTS (SELECT FROM deliveries o WHERE o.once_key = x.once_key) THEN d.once_key ELSE x.once_key END,
        state = CASE WHEN d.state = 'listed' THEN 'held' ELSE d.state END, mailing_id = NULL,
        attempts = LEAST(d.attempts, CASE WHEN d.state = 'claimed' THEN 1 ELSE 0 END), error_code = '', refused_since = NULL
    FROM {_CHANGES} WHERE {_STILL}
""")  # noqa: S608
_SAY_ANEW = text(f"UPDATE deliveries d SET details = x.details FROM {_CHANGES} WHERE {_STILL}")  # noqa: S608
_LAY_ASIDE = text(f"""
    UPDATE deliveries d SET state = 'superseded', settled_at = now(), claimed_until = NULL FROM {_CHANGES} WHERE {_STILL}
""")  # noqa: S608
_NOBODY = text(f"""
    UPDATE deliveries d SET state = 'failed', error_code = '{NOBODY}', settled_at = now(), claimed_until = NULL, person_id = NULL,
        authority_id = NULL, mailing_id = NULL, refused_since = NULL, held_for = '', details = x.details,
        once_key = CASE WHEN EXISTS (SELECT FROM deliveries o WHERE o.once_key = x.once_key) THEN d.once_key ELSE x.once_key END
    FROM {_CHANGES} WHERE {_STILL}
""")  # noqa: S608
_BY_KIND = {"copy": _COPY, "move": _MOVE, "say anew": _SAY_ANEW, "lay aside": _LAY_ASIDE, "nobody": _NOBODY}  # in this order
_PUT_BACK = """
    UPDATE deliveries d SET state = 'held', mailing_id = NULL WHERE d.mailing_id = :mailing AND d.state = 'listed' {and_if}
"""
_PUT_BACK_ALL = text(_PUT_BACK.format(and_if=""))
_PUT_BACK_KEPT = text(
    _PUT_BACK.format(and_if=f"AND (SELECT {kept_away('c.pupil_id', 'd.person_id')} FROM cases c WHERE c.id = d.case_id)")  # noqa: S608
)


def redirect_held(session: Session, kind: str, today: date, schools: Iterable[int] | None = None) -> int:
    """What is held for a mailing of that kind and may be collected today, of these schools or all. How many rows changed."""
    asked = None if schools is None else list(schools)
    return _redirect(session, session.execute(_HELD, {"kind": kind, "today": today, "schools": asked}).all(), today)


def redirect_claimed(session: Session, ids: Sequence[int], today: date) -> int:
    """Deliveries that this transaction, or this sender, has claimed: it keeps the claim on those that now go to somebody else."""
    return _redirect(session, session.execute(_CLAIMED, {"ids": list(ids)}).all(), today) if ids else 0


def redirect_listed(session: Session, mailings: Sequence[int], today: date) -> int:
    """The lines of mailings that have not left: whose reader is another by now, its line is held again, for the new reader's next one."""
    return _redirect(session, session.execute(_LISTED, {"ids": list(mailings)}).all(), today) if mailings else 0


def put_back_kept_away(session: Session, mailing_id: int) -> None:
    """Lines about a child from whom an order keeps the mailing's reader are held again: the next collection finds who reads them."""
    session.execute(_PUT_BACK_KEPT, {"mailing": mailing_id})


def put_back_lines(session: Session, mailing_id: int) -> None:
    """A mailing that is not sent has told none of its lines: they are held again."""
    session.execute(_PUT_BACK_ALL, {"mailing": mailing_id})


def _redirect(session: Session, rows: Sequence[Any], today: date) -> int:
    if not rows:
        return 0
    wanted = recipients(session, dict.fromkeys((row.case_id, row.to_role) for row in rows), today)
    routes = la_routes(session, (row.case_id for row in rows if row.to_role == LA), today)
    unsent = [Unsent.of(row, wanted[row.case_id, row.to_role], routes) for row in rows]
    stale = [one for one in unsent if one.is_stale]
    if not stale:
        return 0
    changes = plan(unsent, _known(session, stale))
    held_for = _held_for(session, changes)
    for kind, statement in _BY_KIND.items():
        mine = [one.as_json() | {"held_for": held_for.get(place, "")} for place, one in enumerate(changes) if one.kind == kind]
        if mine:
            session.execute(statement, {"changes": json.dumps(mine)})
    return len(changes)


def _known(session: Session, stale: Sequence[Unsent]) -> Known:
    cases = sorted({one.row.case_id for one in stale})
    keys = sorted({bearer(one.row.once_key, reader) for one in stale for reader in one.readers})
    return Known(session.execute(_KNOWN, {"cases": cases, "seqs": sorted({one.row.seq for one in stale}), "keys": keys}).all())


def _held_for(session: Session, changes: Sequence[Change]) -> dict[int, str]:
    """For what each changed row that goes to a reader waits, by its place: staff have a morning, others a list."""
    waiting = [(place, one) for place, one in enumerate(changes) if one.reader is not None and one.row.held_for]
    if not waiting:
        return {}
    hashes = {row.id: row.hash for row in session.execute(_ROLES, {"cases": sorted({one.row.case_id for _, one in waiting})})}
    definitions = definitions_by_hash(session, set(hashes.values()))
    found = {}
    for place, one in waiting:
        role = definitions[hashes[one.row.case_id]].roles.get(one.row.to_role)
        kind = reader_kind(role, one.reader.kind if one.reader else "")
        found[place] = "morning" if kind == "staff" else "list"
    return found
