"""The tables, one file a subject. Row-level security and grants are in `db/migrations`; `docs/ledger.md` says the rule in words."""

from db.models.absences import Absence, UnownedRole
from db.models.base import Base
from db.models.cases import Case, CaseWait, DateMove, EventRow, PinnedDefinition, PrivateText, StepRow
from db.models.documents import Document
from db.models.imports import Import, ImportMapping, MissingRelative, MissingRow, PendingLeaver
from db.models.la_profiles import LaProfilePerson, LaProfileRow
from db.models.ladders import LadderOverride
from db.models.messages import DELIVERY_STATES, Delivery, LinkRow, Mailing, OutboxRow, ToldBreaches
from db.models.people import AuthorityContact, Family, Membership, Person, Plan, Preference, Pupil, PupilContact
from db.models.running import Anchor, Heartbeat, InstanceIdentity, Run, Wake
from db.models.trust import Authority, KeptCalendar, School, SchoolClosure, SchoolTerm, Trust

__all__ = [
    "DELIVERY_STATES",
    "Absence",
    "Anchor",
    "Authority",
    "AuthorityContact",
    "Base",
    "Case",
    "CaseWait",
    "DateMove",
    "Delivery",
    "Document",
    "EventRow",
    "Family",
    "Heartbeat",
    "Import",
    "ImportMapping",
    "InstanceIdentity",
    "KeptCalendar",
    "LaProfilePerson",
    "LaProfileRow",
    "LadderOverride",
    "LinkRow",
    "Mailing",
    "Membership",
    "MissingRelative",
    "MissingRow",
    "OutboxRow",
    "PendingLeaver",
    "Person",
    "PinnedDefinition",
    "Plan",
    "Preference",
    "PrivateText",
    "Pupil",
    "PupilContact",
    "Run",
    "School",
    "SchoolClosure",
    "SchoolTerm",
    "StepRow",
    "ToldBreaches",
    "Trust",
    "UnownedRole",
    "Wake",
]
