"""`sendflow duties`: the matrix of the trust's SEND policy. Needs neither database nor Prefect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.show import AS_JSON, as_json, fail, refusals, table

if TYPE_CHECKING:
    from rules.duty_matrix import CarryingStep, DutyRow, PolicySection


def add_to(app: typer.Typer) -> None:
    """Put this command into `app`."""
    app.command()(duties)


def duties(
    section: Annotated[list[str] | None, typer.Option("--section", help="A section of the policy, as 14; as often as needed.")] = None,
    gaps: Annotated[bool, typer.Option("--gaps", help="Show only what nothing carries.")] = False,
    json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Every duty of the trust's SEND policy, section by section, with the steps that carry it and the gaps named."""
    with refusals():
        from rules.duty_matrix import duty_matrix
        from rules.loader import load_library

        matrix = duty_matrix(load_library())
    numbers = [part.number for part in matrix]
    if unknown := [number for number in section or () if number not in numbers]:
        fail(f"the policy has no section {unknown[0]!r}; name one of: {', '.join(numbers)}")
    shown = [part for part in matrix if not section or part.number in section]
    if json:
        as_json([{"section": part.number, "title": part.title, "gaps": part.gaps, "clauses": _wanted(part, gaps)} for part in shown])
        return
    for part in shown:
        if _wanted(part, gaps) or not gaps:
            _print(part, gaps)
    _print_sum(shown)


def _wanted(part: PolicySection, gaps: bool) -> list[DutyRow]:
    return [row for row in part.rows if row.kept == "gap" or not gaps]


def _print(part: PolicySection, gaps: bool) -> None:
    found = {0: "no gap", 1: "1 gap"}.get(part.gaps, f"{part.gaps} gaps")
    title = f"Section {part.number}: {part.title} ({len(part.rows)} {'clause' if len(part.rows) == 1 else 'clauses'}, {found})"
    table(("clause", "what the policy asks", "carried by"), _lines(_wanted(part, gaps)), title=title, empty=f"{title}\nNo clause tells this section.")
    print()


def _lines(rows: Sequence[DutyRow]) -> Iterator[tuple[str, str, str]]:
    for row in rows:
        if row.kept == "carried":
            yield row.clause, row.says, "\n".join(_step_in_words(step) for step in row.steps)
        else:
            yield row.clause, row.says, f"{'GAP' if row.kept == 'gap' else 'No step'}. {row.why}"


def _step_in_words(step: CarryingStep) -> str:
    title = f"{step.process_title}: {step.title}" if step.title else f"{step.process}/{step.step}, which is not there"
    return f"{title} ({step.who}{f'; only if {step.only_if}' if step.only_if else ''})"


def _print_sum(shown: Sequence[PolicySection]) -> None:
    rows = [row for part in shown for row in part.rows]
    counts = {kept: sum(row.kept == kept for row in rows) for kept in ("carried", "standing", "gap")}
    print(
        f"{len(shown)} sections, {len(rows)} clauses: {counts['carried']} carried by steps, {counts['standing']} standing duties that ask for "
        f"no act on a day, {counts['gap']} gaps."
    )
    without = [part.number for part in shown if part.gaps == 0 and part.rows]
    print(f"Sections without a gap: {', '.join(without) or 'none'}.")
