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
    """Mail reaches nobody: no reader any more, no e-mail address, or another way was asked for. A person must tell them.

    `code` is `no_reader`, `no_address`, or `by_post`, `by_phone`, `by_sms` for the way that the reader asked for; `db/queries/message_words.py`
    says each in words.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def reader_of(session: Session, delivery: Delivery) -> Reader:
    """The reader of `delivery`, as they stand in the ledger now. Raises NobodyToWriteTo when there is none that mail reaches, or that wants mail."""
    return reader_in(session, delivery.to_role, delivery.person_id, delivery.authority_id)


def reader_in(session: Session, role: str, person_id: int | None, authority_id: int | None) -> Reader:
    """That person, else that authority's SEN team, as a reader in that role. Raises NobodyToWriteTo."""
    person = session.get(Person, person_id) if person_id is not None else None
    if person is not None:
        if person.preferred_channel != "email":
            raise NobodyToWriteTo(f"by_{person.preferred_channel}")
        if not person.email:
            raise NobodyToWriteTo("no_address")
        name = " ".join(n for n in (person.given_name, person.family_name) if n)
        return Reader(role, person.kind, name, person.email, person.language, person.id)
    authority = session.get(Authority, authority_id) if authority_id is not None else None
    if authority is not None and authority.sen_email:
        return Reader(role, "outside", f"{authority.name} SEN team", authority.sen_email)
    raise NobodyToWriteTo("no_reader")
