"""What we hold of the dates that an LA's SEN2 return asks for, pupil by pupil: one statement for one LA and one return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from db.queries.la_letters import letter_values, statement_of_letters
from rules.la_steps import LaSteps

# Pupils for whom the LA keeps a plan, or reviews or transfers one. Of each the last review whose meeting was held in the year before the return (one
# without a meeting has nothing to say), and the change of phase whose last lawful day lies in the year of the return.
_OURS = statement_of_letters("""
    WITH {letter},
    mine AS (
      SELECT p.*, n.la_reference, n.authority_id IS NOT NULL AS has_plan FROM pupils p
        LEFT JOIN LATERAL (SELECT la_reference, authority_id, ceased_on FROM plans WHERE plans.pupil_id = p.id
                            ORDER BY ceased_on IS NULL DESC, id DESC LIMIT 1) n ON true
       WHERE (SELECT id FROM authorities WHERE code = :authority) = coalesce(n.authority_id, p.authority_id)
         AND coalesce(n.ceased_on, CAST(:first AS date)) >= :first AND coalesce(p.left_on, CAST(:first AS date)) >= :first),
    asked AS (
      SELECT c.id, c.ref, c.pupil_id, d.process FROM cases c JOIN mine ON mine.id = c.pupil_id JOIN definitions d ON d.id = c.definition_id
       WHERE d.process IN ('annual_review', 'phase_transfer') AND c.ended <> 'opened_in_error'),
    latest AS (
      SELECT DISTINCT ON (s.case_id, s.step) s.case_id, a.process, s.step, s.party, s.outcome, s.opened_seq, s.closed_seq, s.closed_on, s.due_on
        FROM steps s JOIN asked a ON a.id = s.case_id
       WHERE s.step IN ('hold_meeting', 'la_decision', 'la_names_school') ORDER BY s.case_id, s.step, s.round DESC, s.no DESC),
    done AS (SELECT k.case_id, k.step, coalesce(NULLIF(k.outcome, ''), told.event ->> 'outcome') AS outcome, day.done_on
               FROM latest k {done_on} WHERE day.is_done),
    review AS (
      SELECT DISTINCT ON (a.pupil_id) a.pupil_id, a.ref, meeting.held_on, said.outcome, said.done_on,
             CASE said.outcome WHEN 'amend' THEN
               (SELECT f.value #>> '{{}}' FROM facts() f WHERE f.case_id = a.id AND f.name = 'notice_sent_on')::date END AS draft_on
        FROM asked a JOIN done held ON held.case_id = a.id AND held.step = 'hold_meeting'
        CROSS JOIN LATERAL (SELECT coalesce((SELECT f.value #>> '{{}}' FROM facts() f WHERE f.case_id = a.id AND f.name = 'meeting_on')::date,
                                            held.done_on) AS held_on) AS meeting
        LEFT JOIN done said ON said.case_id = a.id AND said.step = 'la_decision'
       WHERE a.process = 'annual_review' AND meeting.held_on BETWEEN :first AND :last ORDER BY a.pupil_id, meeting.held_on DESC, a.id DESC),
    transfer AS (
      SELECT DISTINCT ON (a.pupil_id) a.pupil_id, a.ref, l.due_on, named.done_on
        FROM asked a JOIN latest l ON l.case_id = a.id AND l.step = 'la_names_school'
        LEFT JOIN done named ON named.case_id = a.id AND named.step = 'la_names_school' AND named.outcome <> 'plan_to_cease'
       WHERE extract(year FROM l.due_on) = :year ORDER BY a.pupil_id, a.id DESC)
    SELECT m.id AS pupil_id, m.upn, m.family_name AS surname, m.given_name AS forename, m.born_on, s.urn, s.name AS school, m.la_reference,
           r.ref AS review, t.ref AS transfer, r.held_on AS review_meeting_on, r.outcome AS decision, r.done_on AS decision_on,
           r.draft_on AS draft_amended_plan_on, t.due_on AS transfer_due_on, t.done_on AS transfer_final_plan_on
      FROM mine m JOIN schools s ON s.id = m.school_id LEFT JOIN review r ON r.pupil_id = m.id LEFT JOIN transfer t ON t.pupil_id = m.id
     WHERE m.has_plan OR r.ref IS NOT NULL OR t.ref IS NOT NULL ORDER BY s.name, m.family_name, m.given_name, m.id
""")


@dataclass(frozen=True, slots=True)
class OurDates:
    """One pupil of one LA, with what the return asks. `decision`: maintain, amend, cease, or empty. Dates are the LA's letters' where it wrote one.

    `transfer_due_on`: our last lawful day, the day before the one that reg 18 names. `review`, `transfer`: references of the cases.
    """

    pupil_id: int
    upn: str
    surname: str
    forename: str
    born_on: date
    urn: str
    school: str
    la_reference: str
    review: str
    transfer: str
    review_meeting_on: date | None
    decision: str
    decision_on: date | None
    draft_amended_plan_on: date | None
    transfer_due_on: date | None
    transfer_final_plan_on: date | None


def our_dates(session: Session, steps: LaSteps, authority: str, year: int) -> list[OurDates]:
    """Our side of the return of January `year` for the LA with that code: reviews held in the year before it, changes of phase due in it.

    Pupils of the session's schools, by school and name; those without a review or a transfer in that time stand there with empty dates.
    """
    values = {"authority": authority, "year": year, "first": date(year - 1, 1, 1), "last": date(year - 1, 12, 31)}
    rows = session.execute(_OURS, {**letter_values(steps), **values}).mappings()
    return [OurDates(**_worded(dict(row))) for row in rows]


_WORDS = frozenset(("upn", "la_reference", "review", "transfer", "decision"))  # empty where the ledger has none


def _worded(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{name: row[name] or "" for name in _WORDS}}


def next_return(today: date) -> int:
    """The year of the SEN2 return that is made now or next: each January, and worked on until the end of February (our reading)."""
    return today.year + (today.month > 2)
