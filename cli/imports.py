"""`import`: CSV files of an MIS into the ledger, whole or not at all; and pupils missing from a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import day_of
from cli.show import AS_JSON, as_json, fail, refusals, table
from cli.working import AS_PERSON, acting, working

if TYPE_CHECKING:
    from cli.working import Acting, Working
    from db.importing.run import ImportReport
    from db.permissions import PlainAct


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`."""
    app.command("import")(import_files)
    app.command()(leavers)


def import_files(
    paths: Annotated[list[Path], typer.Argument(help="CSV files, or a folder of them")],
    trust: Annotated[str, typer.Option("--trust", help="The trust's name, at the first import.")] = "The trust",
    who: Annotated[str | None, AS_PERSON] = None,
    json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Import schools, term dates, councils' contacts, staff, pupils, families and EHC plans. A file with an error imports nothing."""
    with refusals():
        from db.importing.run import import_files as run
        from db.unowned import tell_unowned

        files = {f.name: f.read_bytes() for path in paths for f in (sorted(path.glob("*.csv")) if path.is_dir() else [_file(path)])}
        if not files:
            fail(f"there is no CSV file in {', '.join(str(p) for p in paths)}")
        w = working()
        actor = acting(w, who).person_id if who else None
        with w.engines.scheduler() as session:
            report = run(session, files, actor_id=actor, today=w.today, trust_name=trust)
            tell_unowned(session, w.today)
    if json:
        as_json(report)
    else:
        _tell(report)


def _tell(report: ImportReport) -> None:
    table(
        ("file", "holds", "rows", "added", "changed", "as before", "columns not read"),
        ((f.file, f.kind.replace("_", " "), f.rows, f.counts.added, f.counts.changed, f.counts.unchanged, ", ".join(f.unread)) for f in report.files),
    )
    for f in report.files:
        print(f"{f.file}: " + ", ".join(f"{ours} = {theirs}" for ours, theirs in f.columns.items()))
    for note in (note for f in report.files for note in f.counts.notes):
        print(note)
    if any(f.kind == "term_dates" and f.counts.added + f.counts.changed for f in report.files):
        print("Dates of open cases may move with these days: `sendflow redate --preview` shows which; the morning's dates pass counts them anew.")
    if report.missing:
        print(f"{report.missing} pupils are missing from the file. They stay on roll until a person says that they left: `sendflow leavers`.")
    if report.missing_relatives:
        print(
            f"{report.missing_relatives} parents are not named any more. They have letters until a person says that it is over: `sendflow relatives`."
        )
    if report.unnamed:
        print(
            f"Roles, contacts, terms or closures not named: {report.unnamed}. They stay until a person says that they are over: `sendflow leavers`."
        )


def leavers(
    left: Annotated[
        str | None, typer.Option("--left", help="This pupil (412) or this role, contact or closure (R7) is gone, or goes after --on.")
    ] = None,
    stays: Annotated[str | None, typer.Option("--stays", help="This one stays; also puts right what was said before.")] = None,
    on: Annotated[str | None, typer.Option("--on", help="The last day, as 2027-03-03; today if not given.")] = None,
    who: Annotated[str | None, AS_PERSON] = None,
    json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Pupils, staff, LA contacts, terms and closures that a file did not name: say of each whether it is gone. Nothing goes without your word."""
    with refusals():
        from db.importing.answers import questions
        from db.importing.leavers import leaving_pupils, missing_pupils

        w = working()
        if left is not None or stays is not None:
            _answer(w, acting(w, who), left or stays or "", day_of(on, w.today) if left is not None else None)
        with w.engines.scheduler() as session:
            found, leaving, asked = missing_pupils(session), leaving_pupils(session, w.today), questions(session)
    if json:
        as_json({"missing": found, "leaving": leaving, "not_named": asked})
        return
    table(
        ("number", "name", "school", "missing since"),
        ((m.pupil_id, m.name, m.school, m.noticed_at.date()) for m in found),
        empty="Nobody is missing.",
    )
    if leaving:
        table(("number", "name", "school", "last day on roll"), ((m.pupil_id, m.name, m.school, m.left_on) for m in leaving))
    if asked:
        table(("number", "not named in the file", "since"), ((f"R{q.number}", q.words, q.noticed_at.date()) for q in asked))


def _answer(w: Working, me: Acting, number: str, day: date | None) -> None:
    """Take the answer of somebody who may give it (`db/permissions.py`)."""
    from db.importing.answers import act_of, answer_question, question
    from db.importing.leavers import answer_leaver
    from db.models import Pupil
    from db.unowned import tell_unowned

    digits = number.upper().removeprefix("R")
    if not digits.isdecimal():
        fail(f"{number!r} is no number; `sendflow leavers` lists a pupil as 412 and anything else as R7")
    with w.engines.scheduler() as session:
        if digits != number:
            asked = question(session, int(digits))
            _must_lead(me, act_of(asked), asked.school_id)
            answer_question(session, asked.id, over_on=day, actor_id=me.person_id, now=w.clock.now(), today=w.today)
            tell_unowned(session, w.today)
            if asked.kind in ("term", "closure"):
                print("Dates of open cases may move with these days; the morning's dates pass counts them anew.")
        else:
            pupil = session.get(Pupil, int(digits))
            _must_lead(me, "answer_leaver", pupil.school_id if pupil else None)
            answer_leaver(session, int(digits), left_on=day, actor_id=me.person_id, now=w.clock.now())


def _must_lead(me: Acting, act: PlainAct, school: int | None) -> None:
    from db.permissions import role_title, roles_for

    mine = me.schools_where(act)
    if not mine or (school is not None and school not in mine):
        fail(
            f"this is answered by the {' or the '.join(role_title(role) for role in roles_for(act))}{' of the school' if school is not None else ''}"
        )


def _file(path: Path) -> Path:
    if not path.is_file():
        fail(f"there is no file {path}")
    return path
