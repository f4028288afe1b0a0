"""Who reads a message, and by what name they are greeted. Their address is looked up here, when it is sent, and nowhere kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.models import Authority, Delivery, Person
from notifications.text_messages import mobile_number


@dataclass(frozen=True, slots=True)
class Reader:
    """`kind` is staff, family or outside; `role` is the role of `roles.yaml` that the message is written for. `mobile`: a text goes there instead."""

    role: str
    kind: str
    name: str
    email: str
    language: str = "en"
    person_id: int | None = None
    mobile: str = ""


class NobodyToWriteTo(LookupError):
    """Nothing we send reaches anybody: no reader any more, no address, or another way was asked for. A person must tell them.

    `code` is `no_reader`, `no_address`, `no_mobile`, `in_writing` (they asked for a text, and the law wants a letter), `call_and_write` (for a call),
    or `by_post`, `by_phone`, `by_sms` for the way that the reader asked for; `db/queries/message_words.py` says each in words.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def reader_of(session: Session, delivery: Delivery, *, texts: bool = False, in_writing: bool = False) -> Reader:
    """The reader of `delivery`, as they stand in the ledger now. `texts`: an SMS service is there. `in_writing`: the law wants this as a letter.

    Raises NobodyToWriteTo when there is none whom we reach by the way they asked for.
    """
    way = {"text_instead": delivery.channel == "sms", "texts": texts, "in_writing": in_writing}
    return reader_in(session, delivery.to_role, delivery.person_id, delivery.authority_id, **way)


def reader_in(
    session: Session,
    role: str,
    person_id: int | None,
    authority_id: int | None,
    *,
    text_instead: bool = False,
    texts: bool = False,
    in_writing: bool = False,
) -> Reader:
    """That person, else that authority's SEN team, as a reader in that role. Raises NobodyToWriteTo."""
    person = session.get(Person, person_id) if person_id is not None else None
    if person is not None:
        name = " ".join(n for n in (person.given_name, person.family_name) if n)
        email, mobile = _way_to(person, text_instead, texts, in_writing)
        return Reader(role, person.kind, name, email, person.language, person.id, mobile)
    authority = session.get(Authority, authority_id) if authority_id is not None else None
    if authority is not None and authority.sen_email:
        return Reader(role, "outside", f"{authority.name} SEN team", authority.sen_email)
    raise NobodyToWriteTo("no_reader")


def _way_to(person: Person, text_instead: bool, texts: bool, in_writing: bool) -> tuple[str, str]:
    """Their address and, where a text goes, their mobile number. Neither a text nor a call stands for what the law wants in writing."""
    asked = "sms" if text_instead else person.preferred_channel
    by_text = asked == "sms" and (text_instead or not in_writing)
    if asked == "phone" and in_writing:
        raise NobodyToWriteTo("call_and_write")
    if asked in ("post", "phone") or (by_text and not texts):
        raise NobodyToWriteTo(f"by_{asked}")
    if by_text:
        mobile = mobile_number(person.phone)
        if not mobile:
            raise NobodyToWriteTo("no_mobile")
        return person.email, mobile
    if not person.email and asked == "sms":
        raise NobodyToWriteTo("in_writing")
    if not person.email:
        raise NobodyToWriteTo("no_address")
    return person.email, ""
