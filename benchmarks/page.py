"""The tables of docs/performance.md, written anew from docs/performance.json; the words around them are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.figures import JSON

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"


def write_page() -> None:
    """Put the present figures between the two marks of the page. Raises ValueError if a mark is missing."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    rows: list[dict[str, Any]] = json.loads(JSON.read_text(encoding="utf-8"))
    tables = [_table(of, [row for row in rows if row["of"] == of]) for of in dict.fromkeys(row["of"] for row in rows)]
    PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n".join(tables) + f"\n{END}{after}", encoding="utf-8")


def _table(of: str, rows: list[dict[str, Any]]) -> str:
    head = f"### {of}\n\n{rows[0]['date']}; {rows[0]['machine']}\n\n| what | ours | peer | peer's | ratio |\n|-|-|-|-|-|\n"
    return head + "".join(_row(row) for row in rows)


def _row(row: dict[str, Any]) -> str:
    beside = (row["peer"], f"{row['peer_value']:,}", f"{row['ratio']:.2f}") if row["peer_value"] else ("", "", "")
    return f"| {row['measure']} | {row['ours']:,} {row['unit']} | {' | '.join(beside)} |\n"
