"""What a reader is told in the place of a link that the school has withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape


def above_a_letter_without_link(school: Mapping[str, str]) -> str:
    """HTML for the top of the letter: that there is no link, and whom to ask. `school` as in `school_values`."""
    who = f"{school['senco_name']}, {school['senco_title']}, {school['name']}" if school["senco_name"] else f"the SENCO, {school['name']}"
    ways = ", ".join(way for way in (school["senco_email"], school["phone"]) if way)
    asked = escape(f"{who} ({ways})" if ways else who)
    return f"<p><strong>The school has withdrawn your link to this step, so there is none in this message.</strong> Ask {asked}.</p>\n"
