"""`sendflow la`: each LA's record on its duties, and our dates held against the LA's own. For the trust SEND lead and the chief executive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import Json, Who, day_of
from cli.la_profile import profile
from cli.show import as_json, fail, refusals, table, write_file
from cli.working import Working, acting, working

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.queries.la_ledger import LaDutyRow
    from db.queries.la_reconciliation import OurDates
    from db.reconciling.compare import Compared

A_YEAR = timedelta(days=365)


def add_to(app: typer.Typer) -> None:
    """Put this group of commands into `app`."""
    group = typer.Typer(help="How each local authority keeps its duties, and its dates beside ours.", no_args_is_help=True)
    group.command()(ledger)
    group.command()(reconcile)
    group.add_typer(profile, name="profile")
    app.add_typer(group, name="la")


def ledger(
    authority: Annotated[str | None, typer.Option("--authority", help="One LA, by its three-digit code.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Duties whose last day was on or after this; a year ago if not given.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="And on or before this; today if not given.")] = None,
    who: Who = None,
    json: Json = False,
) -> None:
    """For each LA and duty of law: how often it was on time, how late it is, and the worst, beside what England's LAs did."""
    with refusals():
        from db.queries.la_ledger import la_ledger
        from rules.la_steps import la_steps

        w = working()
        first, last = day_of(since, w.today - A_YEAR), day_of(until, w.today)
        if first > last:
            fail(f"--from {first} is after --to {last}")
        with _session(w, who) as session:
            rows = la_ledger(session, la_steps(w.library), first, last, w.today, authority)
    if json:
        as_json([_as_object(row) for row in rows])
        return
    _show(rows, f"Duties whose last lawful day was from {first} to {last}")


def reconcile(
    authority: Annotated[str, typer.Argument(help="The LA's three-digit code.")],
    year: Annotated[int | None, typer.Option("--return", help="The January of the SEN2 return; the next one if not given.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the file here: ours filled in, or with --theirs the differences.")] = None,
    theirs: Annotated[Path | None, typer.Option("--theirs", help="The LA's file: hold it against ours, row by row.")] = None,
    who: Who = None,
    json: Json = False,
) -> None:
    """One LA: a file with the dates that the national SEN2 return asks for, ours beside a place for theirs; or their file held against ours."""
    with refusals():
        from db.queries.la_reconciliation import next_return, our_dates
        from db.reconciling.compare import compare
        from db.reconciling.their_file import read_their_file
        from rules.la_steps import la_steps

        w = working()
        with _session(w, who) as session:
            ours = our_dates(session, la_steps(w.library), authority, year or next_return(w.today))
        if not ours:
            fail(f"no pupil of your schools has a plan of an LA with the code {authority}; `sendflow la ledger` shows the codes")
        if theirs is not None and not theirs.is_file():
            fail(f"there is no file {theirs}")
        compared = compare(theirs.name, ours, read_their_file(theirs.name, theirs.read_bytes())) if theirs is not None else None
    if compared is None:
        _hand_over(ours, out, json)
    else:
        _tell(compared, out, json)


@contextmanager
def _session(w: Working, who: str | None) -> Iterator[Session]:
    """Reads the schools of whoever asks, if the LAs' records are theirs to read."""
    mine = acting(w, who).schools_where("read_trust")
    if not mine:
        fail("the LAs' records are for the trust SEND lead and the chief executive")
    with w.engines.app(mine) as session:
        yield session


def _as_object(row: LaDutyRow) -> dict[str, object]:
    from rules.national_figures import national_figures

    figure = national_figures().get((row.process, row.step))
    plain = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return {**plain, "counted": row.counted, "kept_percent": row.kept_percent, "of_decided_percent": row.of_decided_percent, "national": figure}


def _show(rows: list[LaDutyRow], title: str) -> None:
    from rules.national_figures import national_figures

    national = national_figures()
    print(title)
    for name, code in dict.fromkeys((row.name, row.code) for row in rows):
        mine = [row for row in rows if (row.name, row.code) == (name, code)]
        head = f"\n{name} ({code})" if code else "\nNo LA is recorded"
        columns = ("duty", "law", "due", "on time", "late", "still owed", "never", "excused", "kept", "of decided", "median", "worst")
        table(columns, (_cells(row) for row in mine), head)
        for row in mine:
            if figure := national.get((row.process, row.step)):
                print(f"  England, {row.title}: {figure.words}")
    if not rows:
        print("No duty of an LA was due in that time.")
    else:
        print("\nKept: on time of all that were due. Of decided: of those done, as the national figures are counted. Median and worst: days late.")


def _cells(row: LaDutyRow) -> tuple[object, ...]:
    worst = f"{row.worst_days} ({row.worst_case})" if row.worst_days is not None else ""
    counts = (row.counted, row.on_time, row.late, row.owed, row.never, row.excused)
    return (row.title, row.citation, *counts, _percent(row.kept_percent), _percent(row.of_decided_percent), _days(row.median_days), worst)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value}%"


def _days(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _hand_over(ours: list[OurDates], out: Path | None, json: bool) -> None:
    from db.reconciling.our_file import as_csv

    if json:
        as_json(ours)
    elif out is None:
        print(as_csv(ours), end="")
    else:
        _write(out, as_csv(ours))
        reviews, transfers = sum(bool(one.review) for one in ours), sum(bool(one.transfer) for one in ours)
        print(f"{out}: {len(ours)} pupils, {reviews} with a review held, {transfers} who change phase. It holds names: send it by a safe way only.")


def _tell(compared: Compared, out: Path | None, json: bool) -> None:
    from db.reconciling.our_file import differences_csv

    if out is not None:
        _write(out, differences_csv(compared))
    if json:
        as_json(compared)
    else:
        rows = ((d.line, d.pupil, d.case, d.item, d.ours, d.theirs, d.says) for d in compared.differences)
        table(("line", "pupil", "case", "what", "ours", "theirs", "difference"), rows, "Differences", "No date differs.")
        if compared.strangers:
            strangers = ((s.line, s.upn, f"{s.forename} {s.surname}".strip()) for s in compared.strangers)
            table(("line", "UPN", "name"), strangers, "\nIn the LA's file, and no pupil of ours with a plan of that LA")
        if compared.missing:
            missing = ((m.upn, f"{m.forename} {m.surname}", m.school, m.review or m.transfer) for m in compared.missing)
            table(("UPN", "name", "school", "case"), missing, "\nOurs, and not in the LA's file")
        print(f"\n{compared.same} rows agree, {len({d.line for d in compared.differences})} differ, {len(compared.problems)} could not be read.")
    if compared.problems:
        fail("these rows could not be read, and were not compared:", (str(problem) for problem in compared.problems))


def _write(out: Path, text: str) -> None:
    """With a byte order mark: without one Excel reads the names as Windows-1252."""
    write_file(out, text, encoding="utf-8-sig", newline="")
