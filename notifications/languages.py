"""The languages of families: what each is called, and the sentence in it above an English letter, or after an English text (`languages.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from html import escape
from pathlib import Path

import yaml

ENGLISH = "en"
_RIGHT_TO_LEFT = frozenset({"ar", "ur"})


@lru_cache(maxsize=1)
def languages() -> Mapping[str, Mapping[str, str]]:
    """By ISO code: `name` in English, `says`: the sentence."""
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(Path(__file__).with_name("languages.yaml").read_text(encoding="utf-8"))
    return found


def language_name(code: str) -> str:
    """The name in English; the words as they were entered where we do not know it."""
    return "English" if code == ENGLISH else languages().get(code, {}).get("name", code)


def above_the_letter(code: str, phone: str) -> str:
    """HTML that tells a reader of that language, in it, whom to ring; empty for English, and for a language that we have no sentence of.

    `phone`: the school's number; without one the sentence asks to ring the school, and the letter's own end says whom to ask.
    """
    known = languages().get(code)
    if known is None:
        return ""
    way = "rtl" if code in _RIGHT_TO_LEFT else "ltr"
    says = f'{escape(known["says"])} <bdi dir="ltr">{escape(phone)}</bdi>' if phone else escape(known["says"].rstrip(":") + ".")
    return f'<p lang="{code}" dir="{way}"><strong>{says}</strong></p>\n'


def in_a_text(code: str, phone: str) -> str:
    """The same sentence for the end of a text message, with a space before it; empty where `above_the_letter` is."""
    known = languages().get(code)
    if known is None:
        return ""
    return f" {known['says']} {phone}" if phone else f" {known['says'].rstrip(':')}."
