"""`import`: CSV files of an MIS into the ledger, whole or not at all; and pupils missing from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.arguments import day_of
from cli.show import AS_JSON, as_json, fail, refusals, table
from cli.working import AS_PERSON, acting, working


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
        return
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


def leavers(
    left: Annotated[int | None, typer.Option("--left", help="This pupil (number) has left, or leaves on the day of --on.")] = None,
    stays: Annotated[int | None, typer.Option("--stays", help="This pupil (number) is still on roll.")] = None,
    on: Annotated[str | None, typer.Option("--on", help="The last day on roll, as 2027-03-03; today if not given.")] = None,
    who: Annotated[str | None, AS_PERSON] = None,
    json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Pupils who were missing from their school's file: say of each whether they left, or leave on a later day; an answer may be put right."""
    with refusals():
        from db.importing.leavers import answer_leaver, leaving_pupils, missing_pupils

        w = working()
        if left is not None or stays is not None:
            me = acting(w, who)
            day = day_of(on, w.today) if left is not None else None
            with w.engines.scheduler() as session:
                answer_leaver(session, left if left is not None else int(stays or 0), left_on=day, actor_id=me.person_id, now=w.clock.now())
        with w.engines.scheduler() as session:
            found, leaving = missing_pupils(session), leaving_pupils(session, w.today)
    if json:
        as_json({"missing": found, "leaving": leaving})
        return
    table(
        ("number", "name", "school", "missing since"),
        ((m.pupil_id, m.name, m.school, m.noticed_at.date()) for m in found),
        empty="Nobody is missing.",
    )
    if leaving:
        table(("number", "name", "school", "last day on roll"), ((m.pupil_id, m.name, m.school, m.left_on) for m in leaving))


def _file(path: Path) -> Path:
    if not path.is_file():
        fail(f"there is no file {path}")
    return path
