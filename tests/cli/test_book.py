"""The process book: nothing of the definitions is missing, and the same files give the same text."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from typer.testing import CliRunner

from cli.book import book_text
from cli.main import app
from rules.loader import load_library


@pytest.fixture(scope="module")
def text() -> str:
    return book_text()


def step_of(text: str, anchor: str) -> str:
    found = re.search(rf'<section class="step" id="{anchor}">(.*?)</section>', text, re.DOTALL)
    assert found, anchor
    return unescape(found[1])


def test_every_step_end_exception_and_citation_is_in_it(text: str) -> None:
    words = unescape(text)
    for definition in load_library().all():
        chapter = definition.file.removesuffix(".yaml")
        for step in definition.steps.values():
            told = step_of(text, f"{chapter}-{step.name}")
            assert all(law in told for law in (step.law, *step.also_law, step.guidance) if law)
            assert all(heading in told for heading in ("<dt>Who</dt>", "<dt>Opens</dt>", "<dt>Rests on</dt>"))
            assert bool(step.due) == ("<dt>By when, by law</dt>" in told) or step.not_before
            assert bool(step.ladder) == ("<dt>Who is told when</dt>" in told)
        assert all((end.title or end.name) in words or (end.title[:1].upper() + end.title[1:]) in words for end in definition.ends.values())
        assert all(total.law in words for total in definition.totals)
        assert all(letter in words for one in definition.exceptions.values() for letter in one.letters.values())


def test_a_step_says_who_by_when_on_what_authority_what_is_sent_and_who_is_told(text: str) -> None:
    told = step_of(text, "annual_review-la_decision")
    for words in (
        "The local authority, whom we chase; recorded by SENCO",
        "4 weeks after “the day of the review meeting”",
        "reg 20(10)",
        "It gives a right: appeal",
        "to the child's parent, the pupil, SENCO, headteacher: “the plan stays as it is”",
        "By law that message holds: that you may appeal",
        "2 weeks after: trust SEND lead (breach)",
    ):
        assert words in told, words


def test_each_message_has_its_subject(text: str) -> None:
    assert "“”" not in text


def test_it_is_plain_html_that_parses_and_changes_line_by_line(text: str) -> None:
    assert text == book_text()
    body = text.partition("<body>")[2].partition("</body>")[0]
    Xml.fromstring(f"<body>{body}</body>")
    assert "<script" not in text and " style=" not in text and "src=" not in text
    identities = re.findall(r' id="([^"]+)"', text)
    assert len(identities) == len(set(identities))
    assert max(len(line) for line in text.splitlines()) < 2500


def test_another_kind_of_file_is_refused_and_html_written(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["book", "--out", str(tmp_path / "book.docx")])
    assert refused.exit_code == 2 and "must end in .html or .pdf" in refused.stderr
    written = CliRunner().invoke(app, ["book", "--out", str(tmp_path / "new" / "book.html")])
    assert written.exit_code == 0 and (tmp_path / "new" / "book.html").read_text().startswith("<!doctype html>")


@pytest.mark.slow
def test_chromium_prints_it(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["book", "--out", str(tmp_path / "book.pdf")]).exit_code == 0
    assert (tmp_path / "book.pdf").read_bytes().startswith(b"%PDF-")
