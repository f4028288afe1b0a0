"""How the command speaks: tables for people, JSON for programs, errors with what to do and exit code 2."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer

AS_JSON = typer.Option("--json", help="Print JSON instead of a table.")
BROKEN, REFUSED = 1, 2


def fail(message: str, lines: Iterable[str] = (), code: int = REFUSED) -> NoReturn:
    """Say what was wrong, each further line below it, and leave."""
    print(f"sendflow: {message}", file=sys.stderr)
    for line in lines:
        print(f"  {line}", file=sys.stderr)
    raise typer.Exit(code)


def as_json(value: object) -> None:
    """Print `value` as JSON: dataclasses and named tuples as objects, dates and instants in ISO form."""
    import orjson

    print(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=_plain).decode())


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], title: str = "", empty: str = "Nothing.") -> None:
    """Print a table, or `empty` when there are no rows. Nothing in a cell is read as markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 160, soft_wrap=False, highlight=False)
    made = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for heading in headings:
        made.add_column(heading, overflow="fold")
    count = 0
    for row in rows:
        made.add_row(*(Text(_words(cell)) for cell in row))
        count += 1
    if count:
        console.print(made)
    else:
        console.print(Text(empty))


def write_file(out: Path, text: str, encoding: str = "utf-8", newline: str | None = None) -> None:
    """Write the file that was asked for, or say why it cannot be and leave."""
    try:
        out.write_text(text, encoding=encoding, newline=newline)
    except OSError as fault:
        fail(f"{out} cannot be written: {fault.strerror}")


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the rules, the ledger and the settings refuse into one plain line and exit code 2; anything else stays a fault. At the end
    the connections that the command opened are closed."""
    from cli.refused import refusal_lines

    try:
        yield
    except typer.Exit:
        raise
    except Exception as fault:
        said = refusal_lines(fault)
        if said is None:
            raise
        fail(said[0], said[1:])
    finally:
        if "cli.working" in sys.modules:
            sys.modules["cli.working"].close_all()


def _words(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return str(cell)


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "items"):
        return dict(value)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    raise TypeError(type(value).__name__)
