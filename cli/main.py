"""The `sendflow` command: one file a group of commands, each imported with nothing heavier than it needs."""

from __future__ import annotations

import typer

from cli import (
    absences,
    backup,
    book,
    bounces,
    cases,
    complain,
    definitions,
    draw,
    duties,
    imports,
    la,
    ladders,
    letters,
    links,
    moving,
    people,
    reading,
    record,
    redating,
    relatives,
    run,
    watch,
)

app = typer.Typer(
    name="sendflow",
    help="Runs the statutory SEND work of multi-academy trusts: every case, date and duty, on Prefect and PostgreSQL.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)
for group in (
    run, backup, imports, relatives, reading, cases, people, absences, record, moving, redating, ladders, definitions, duties, draw, book, la,
    bounces, watch, letters, complain, links,
):  # fmt: skip
    group.add_to(app)


def main() -> None:
    """The entry point."""
    app()
