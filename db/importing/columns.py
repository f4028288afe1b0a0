"""Which columns each kind of file has, by every heading that schools are known to use for them.

MIS reports have no fixed columns: each school builds its own. The mapping found is shown, kept per school, and used again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from db.importing import cells, codes


@dataclass(frozen=True, slots=True)
class Column:
    """One column: our name, the headings it is known by, how a cell is read, and whether it may be missing or empty."""

    name: str
    headings: tuple[str, ...]
    read: Callable[[str], object]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file, with the columns that make it out, and the columns that together name a row."""

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


def _c(name: str, headings: str, read: Callable[[str], object], required: bool = True) -> Column:
    return Column(name, tuple(headings.split("|")), read, required)


_SCHOOL = _c("urn", "URN|School URN|Unique Reference Number", cells.urn)

SCHOOLS = Kind(
    "schools",
    "Schools",
    (
        _SCHOOL,
        _c("dfe_number", "DfE number|LAEstab|DfE no|Establishment", cells.dfe_number),
        _c("name", "School name|EstablishmentName|School|Name", cells.name),
        _c("phase", "Phase|PhaseOfEducation (name)", codes.phase),
        _c("la_code", "LA code|LA (code)|Local authority code", cells.la_code),
    ),
    ("urn",),
)
STAFF = Kind(
    "staff",
    "Staff",
    (
        _c("urn", "URN|School URN|Unique Reference Number", cells.urn, required=False),
        _c("staff_id", "Staff ID|Staff code|MIS ID|Employee ID", cells.name),
        _c("forename", "Forename|First name|Legal forename|Preferred forename", cells.name),
        _c("surname", "Surname|Last name|Legal surname", cells.name),
        _c("email", "Email|E-mail|Work email|Email address", cells.e_mail),
        _c("role", "Role|Job title|Post", codes.staff_role),
        _c("until_on", "Until|Leaving date|End date", cells.day, required=False),
    ),
    ("staff_id", "urn", "role"),
)
PUPILS = Kind(
    "pupils",
    "Pupils",
    (
        _SCHOOL,
        _c("mis_id", "Adno|Admission number|MIS ID|STUDENT_ID|Pupil ID", cells.name),
        _c("upn", "UPN|Unique Pupil Number", cells.upn, required=False),
        _c("forename", "Forename|Legal forename|First name|Preferred forename|Student - First name", cells.name),
        _c("surname", "Surname|Legal surname|Last name|Student - Last name", cells.name),
        _c("born_on", "DOB|Date of birth|Birth date", cells.day),
        _c("year_group", "Year|Year group|NC Year|Year taught in", cells.year_group),
        _c("registration_group", "Reg|Reg group|Form|Tutor group|Class", cells.name, required=False),
        _c("sen_provision", "SEN status|SEN stage|SEN provision|sen_category", codes.sen_provision),
        _c("sen_need", "SEN need|SEN type|sen_need_code|Primary need", codes.sen_need, required=False),
        _c("looked_after", "In care|LAC|Looked after", cells.yes_or_no, required=False),
    ),
    ("urn", "mis_id"),
)
FAMILIES = Kind(
    "families",
    "Families",
    (
        _SCHOOL,
        _c("mis_id", "Adno|Admission number|MIS ID|STUDENT_ID|Pupil ID", cells.name),
        _c("contact_id", "Contact ID|Parent ID|Contact MIS ID", cells.name),
        _c("forename", "Forename|First name", cells.name),
        _c("surname", "Surname|Last name", cells.name),
        _c("relationship", "Relationship|Relation to pupil|Relation", codes.relationship),
        _c("parental_responsibility", "Parental responsibility|PR|Has PR", cells.yes_or_no),
        _c("email", "Email|E-mail|Email address", cells.e_mail, required=False),
        _c("phone", "Phone|Telephone|Mobile", cells.name, required=False),
        _c("address", "Address|Home address", cells.text, required=False),
        _c("address_not_disclosed", "Do not disclose|Address not to be disclosed|Confidential address", cells.yes_or_no, required=False),
        _c("no_contact", "No contact|Barred from contact|Kept from contact", cells.yes_or_no, required=False),
        _c("language", "Language|Preferred language|First language", codes.language, required=False),
        _c("channel", "Preferred channel|Contact by", codes.channel, required=False),
    ),
    ("urn", "mis_id", "contact_id"),
)
PLANS = Kind(
    "plans",
    "EHC plans",
    (
        _SCHOOL,
        _c("mis_id", "Adno|Admission number|MIS ID|STUDENT_ID|Pupil ID", cells.name),
        _c("la_code", "LA code|Maintaining LA|Local authority code", cells.la_code),
        _c("issued_on", "Issued on|Plan date|Date of plan|Plan start date", cells.day),
        _c("last_review_on", "Last review|Last review date|Annual review date", cells.day, required=False),
    ),
    ("urn", "mis_id"),
)
LA_CONTACTS = Kind(
    "la_contacts",
    "Local authority contacts",
    (
        _c("la_code", "LA code|Local authority code", cells.la_code),
        _c("la_name", "LA name|Local authority|Council", cells.name),
        _c("contact_name", "Contact|Contact name|Name", cells.name),
        _c("email", "Email|E-mail|Email address", cells.e_mail),
        _c("role", "Role|Contact role|Post", codes.la_contact_role),
    ),
    ("la_code", "email"),
)
TERM_DATES = Kind(
    "term_dates",
    "Term dates and closures",
    (
        _SCHOOL,
        _c("kind", "Kind|Type", codes.term_kind),
        _c("name", "Name|Term|Reason", cells.name),
        _c("first_on", "First day|From|Start", cells.day),
        _c("last_on", "Last day|To|End", cells.day),
    ),
    ("urn", "kind", "first_on"),
)

KINDS: dict[str, Kind] = {k.name: k for k in (SCHOOLS, TERM_DATES, LA_CONTACTS, STAFF, PUPILS, FAMILIES, PLANS)}
"""All kinds, in the order in which they are written."""
