"""What we hold of the dates that an LA's SEN2 return asks for, pupil by pupil: one statement for one LA and one return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from db.queries.la_letters import letter_values, statement_of_letters
from rules.la_steps import LaSteps

# Pupils for whom the LA keeps a plan, or reviews or transfers one. Of each the last review whose meeting was held in the year before the return (one
# without a meeting has nothing to say), and the change of phase whose last lawful day lies in the year of the return. A row of `steps` keeps the
# outcome with which it was closed; one that was put right since stands in its event alone.
_OURS = statement_of_letters("""
    WITH {letter},
    mine AS (
      SELECT p.*, n.la_reference, n.authority_id IS NOT NULL AS has_plan FROM pupils p
        LEFT JOIN LATERAL (SELECT la_reference, authority_id, ceased_on FROM plans WHERE plans.pupil_id = p.id
                            ORDER BY ceased_on IS NULL DESC, id DESC LIMIT 1) n ON true
       WHERE (SELECT id FROM authorities WHERE code = :authority) = coalesce(n.authority_id, p.authority_id)
         AND coalesce(n.ceased_on, CAST(:first AS date)) >= :first AND coalesce(p.left_on, CAST(:first AS date)) >= :first),
    latest AS (
      SELECT DISTINCT ON (s.case_id, s.step) c.pupil_id, c.ref, d.process, s.case_id, s.step, s.party, s.outcome, s.opened_seq, s.closed_seq,
             s.closed_on, s.due_on
        FROM mine JOIN cases c ON c.pupil_id = mine.id JOIN definitions d ON d.id = c.definition_id JOIN steps s ON s.case_id = c.id
       WHERE d.process IN ('annual_review', 'phase_transfer') AND c.ended <> 'opened_in_error'
         AND s.step IN ('hold_meeting', 'la_decision', 'la_names_school') ORDER BY s.case_id, s.step, s.round DESC, s.no DESC),
    told AS (
      SELECT k.*, coalesce(mended.outcome, NULLIF(k.outcome, ''), told.event ->> 'outcome') AS said, CASE WHEN day.is_done THEN day.done_on END AS day
        FROM latest k {done_on}
        LEFT JOIN LATERAL (
          SELECT e.content::jsonb #>> ARRAY['event', 'outcome'] AS outcome FROM events e
           WHERE e.case_id = k.case_id AND e.seq > k.opened_seq AND e.kind = 'correct' AND position('"outcome":' IN e.content) > 0
             AND position('"step":"' || k.step || '"' IN e.content) > 0 ORDER BY e.seq DESC LIMIT 1) AS mended ON true),
    by_case AS (
      SELECT pupil_id, case_id, ref, process, max(day) FILTER (WHERE step = 'hold_meeting') AS held_on,
             max(said) FILTER (WHERE step = 'la_decision' AND day IS NOT NULL) AS decision,
             max(day) FILTER (WHERE step = 'la_decision') AS decision_on,
             max(due_on) FILTER (WHERE step = 'la_names_school') AS due_on,
             max(day) FILTER (WHERE step = 'la_names_school' AND said <> 'plan_to_cease') AS final_on
        FROM told GROUP BY pupil_id, case_id, ref, process),
    review AS (
      SELECT DISTINCT ON (b.pupil_id) b.*, on_day.meeting_on,
             CASE b.decision WHEN 'amend' THEN
               (SELECT e.content::jsonb #>> ARRAY['event', 'facts', 'notice_sent_on'] FROM events e
                 WHERE e.case_id = b.case_id AND position('"notice_sent_on":' IN e.content) > 0 ORDER BY e.seq DESC LIMIT 1)::date END AS draft_on
        FROM by_case b CROSS JOIN LATERAL (
          SELECT coalesce((SELECT e.content::jsonb #>> ARRAY['event', 'facts', 'meeting_on'] FROM events e
                            WHERE e.case_id = b.case_id AND position('"meeting_on":' IN e.content) > 0 ORDER BY e.seq DESC LIMIT 1)::date,
                          b.held_on) AS meeting_on) AS on_day
       WHERE b.process = 'annual_review' AND b.held_on IS NOT NULL AND on_day.meeting_on BETWEEN :first AND :last
       ORDER BY b.pupil_id, on_day.meeting_on DESC, b.case_id DESC),
    transfer AS (
      SELECT DISTINCT ON (pupil_id) * FROM by_case
       WHERE process = 'phase_transfer' AND extract(year FROM due_on) = :year ORDER BY pupil_id, case_id DESC)
    SELECT m.id AS pupil_id, m.upn, m.family_name AS surname, m.given_name AS forename, m.born_on, s.urn, s.name AS school, m.la_reference,
           r.ref AS review, t.ref AS transfer, r.meeting_on AS review_meeting_on, r.decision, r.decision_on,
           r.draft_on AS draft_amended_plan_on, t.due_on AS transfer_due_on, t.final_on AS transfer_final_plan_on
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
