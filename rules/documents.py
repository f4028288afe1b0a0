"""A file that came with an answer: looked at by its own first bytes, never by what it is called."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass

LARGEST = 10 * 1024 * 1024  # bytes
LONGEST_NAME = 120
KINDS = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg",
         "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}  # fmt: skip
_PART = b"PK\x01\x02"  # begins each entry of an archive's list of contents
_MOST_PARTS = 5_000  # a Word document has some dozens; a list of 200,000 takes seconds and 80 MB to read
_MACROS = re.compile(r"vbaproject|\.bin$|activex", re.IGNORECASE)


class NotTaken(ValueError):
    """The file is not kept; the message says why and what to send instead."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file to be kept. `kind`: one of `KINDS`; `name`: as its sender called it, without a path, with the ending of its kind."""

    kind: str
    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """What the event names it by, in hex."""
        return hashlib.sha256(self.content).hexdigest()


def looked_at(name: str, content: bytes) -> SentFile:
    """The file, if it is one that is taken: a PDF, a Word document without macros, a PNG or JPEG image, of 10 MB at most. Raises NotTaken."""
    if not content:
        raise NotTaken("The file is empty. Choose it again")
    if len(content) > LARGEST:
        raise NotTaken(f"The file has {len(content) / 1024 / 1024:.1f} MB, and 10 MB is the most. Send a smaller one")
    kind = _kind(content)
    if not kind:
        raise NotTaken("The file must be a PDF, a Word document (.docx without macros), or a PNG or JPEG image. Save it as a PDF and choose that")
    return SentFile(kind, _tidy(name, kind), content)


def _kind(content: bytes) -> str:
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    return "docx" if content.startswith(b"PK\x03\x04") and _is_word(content) else ""


def _is_word(content: bytes) -> bool:
    """Whether this archive is a Word document without macros. Only its list of contents is read; nothing in it is unpacked."""
    if content.count(_PART) > _MOST_PARTS:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        return False
    return {"[Content_Types].xml", "word/document.xml"} <= set(names) and not any(_MACROS.search(name) for name in names)


def _tidy(name: str, kind: str) -> str:
    """The file's name without path and unprintable letters, with the ending of what it is."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(letter for letter in last if letter.isprintable() and not 0xD800 <= ord(letter) <= 0xDFFF and letter not in '<>:"|?*')
    stem = re.sub(r"\.(pdf|png|jpe?g|docx)$", "", plain.strip(), flags=re.IGNORECASE).strip(". ")
    return f"{stem[:LONGEST_NAME] or 'file'}.{kind}"
