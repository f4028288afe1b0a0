"""Who reads a message, and by what name they are greeted. Their address is looked up here, when it is sent, and nowhere kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.models import Authority, Delivery, Person


@dataclass(frozen=True, slots=True)
class Reader:
    """`kind` is staff, family or outside; `role` is the role of `roles.yaml` that the message is written for."""

    role: str
    kind: str
    name: str
    email: str
    language: str = "en"
    person_id: int | None = None


class NobodyToWriteTo(LookupError):
    """The message has no reader any more, or the reader has no e-mail address. A person must tell them by another way."""


def reader_of(session: Session, delivery: Delivery) -> Reader:
    """The reader of `delivery`, as they stand in the ledger now. Raises NobodyToWriteTo when there is none that mail reaches."""
    person = session.get(Person, delivery.person_id) if delivery.person_id is not None else None
    if person is not None:
        if not person.email:
            raise NobodyToWriteTo("no e-mail address")
        name = " ".join(n for n in (person.given_name, person.family_name) if n)
        return Reader(delivery.to_role, person.kind, name, person.email, person.language, person.id)
    authority = session.get(Authority, delivery.authority_id) if delivery.authority_id is not None else None
    if authority is not None and authority.sen_email:
        return Reader(delivery.to_role, "outside", f"{authority.name} SEN team", authority.sen_email)
    raise NobodyToWriteTo("no reader")
