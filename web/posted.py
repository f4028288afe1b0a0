"""A posted form as plain text by name. Several boxes of one name become one text with commas; letters that no page can show are refused."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import HTTPException, Request

_MOST_FIELDS = 200
_MOST_OF_A_LIST = 20_000  # a list has as many lines as an officer is late with


async def posted_form(request: Request) -> Mapping[str, str]:
    """The form of this request. Raises HTTPException 413 for more fields than any page of ours has, 422 for files and broken text."""
    return await _posted(request, _MOST_FIELDS)


async def posted_list(request: Request) -> Mapping[str, str]:
    """The form of a page that answers a whole list. Raises as `posted_form`."""
    return await _posted(request, _MOST_OF_A_LIST)


async def _posted(request: Request, most: int) -> Mapping[str, str]:
    async with request.form(max_files=0, max_fields=most) as form:
        found: dict[str, str] = {}
        for name, value in form.multi_items():
            if not isinstance(value, str):
                raise HTTPException(422, "This form takes no files.")
            if "\x00" in value or any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
                raise HTTPException(422, f"The field {name[:40]!r} holds a letter that cannot be shown. Type it again.")
            found[name] = f"{found[name]},{value}" if name in found else value
        return found
