"""Which files are taken: told by their own bytes, whatever they are called."""

from __future__ import annotations

import io
import zipfile

import pytest

from rules.documents import LARGEST, NotTaken, looked_at

PDF = b"%PDF-1.7\n%synthetic"


def word(*more: str) -> bytes:
    """A Word document as Word lays one out, with these parts besides."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("[Content_Types].xml", "word/document.xml", *more):
            archive.writestr(name, "<x/>")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kept_as"),
    [
        ("advice.pdf", PDF, "advice.pdf"),
        ("advice.docx", word(), "advice.docx"),
        ("scan.PNG", b"\x89PNG\r\n\x1a\nx", "scan.png"),
        ("photo.jpeg", b"\xff\xd8\xff\xe0x", "photo.jpg"),
        ("C:\\Users\\me\\advice.docx", PDF, "advice.pdf"),
        ("../../etc/passwd", PDF, "passwd.pdf"),
        ("a\u202eb\x00<script>.pdf", PDF, "abscript.pdf"),
        (".pdf", PDF, "file.pdf"),
        ("x" * 500, PDF, "x" * 120 + ".pdf"),
    ],
)
def test_it_is_taken_for_what_it_is(name: str, content: bytes, kept_as: str) -> None:
    found = looked_at(name, content)
    assert found.name == kept_as and found.content == content and len(found.sha256) == 64


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (PDF + bytes(LARGEST), "10 MB is the most"),
        (b"MZ\x90\x00 called advice.pdf", "must be a PDF, a Word document"),
        (b"<html><script>alert(1)</script>", "must be a PDF"),
        (b"PK\x03\x04 torn", "must be a PDF"),
        (word("word/vbaProject.bin"), "without macros"),
        (b"\xd0\xcf\x11\xe0 an old .doc", "Save it as a PDF"),
    ],
)
def test_what_is_not_taken_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(NotTaken, match=words):
        looked_at("advice.pdf", content)


def test_an_archive_of_countless_parts_is_not_read() -> None:
    assert looked_at("advice.docx", word(*(f"word/media/{n}.xml" for n in range(500)))).kind == "docx"
    whole = word()
    listed = whole.index(b"PK\x01\x02")
    with pytest.raises(NotTaken):
        looked_at("advice.docx", whole[:listed] + b"PK\x01\x02" * 5_000 + whole[listed:])


def test_another_archive_is_no_word_document() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(NotTaken):
        looked_at("book.docx", made.getvalue())
