"""Templates to a subject and a page. A template is Markdown in two blocks, `subject` and `body`, so that lawyers can read and mend it.

Every value put into a template is escaped for Markdown, and raw HTML is never passed on: a name holding a script stays a name (faults.md A12).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, meta
from markdown_it import MarkdownIt
from markupsafe import Markup

from rules.explain import in_full

TEMPLATES = Path(__file__).parent / "templates"
_MARKDOWN_LETTERS = re.compile(r"([\\`*_{}\[\]()#+!<>|~^])")
_LINE_BREAKS = re.compile(r"\s*[\r\n]+\s*")


class TemplateMissing(LookupError):
    """No text exists for a message that a definition owes; the message names the file to write."""


def render(template: str, reader_role: str, values: Mapping[str, object]) -> tuple[str, str]:
    """Subject (one line) and HTML of `template` (`annual_review/la_decision.maintain`), in the text written for `reader_role` if there is one.

    Raises TemplateMissing, and `jinja2.UndefinedError` when a template names a value that does not exist.
    """
    chosen = environment().get_template(find_template(template, reader_role))
    subject = chosen.render({**values, "part": "subject"})
    return _one_line(_unescape(subject)), _page(chosen.render({**values, "part": "body"}))


def headline(template: str, reader_role: str, ref: str, today: date) -> str:
    """What `template`'s subject says after the case's reference: "a decision of yours is late". It tells of no person (`template_check`)."""
    chosen = environment().get_template(find_template(template, reader_role))
    subject = chosen.render({"case": {"ref": ref}, "today": today, "part": "subject"})
    return _one_line(_unescape(subject)).removeprefix(f"{ref}: ")


def find_template(template: str, reader_role: str) -> str:
    """The file for a message: `NAME.ROLE.j2` before `NAME.j2`. Raises TemplateMissing naming both."""
    for name in (f"{template}.{reader_role}.j2", f"{template}.j2"):
        if (TEMPLATES / name).is_file():
            return name
    raise TemplateMissing(f"no template for this message: write notifications/templates/{template}.j2 (or {template}.{reader_role}.j2)")


@lru_cache(maxsize=1024)
def names_target(template: str, reader_role: str) -> bool:
    """Whether the text of a message names the trust's own day for its step. Raises TemplateMissing."""
    source = (TEMPLATES / find_template(template, reader_role)).read_text(encoding="utf-8")
    return "target" in meta.find_undeclared_variables(environment().parse(source))


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The one Jinja environment: undefined names are errors, values are escaped for Markdown, dates stand in full."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,  # so that a macro's text, escaped once, is known as such
        finalize=_for_markdown,
    )
    made.filters["day"] = in_full
    return made


def _for_markdown(value: object) -> Markup:
    if isinstance(value, Markup):
        return value
    text = "" if value is None else in_full(value) if isinstance(value, date) else str(value)
    return Markup(_MARKDOWN_LETTERS.sub(r"\\\1", _LINE_BREAKS.sub(" ", text)))  # noqa: S704  escaped for Markdown in this line


def _unescape(text: str) -> str:
    return re.sub(r"\\([\\`*_{}\[\]()#+!<>|~^])", r"\1", text)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _page(source: str) -> str:
    return str(MarkdownIt("commonmark", {"html": False}).render(source))
