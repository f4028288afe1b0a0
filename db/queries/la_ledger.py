"""How each LA keeps its duties towards the trust's pupils: on time, late, still owed. One statement over the LA's steps with a date of law."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from db.queries.definitions_read import definitions_by_hash, known_definition
from db.queries.la_letters import columns_of, letter_values, statement_of_letters
from db.queries.la_put_right import days_put_right
from db.queries.owed_rows import IS_THE_LAS
from rules.la_steps import LaSteps
from rules.refusals import step_title

# A duty is counted where its last lawful day lies between `since` and `until`, and is over: whatever is late then is late, also what nobody has
# done yet, and an answer before its day counts once the day is past, or every early one would be kept and no open one counted. The latest round of
# a step is the duty; earlier ones were set aside. A duty that the law lifted is told apart. One that ended otherwise (the case was ended, or a later
# step overtook it) counts only if its day was past by then. A case may be about a school: then it has no pupil. In a case of a plan that moves one
# step is the old LA's and the others the new one's; the pupil's record shows the old one until a person has seen that it shows the new one.
_LEDGER = statement_of_letters(
    """
    WITH {letter},
    duty AS MATERIALIZED (
      SELECT * FROM unnest(CAST(:duty_processes AS text[]), CAST(:duty_steps AS text[]), CAST(:duty_citations AS text[]),
                           CAST(:duty_first AS text[])) AS u (process, step, citation, first)),
    owed AS (
      SELECT DISTINCT ON (s.case_id, s.step, s.party) s.case_id, s.step, s.party, coalesce(x.due_on, s.due_on) AS due_on, s.opened_seq, s.closed_seq,
             s.closed_on, s.outcome, s.lifted, s.school_id, s.status, s.why
        FROM steps s LEFT JOIN unnest(CAST(:moved_cases AS bigint[]), CAST(:moved_numbers AS int[]), CAST(:moved_days AS date[]))
             AS x (case_id, no, due_on) ON x.case_id = s.case_id AND x.no = s.no
       WHERE s.owner = 'la' AND s.due_on IS NOT NULL ORDER BY s.case_id, s.step, s.party, s.round DESC, s.no DESC),
    k AS (
      SELECT s.*, d.process, d.hash, c.ref, coalesce(p.authority_id, sc.authority_id) AS authority_id
        FROM owed s JOIN cases c ON c.id = s.case_id JOIN definitions d ON d.id = c.definition_id
        JOIN schools sc ON sc.id = s.school_id LEFT JOIN pupils p ON p.id = c.pupil_id
        LEFT JOIN duty u ON u.process = d.process AND u.step = s.step
       WHERE (d.process <> 'plan_moves_authority' OR (s.step <> 'la_transfers_plan') = EXISTS (
               SELECT FROM steps b WHERE b.case_id = s.case_id AND b.step = 'note_new_la' AND b.outcome = 'done'))
         AND s.due_on BETWEEN :since AND :until AND s.due_on < :today AND c.ended <> 'opened_in_error'
         AND (s.closed_seq IS NOT NULL OR {is_the_las})),
    kept AS MATERIALIZED (
      SELECT k.*, day.is_done, CASE WHEN day.is_done THEN day.done_on ELSE coalesce(k.closed_on, CAST(:today AS date)) END - k.due_on AS days
        FROM k {done_on}),
    judged AS MATERIALIZED (
      SELECT kept.*, CASE WHEN lifted <> '' THEN 'excused' WHEN is_done AND days <= 0 THEN 'on time' WHEN is_done THEN 'late' WHEN days <= 0 THEN ''
                          WHEN closed_seq IS NULL THEN 'owed' WHEN outcome IN ('overtaken', 'closed', '') THEN 'never' ELSE '' END AS how
        FROM kept)
    SELECT coalesce(a.code, '') AS code, coalesce(a.name, '') AS name, j.process, j.step, max(j.hash) AS hash,
           count(*) FILTER (WHERE how = 'on time') AS on_time, count(*) FILTER (WHERE how = 'late') AS late,
           count(*) FILTER (WHERE how = 'owed') AS owed, count(*) FILTER (WHERE how = 'never') AS never,
           count(*) FILTER (WHERE how = 'excused') AS excused,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE how IN ('late', 'owed')) AS median_days,
           max(days) FILTER (WHERE how IN ('late', 'owed')) AS worst_days,
           (array_agg(j.ref ORDER BY days DESC, j.case_id) FILTER (WHERE how IN ('late', 'owed')))[1] AS worst_case
      FROM judged j LEFT JOIN authorities a ON a.id = j.authority_id
     WHERE how <> '' AND (CAST(:authority AS text) IS NULL OR a.code = :authority)
     GROUP BY a.id, a.code, a.name, j.process, j.step ORDER BY a.name NULLS LAST, a.code, j.process, min(j.due_on), j.step
""".replace("{is_the_las}", IS_THE_LAS)
)


@dataclass(frozen=True, slots=True)
class LaDutyRow:
    """One LA's record on one duty. `code` and `name` are empty where no LA is known.

    `on_time`, `late`: done, by the date on its letter. `owed`: past its day and not done yet. `never`: past its day when the case ended or went
    another way. `excused`: the law lifted the date; no part of any rate. `median_days`, `worst_days`: days late of those late or still owed.
    """

    code: str
    name: str
    process: str
    process_title: str
    step: str
    title: str
    citation: str
    on_time: int
    late: int
    owed: int
    never: int
    excused: int
    median_days: float | None
    worst_days: int | None
    worst_case: str

    @property
    def counted(self) -> int:
        """All whose day is past and was not lifted."""
        return self.on_time + self.late + self.owed + self.never

    @property
    def kept_percent(self) -> float | None:
        """On time, of all that were due. None where nothing was."""
        return _percent(self.on_time, self.counted)

    @property
    def of_decided_percent(self) -> float | None:
        """On time, of those that were done: as the national figures are counted, which leave out what is still awaited."""
        return _percent(self.on_time, self.on_time + self.late)


def la_ledger(session: Session, steps: LaSteps, since: date, until: date, today: date, authority: str | None = None) -> list[LaDutyRow]:
    """The record of each LA (or the one with that code) on each duty whose last lawful day was from `since` to `until`, over the session's schools.

    `steps`: `rules.la_steps.la_steps(library)`. Ordered by the LA's name, process, and the step's earliest date.
    """
    duties = dict(zip(("duty_processes", "duty_steps", "duty_citations", "duty_first"), columns_of(steps.duties, 4), strict=True))
    values = {**letter_values(steps), **duties, **days_put_right(session), "since": since, "until": until, "today": today, "authority": authority}
    rows = session.execute(_LEDGER, values).mappings().all()
    definitions_by_hash(session, {row["hash"] for row in rows})
    return [_duty(dict(row)) for row in rows]


def _duty(found: dict[str, Any]) -> LaDutyRow:
    definition = known_definition(found.pop("hash"))
    step = definition.steps[found["step"]]
    words = {"process_title": definition.title, "title": step_title(definition, step.name, ""), "citation": step.citation}
    return LaDutyRow(**found | words | {"worst_case": found["worst_case"] or ""})


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None
