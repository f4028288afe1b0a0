"""The tables of docs/performance.md, written anew from docs/performance.json; the words around them are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import beside_its_goal, kept_rows, write

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"
Row = dict[str, Any]


def write_page(order: Sequence[str]) -> None:
    """Put the present figures between the two marks of the page, the measures in that order. Raises ValueError if a mark is missing."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    rows = sorted((beside_its_goal(row) for row in kept_rows()), key=lambda row: order.index(row["of"]))
    write(rows)
    tables = [_table(of, [row for row in rows if row["of"] == of]) for of in order]
    PAGE.write_text(f"{before}{BEGIN}\n\n{_standing(rows)}\n" + "\n".join(filter(None, tables)) + f"\n{END}{after}", encoding="utf-8")


def _standing(rows: list[Row]) -> str:
    """Every goal that is not reached, before all tables."""
    missed, asked = [row for row in rows if row["met"] is False], sum(row["met"] is not None for row in rows)
    head = f"### What is not reached\n\nOf {asked} figures with a goal {asked - len(missed)} reach it"
    if not missed:
        return f"{head}.\n"
    lines = "".join(f"| {row['of']}: {row['measure']} | {_found(row)} | {row['goal']} |\n" for row in missed)
    return f"{head}; these do not:\n\n| what | found | asked |\n|-|-|-|\n{lines}"


def _found(row: Row) -> str:
    beside = row["peer"] and row["peer"] in row["goal"]
    return f"{row['ours']:,} {row['unit']}" + (f", {row['ratio']:.2f} of {row['peer']}" if beside else "")


def _table(of: str, rows: list[Row]) -> str:
    if not rows:
        return ""
    head = "| what | ours | peer | peer's | ratio | goal | met |\n|-|-|-|-|-|-|-|\n"
    return f"### {of}\n\n{rows[0]['date']}; {rows[0]['machine']}\n\n{head}" + "".join(map(_row, rows))


def _row(row: Row) -> str:
    beside = (row["peer"], f"{row['peer_value']:,}", f"{row['ratio']:.2f}") if row["peer_value"] else ("", "", "")
    met = {True: "yes", False: "**no**", None: ""}[row["met"]]
    return f"| {row['measure']} | {row['ours']:,} {row['unit']} | {' | '.join(beside)} | {row['goal']} | {met} |\n"
