"""Commands that need neither database nor Prefect: `check`, `date`, `timeline`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from cli.show import AS_JSON, BROKEN, as_json, fail, refusals, table

if TYPE_CHECKING:
    from notifications.template_check import TemplateFinding
    from rules.definition import Fact
    from rules.library import Library
    from rules.values import Value


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`."""
    app.command()(check)
    app.command()(date)
    app.command()(timeline)


def check(
    process: Annotated[list[str] | None, typer.Argument(help="Walk the histories of these processes only, as annual_review.")] = None,
    json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Prove the definitions: schema, every history, time, examples, authorities, duties, and the texts of all messages."""
    with refusals():
        from rules.check import check as check_library
        from rules.loader import load_library

        library = load_library()
        if unknown := sorted(set(process or ()) - set(library.definitions)):
            fail(f"There is no process {unknown[0]}. Name one of: {', '.join(sorted(library.definitions))}.")
        texts: list[TemplateFinding] = []
        report = check_library(library, explored=process or (), processors=os.cpu_count() or 1, meanwhile=lambda: texts.extend(_texts_wrong(library)))
    if json:
        as_json({"findings": report.findings, "figures": report.figures, "templates": texts})
    else:
        table(
            ("process", "steps", "positions", "one graph with corrections", "histories", "with one reopening", "seconds"),
            ((f.process, f.steps, f.positions, f.corrected, f"{f.histories:.2g}", f"{f.reopened:.2g}", f"{f.seconds:.2f}") for f in report.figures),
        )
        for note in (f"{f.process}: {note}" for f in report.figures for note in f.notes):
            print(note)
        for finding in report.findings:
            print(finding)
        for text in texts:
            print(f"notifications/templates/{text.file}: {text.message}")
        print(f"{len(report.findings) + len(texts)} findings.")
    if report.findings or texts:
        raise typer.Exit(BROKEN)


def _texts_wrong(library: Library) -> list[TemplateFinding]:
    from notifications.template_check import check_templates  # half a second of imports, while others walk

    return check_templates(library)


def date(words: Annotated[str, typer.Argument(help="For example: 6 weeks after 2026-03-03")], json: Annotated[bool, AS_JSON] = False) -> None:
    """The date that these words of the law mean, and why."""
    with refusals():
        from rules.calendar import england
        from rules.date_words import date_of
        from rules.explain import explain, in_full

        due = date_of(words, england())
        if json:
            as_json({"on": due.on, "safe_on": due.safe_on, "why": explain(due)})
            return
        print(in_full(due.on))
        if due.safe_on:
            print(f"To be safe: {in_full(due.safe_on)}")
        for sentence in explain(due):
            print(f"  {sentence}")


def timeline(
    process: Annotated[str, typer.Argument(help="For example: ehc_needs_assessment")],
    fact: Annotated[list[str] | None, typer.Option("--fact", help="name=value, as request_received_on=2026-03-03; as often as needed")] = None,
    why: Annotated[bool, typer.Option("--why", help="Explain each date.")] = False,
    json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Every statutory date of a process from the facts you state. Needs neither database nor Prefect."""
    with refusals():
        from db.clock import Clock
        from rules.calendar import england
        from rules.explain import explain
        from rules.loader import load_library
        from rules.timeline import timeline as rows_of
        from rules.timeline import titles_of

        library = load_library()
        texts = library.definitions.get(process)
        if not texts:
            fail(f"there is no process {process!r}; name one of: {', '.join(library.definitions)}")
        facts = read_facts(texts[-1].facts, fact or [])
        definition = texts[0] if len(texts) == 1 else library.for_new_case(process, Clock().today(), facts)
        rows = rows_of(definition, facts, england())
        titles = titles_of(definition)
        if json:
            as_json([{"row": r, "why": explain(r.due, titles) if r.due else []} for r in rows])
            return
        table(
            ("date", "step", "whose", "what", "law", "only if"),
            ((r.due.on if r.due else f"follows {r.follows}", r.title, r.whose, r.kind, r.citation, r.only_if) for r in rows),
            title=definition.title,
        )
        for r in rows if why else ():
            if r.due:
                print(f"\n{r.title}: {r.due.on}", *(f"  {s}" for s in explain(r.due, titles)), sep="\n")


def read_facts(known: Mapping[str, Fact], stated: list[str]) -> dict[str, Value]:
    """`name=value` words as typed facts. Raises FactError for a value that cannot be read; leaves with exit code 2 for an unknown name."""
    from rules.fact_values import read_value

    facts: dict[str, Value] = {}
    for words in stated:
        name, separator, text = words.partition("=")
        if not separator:
            fail(f"--fact {words!r} must be written name=value, as request_received_on=2026-03-03")
        if name not in known:
            fail(f"there is no fact {name!r}; name one of: {', '.join(sorted(known))}")
        facts[name] = read_value(known[name], text)
    return facts
