"""The process book: a chapter a definition, with all its steps, ends, limits and rights, and the authorities at the back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.book.steps import BookStep, Row, Subject, book_step, told
from rules.condition_words import step_words
from rules.definition import Definition
from rules.drawing.drawn import draw_process
from rules.drawing.svg import as_svg
from rules.explain import rule_in_words, words_of
from rules.library import Library
from rules.register_types import Citation
from rules.step_words import sentence
from rules.timeline import titles_of, total_rule

PAGE = (1030.0, 650.0)  # a page on its side, less its margins and the line below the drawing
LITTLE = 1.15  # a last strip that is taller by less is shrunk rather than cut


@dataclass(frozen=True, slots=True)
class Chapter:
    """One text of a process. `strips`: its drawing as SVG, cut between rows; `lists`: what stands after the steps, by heading."""

    name: str
    title: str
    version: str
    about: tuple[Row, ...]
    strips: tuple[str, ...]
    steps: tuple[BookStep, ...]
    lists: tuple[tuple[str, tuple[Row, ...]], ...]


@dataclass(frozen=True, slots=True)
class Book:
    """Chapters in the order of their names, and the authorities that their steps cite."""

    chapters: tuple[Chapter, ...]
    authorities: tuple[Citation, ...]


def process_book(library: Library, subject: Subject) -> Book:
    """The whole book. The same files give the same book, to the letter."""
    texts = library.all()
    cited = {law for text in texts for step in text.steps.values() for law in (step.law, *step.also_law, step.guidance)}
    cited |= {total.law for text in texts for total in text.totals} | {right.law for text in texts for right in text.rights.values()}
    authorities = tuple(found for name, found in library.registers.authorities.items() if name in cited)
    return Book(tuple(_chapter(text, subject) for text in texts), authorities)


def _chapter(text: Definition, subject: Subject) -> Chapter:
    titles = titles_of(text)
    lists = (
        ("How the case ends", tuple(_ends(text, titles, subject))),
        ("What ends it from anywhere", tuple(_interrupts(text, subject))),
        ("Lawful exceptions", tuple(_exceptions(text, titles))),
        ("Outer limits", tuple(_limits(text, titles))),
        ("Rights", tuple(_rights(text, titles))),
    )
    return Chapter(
        name=text.file.removesuffix(".yaml"),
        title=text.title,
        version=text.hash[:12],
        about=tuple(_about(text, titles)),
        strips=tuple(_strips(text)),
        steps=tuple(book_step(text, step, subject) for step in text.steps.values()),
        lists=tuple(one for one in lists if one[1]),
    )


def _about(text: Definition, titles: Mapping[str, str]) -> Iterator[Row]:
    yield "File", (f"process_definitions/{text.file}, version {text.hash[:12]}",)
    yield "Cases", (f"{text.prefix}-000001 and so on, each about one {text.about}",)
    if text.in_force_from or text.in_force_until:
        by = f", by {titles.get(text.in_force_by) or words_of(text.in_force_by)}" if text.in_force_by else ""
        yield "In force", (f"from {text.in_force_from or 'ever'} until {text.in_force_until or 'further notice'}{by}",)
    if text.opens_on:
        yield "Opens by itself, at the latest", (rule_in_words(text.opens_on, titles),)
    yield "Whoever opens it says", tuple(sentence(titles.get(name) or words_of(name)) for name in text.opens_with)
    for name, roles in text.parties.items():
        yield f"The {words_of(name)}", (told(text, roles),)


def _strips(text: Definition) -> Iterator[str]:
    drawing = draw_process(text)
    tallest, top = PAGE[1] * max(1.0, drawing.layout.width / PAGE[0]), 0.0
    for number, cut in enumerate(drawing.layout.cuts):
        following = drawing.layout.cuts[number + 1] if number + 1 < len(drawing.layout.cuts) else drawing.layout.height
        left = drawing.layout.height - top
        if following - top > tallest and cut > top and left > tallest * LITTLE:
            yield as_svg(drawing, top, cut)
            top = cut
    yield as_svg(drawing, top)


def _ends(text: Definition, titles: Mapping[str, str], subject: Subject) -> Iterator[Row]:
    for end in text.ends.values():
        words = [f"When {step_words(end.after, titles)}"]
        if set(end.tells) - {"nobody"}:
            words.append(f"Sent to {told(text, end.tells)}: “{subject(f'{text.process}/ended.{end.name}')}”")
        yield sentence(end.title or words_of(end.name)), tuple(words)


def _interrupts(text: Definition, subject: Subject) -> Iterator[Row]:
    for one in text.interrupts.values():
        words = [f"Said by {told(text, one.by)}"]
        if set(one.tells) - {"nobody"}:
            words.append(f"Sent to {told(text, one.tells)}: “{subject(f'{text.process}/interrupted.{one.name}')}”")
        yield sentence(one.title or words_of(one.name)), tuple(words)


def _exceptions(text: Definition, titles: Mapping[str, str]) -> Iterator[Row]:
    for one in text.exceptions.values():
        lifted = (f"Lifts the date of “{titles[step]}”, by {one.letters.get(step) or one.law}" for step in one.lifts)
        yield sentence(one.title or words_of(one.name)), (*lifted, f"Recorded by {told(text, one.by)}")


def _limits(text: Definition, titles: Mapping[str, str]) -> Iterator[Row]:
    for total in text.totals:
        yield titles[total.to], (f"At the latest: {rule_in_words(total_rule(total), titles)} ({total.law})",)


def _rights(text: Definition, titles: Mapping[str, str]) -> Iterator[Row]:
    for right in text.rights.values():
        words = (f"{right.text}", f"Last day: {rule_in_words(right.last_day, titles)} ({right.law})")
        yield sentence(words_of(right.name)), words
