"""A posted form as plain text by name. Several boxes of one name become one text with commas; letters that no page can show are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import HTTPException, Request

_MOST_FIELDS = 200
_MOST_OF_A_LIST = 20_000  # a list has as many lines as an officer is late with
_MOST_FILES = 2_000  # one a line, chosen or not


async def posted_form(request: Request) -> Mapping[str, str]:
    """The form of this request. Raises HTTPException 413 for more fields than any page of ours has, 422 for files and broken text."""
    return await _posted(request, _MOST_FIELDS)


@dataclass(frozen=True, slots=True)
class PostedList:
    """A list's form: its fields as text, and by the name of their input the files that were chosen, each with the name it came by."""

    fields: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes]]


async def posted_list(request: Request) -> PostedList:
    """The form of a page that answers a whole list. Raises as `posted_form`."""
    files: dict[str, tuple[str, bytes]] = {}
    return PostedList(await _posted(request, _MOST_OF_A_LIST, files), files)


async def _posted(request: Request, most: int, files: dict[str, tuple[str, bytes]] | None = None) -> Mapping[str, str]:
    async with request.form(max_files=_MOST_FILES if files is not None else 0, max_fields=most) as form:
        found: dict[str, str] = {}
        for name, value in form.multi_items():
            if not isinstance(value, str):
                if files is None:
                    raise HTTPException(422, "This form takes no files.")
                if value.filename:  # a browser sends a file without a name and contents where none was chosen
                    files[name] = value.filename, await value.read()
                continue
            if "\x00" in value or any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
                raise HTTPException(422, f"The field {name[:40]!r} holds a letter that cannot be shown. Type it again.")
            found[name] = f"{found[name]},{value}" if name in found else value
        return found
