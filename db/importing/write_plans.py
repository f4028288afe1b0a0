"""EHC plans into their table. A review that a case here has decided is never undone by an older file; what a file said, a later file puts right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session, aliased

from db.importing.problems import ImportRefused, Problem
from db.importing.pupils_of_rows import pupil_key, pupils_of
from db.importing.typed_rows import TypedRow
from db.importing.upsert import Counts, Values, upsert
from db.importing.write_trust import authorities_by_code
from db.models import Plan, Pupil, School
from db.review_diary import hold_plans, reviewed_by_a_case
from db.said import not_the_new_las_word
from rules.calendar import england
from rules.date_words import date_of

LONGEST_TO_AMEND = timedelta(days=731)  # an MIS that keeps the amended plan's date has it after the review that led to it, late as LAs are
_COUNT_ANEW = text("SELECT count_anew(:pupils)")  # what the LA asks for early, and its own ladders, may be others
_FIRST_MADE = "the plan date is the day on which the plan was first made: an amended plan keeps it, and no amendment restarts the 12 months"


def write_plans(session: Session, rows: Sequence[TypedRow], today: date) -> Counts:
    """EHC plans, one a pupil in the file; the LA that keeps the plan becomes the pupil's LA.

    `review_due_on` is the last day of the 12 months starting with the making of the plan or its last review (CFA 2014 s.44(1)). For a plan whose
    review a case here decided the later of the two last reviews counts; else the file's does. A later plan date puts nothing off. A plan dated after
    the day on which the pupil's plan ceased is a new one; a row of a plan that ceased changes nothing. What is known at another school of the trust,
    by the UPN, counts for whoever has come from there. Raises ImportRefused for a day to come, a review years before its plan.
    """
    pupils = pupils_of(session, rows)
    las = authorities_by_code(session)
    _refuse_impossible(rows, las, today)
    named = {pupils[pupil_key(r)][0] for r in rows}
    hold_plans(session, named)
    plans = _plans_of(session, named)
    before = _plans_before(session, named - plans.keys())
    reviewed_here = reviewed_by_a_case(session, plans.keys() | before.keys())
    counts, added, standing = Counts(), [], []
    for row in rows:
        pupil, school = pupils[pupil_key(row)]
        known = plans.get(pupil) or before.get(pupil, [])
        ceased_on = max((p.ceased_on for p in known if p.ceased_on), default=None)
        if ceased_on is not None and _day(row, "issued_on") <= ceased_on:
            counts += Counts(unchanged=1, notes=(_ceased(row, ceased_on),))
            continue
        running = next((p for p in known if p.ceased_on is None), None)
        values = {
            "pupil_id": pupil,
            "school_id": school,
            "authority_id": las[str(row.values["la_code"])],
            **_days(row, running, pupil in reviewed_here),
        }
        counts += Counts(notes=(*_stays(row, running, values), *_earlier_review(row, running, values)))
        if running is None or running.pupil_id != pupil:
            added.append(values)
        else:
            standing.append(values | {"id": running.id})
    keep_authorities(session, [*added, *standing], today)
    if added:
        session.execute(insert(Plan), added)
    return counts + Counts(added=len(added)) + upsert(session, Plan, ["id"], standing)


def _days(row: TypedRow, running: Plan | None, reviewed_here: bool) -> dict[str, date | None]:
    """Plan date, last review and the day by which the next review is decided, from the row and from what is known of the plan that runs.

    A day of review that only a file told may be a slip: a later file puts it right, also to an earlier day, which brings the next review forward.
    """
    issued_on, reviewed_on = _day(row, "issued_on"), row.values["last_review_on"]
    assert reviewed_on is None or isinstance(reviewed_on, date)
    known = running.last_review_on if running else None
    if running and known and (reviewed_on is None or reviewed_on == known or (reviewed_here and reviewed_on < known)):
        return {"issued_on": issued_on, "last_review_on": running.last_review_on, "review_due_on": running.review_due_on}
    due_on = _twelve_months(reviewed_on or issued_on)
    if running is not None and reviewed_on is None:
        due_on = min(due_on, running.review_due_on)
    return {"issued_on": issued_on, "last_review_on": reviewed_on, "review_due_on": due_on}


def _twelve_months(base: date) -> date:
    return date_of(f"12 months starting with {base}", england()).on


def _stays(row: TypedRow, running: Plan | None, values: Values) -> tuple[Problem, ...]:
    """Said where a later plan date would put the review off, and does not: an amended plan's."""
    if values["last_review_on"] is not None and values["last_review_on"] < values["issued_on"]:
        due = f"the review is due on {values['review_due_on']}, 12 months from the last one on {values['last_review_on']}"
        return (Problem(row.file, row.line, "Plan date", f"{due}: a later plan date is taken for an amended plan's, which restarts nothing"),)
    if running is None or values["last_review_on"] is not None or _twelve_months(values["issued_on"]) <= running.review_due_on:
        return ()
    said = f"the review stays due on {running.review_due_on}: {_FIRST_MADE}"
    cure = "if the earlier plan date was wrong, write the right one under Last review too"
    return (Problem(row.file, row.line, "Plan date", f"{said}; {cure}"),)


def _earlier_review(row: TypedRow, running: Plan | None, values: Values) -> tuple[Problem, ...]:
    """Said where the file has an earlier last review than is known: which of the two counts."""
    known, said = running.last_review_on if running else None, row.values["last_review_on"]
    if known is None or not isinstance(said, date) or said >= known:
        return ()
    if values["last_review_on"] == known:
        words = f"{said} is before the review of {known}, which was decided in a case here, so the row does not change it"
    else:
        words = f"the last review was {known} and is {said} now, so the next one is due on {values['review_due_on']}"
    return (Problem(row.file, row.line, "Last review", words),)


def _ceased(row: TypedRow, ceased_on: date) -> Problem:
    return Problem(
        row.file, row.line, "Plan date", f"this plan ceased on {ceased_on}, so the row changes nothing; a new plan has a later date than that"
    )


def _refuse_impossible(rows: Sequence[TypedRow], las: Mapping[str, int], today: date) -> None:
    problems = []
    for r in rows:
        if str(r.values["la_code"]) not in las:
            reason = f"no local authority {r.values['la_code']} is known; import la_contacts.csv with it first"
            problems.append(Problem(r.file, r.line, "LA code", reason))
        issued_on, reviewed_on = _day(r, "issued_on"), r.values["last_review_on"]
        for heading, said in (("Plan date", issued_on), ("Last review", reviewed_on)):
            if isinstance(said, date) and said > today:
                problems.append(Problem(r.file, r.line, heading, f"{said} is still to come; write the day on which it happened"))
        if isinstance(reviewed_on, date) and reviewed_on < issued_on - LONGEST_TO_AMEND:
            reason = f"the review of {reviewed_on} is before the plan of {issued_on}: {_FIRST_MADE}; correct one of the two"
            problems.append(Problem(r.file, r.line, "Last review", reason))
    if problems:
        raise ImportRefused(problems)


def _plans_of(session: Session, pupils: set[int]) -> dict[int, list[Plan]]:
    found: dict[int, list[Plan]] = {}
    for plan in session.scalars(select(Plan).where(Plan.pupil_id.in_(pupils)).order_by(Plan.id).execution_options(populate_existing=True)):
        found.setdefault(plan.pupil_id, []).append(plan)
    return found


def _plans_before(session: Session, pupils: set[int]) -> dict[int, list[Plan]]:
    """The plans that the same children have at other schools of the trust, the last reviewed first, by the pupils as they are now."""
    now, earlier = aliased(Pupil), aliased(Pupil)
    asked = (
        select(now.id, Plan)
        .join(earlier, (earlier.upn == now.upn) & (earlier.id != now.id))
        .join(Plan, Plan.pupil_id == earlier.id)
        .where(now.id.in_(pupils))
        .order_by(Plan.last_review_on.desc().nulls_last(), Plan.id.desc())
    )
    found: dict[int, list[Plan]] = {}
    for pupil, plan in session.execute(asked.execution_options(populate_existing=True)):
        found.setdefault(pupil, []).append(plan)
    return found


def keep_authorities(session: Session, values: Sequence[Values], today: date) -> None:
    """Let each of these pupils (`pupil_id`) be of the LA that their plan names (`authority_id`); where letters went to another until now, also the
    school's, the plan has moved. Needs a scheduler session."""
    asked = select(Pupil.id, func.coalesce(Pupil.authority_id, School.authority_id)).join(School, School.id == Pupil.school_id)
    before = {id_: authority for id_, authority in session.execute(asked.where(Pupil.id.in_({v["pupil_id"] for v in values})))}
    for v in values:
        changed = Pupil.authority_id.is_distinct_from(v["authority_id"])
        session.execute(update(Pupil).where(Pupil.id == v["pupil_id"], changed).values(authority_id=v["authority_id"]))
    if moved := [v["pupil_id"] for v in values if before[v["pupil_id"]] != v["authority_id"]]:
        session.execute(_COUNT_ANEW, {"pupils": moved})  # first: it holds the cases, so that no word of the old LA comes after the next statement
        not_the_new_las_word(session, moved, today)


def _day(row: TypedRow, name: str) -> date:
    day = row.values[name]
    assert isinstance(day, date)
    return day
