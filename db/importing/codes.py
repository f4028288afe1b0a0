"""Code lists as files carry them, folded to the DfE's codes. Lists are data: they change with the census year (docs/import.md)."""

from __future__ import annotations

import re

from db.importing.cells import name
from db.importing.problems import BadCell

_PROVISION = {
    "n": "N", "none": "N", "no special educational need": "N", "no sen": "N", "": "N",
    "k": "K", "sen support": "K", "sen": "K",
    "e": "E", "ehc plan": "E", "ehcp": "E", "education, health and care plan": "E",
}  # fmt: skip
_NEEDS = {
    "SPLD": "specific learning difficulty", "MLD": "moderate learning difficulty", "SLD": "severe learning difficulty",
    "PMLD": "profound and multiple learning difficulty", "SEMH": "social, emotional and mental health",
    "SLCN": "speech, language and communication needs", "HI": "hearing impairment", "VI": "vision impairment", "MSI": "multi-sensory impairment",
    "PD": "physical disability", "ASD": "autistic spectrum disorder", "DS": "down syndrome", "OTH": "other difficulty",
    "NSA": "no specialist assessment",
}  # fmt: skip
_NEED_BY_WORDS = {words: code for code, words in _NEEDS.items()} | {"autism": "ASD", "asc": "ASD", "down's syndrome": "DS"}
_STAFF_ROLES = {
    "senco": "senco", "sendco": "senco", "special educational needs coordinator": "senco",
    "headteacher": "headteacher", "head": "headteacher", "head teacher": "headteacher", "principal": "headteacher",
    "teacher": "teacher", "class teacher": "teacher",
    "trust send lead": "trust_send_lead", "send lead": "trust_send_lead", "director of send": "trust_send_lead",
    "ceo": "ceo", "chief executive": "ceo", "auditor": "auditor",
    "governor": "governor", "chair of governors": "governor", "clerk to the governors": "governor",
}  # fmt: skip
_LA_ROLES = {
    "sen team": "la", "sen mailbox": "la", "case officer": "la_officer", "sen manager": "la_manager",
    "health": "health", "designated clinical officer": "health", "educational psychology": "educational_psychologist",
    "educational psychologist": "educational_psychologist", "social care": "social_care",
}  # fmt: skip
_TERM_KINDS = {"term": "term", "closure": "closure", "half term": "closure", "inset": "closure", "inset day": "closure"}
_CHANNELS = {"": "email", "email": "email", "e-mail": "email", "post": "post", "letter": "post", "paper": "post"}
_LANGUAGES = {
    "": "en", "english": "en", "polish": "pl", "urdu": "ur", "bengali": "bn", "romanian": "ro", "punjabi": "pa", "gujarati": "gu", "arabic": "ar",
    "portuguese": "pt", "spanish": "es", "somali": "so", "tamil": "ta", "turkish": "tr", "ukrainian": "uk", "lithuanian": "lt", "welsh": "cy",
}  # fmt: skip
SELF = "self"
"""What the pupil is to the pupil: the row by which a young person of 16 or over is written to (`db/queries/people.py`)."""
_SELVES = {
    "pupil", "the pupil", "student", "the student", "learner", "the learner", "young person", "the young person", "young adult", "own",
    "myself", "himself", "herself", "themselves", "themself", "him herself", "himself herself", "him or herself",
}  # fmt: skip
_PHASES = {
    "primary": "primary", "secondary": "secondary", "all-through": "all-through", "infant": "infant", "junior": "junior", "middle": "middle",
    "special": "special", "16 plus": "post-16", "post-16": "post-16",
}  # fmt: skip


def _read(cell: str, known: dict[str, str], what: str) -> str:
    found = known.get(" ".join(cell.split()).casefold())
    if found is None:
        choices = ", ".join(sorted({w for w in known if w}))
        raise BadCell(f"{cell!r} is not {what}; write one of: {choices}")
    return found


def sen_provision(cell: str) -> str:
    """N none, K SEN support, E EHC plan."""
    return _read(cell, _PROVISION, "a SEN provision")


def sen_need(cell: str) -> str:
    """The DfE's type of need, by code or in words."""
    code = cell.upper().replace(" ", "")
    if code in _NEEDS:
        return code
    return _read(cell, _NEED_BY_WORDS, "a type of need")


def staff_role(cell: str) -> str:
    """The role in Sendflow that a job title means."""
    return _read(cell, _STAFF_ROLES, "a role")


def la_contact_role(cell: str) -> str:
    """What an LA's contact does: the SEN team's mailbox, an officer, a manager, an advising service."""
    return _read(cell, _LA_ROLES, "a contact's role")


def term_kind(cell: str) -> str:
    """A term, or a stretch in which the school is closed to pupils (half term, INSET day, snow)."""
    return _read(cell, _TERM_KINDS, "a kind")


def channel(cell: str) -> str:
    """How a family wants to hear: e-mail or post."""
    return _read(cell, _CHANNELS, "a channel")


def phase(cell: str) -> str:
    """A school's phase of education."""
    return _read(cell, _PHASES, "a phase")


def language(cell: str) -> str:
    """The language a family is written to in: the ISO code of the common ones, else the words as they stand."""
    word = " ".join(cell.split()).casefold()
    return word if word in _LANGUAGES.values() else _LANGUAGES.get(word, word)


def relationship(cell: str) -> str:
    """What somebody is to the pupil, in the file's own words; every way of saying that it is the pupil is `self`."""
    words = " ".join(re.findall(r"[a-z]+", cell.casefold()))
    return SELF if words in _SELVES or SELF in words.split() else name(cell)
