"""An act as it was asked for, and the bytes that stand for it in the chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from db.acts.actor import Actor
from db.acts.capacity import said_in
from db.acts.content import Sealed, canonical, digest, seal
from rules.documents import SentFile
from rules.history import Event, event_to_json
from rules.position_types import Change

# Events of form 1 have a digest of the request (`body`). Those that name no form say the round that was asked for, and what an opening is of.
BODY_DIGITS = 24  # 96 bits: it tells mistakes apart and guards nothing; the first events had all 64


@dataclass(frozen=True, slots=True)
class Cause:
    """The act on another case that does this one: its case and number, and the step, party and round it was about."""

    case_id: int
    ref: str
    seq: int
    step: str = ""
    party: str = ""
    round: int = 0

    def said(self) -> dict[str, Any]:
        """As it stands in the content of what it caused."""
        about = {"step": self.step, "party": self.party, "round": self.round} if self.step else {}
        return {"case": self.ref, "seq": self.seq, **about}


@dataclass(frozen=True)
class Request:
    """One act on the case `ref`: its key (a UUID made with the form), its event, the round the person saw, personal words, and files."""

    key: UUID
    ref: str
    event: Event
    round: int | None = None
    private: tuple[Sealed, ...] = field(default=())
    documents: tuple[SentFile, ...] = ()

    def is_in(self, content: Mapping[str, Any]) -> bool:
        """Whether a stored content is of this very request. Personal words are compared by their commitments, not here."""
        if content.get("documents", []) != self.named:
            return False
        if "form" not in content:
            return canonical(content["event"]) == canonical(self.said) and (content.get("round"), content.get("of", self.ref)) == (
                self.round,
                self.ref,
            )
        body = digest({"case": self.ref, "event": self.said, "round": self.round})
        return bool(content["body"].startswith(body[:BODY_DIGITS]))

    @property
    def named(self) -> list[str]:
        """The files by their SHA-256, as the event names them."""
        return sorted({one.sha256 for one in self.documents})

    @cached_property
    def said(self) -> dict[str, Any]:
        """The event as JSON values, which an act needs twice."""
        return event_to_json(self.event)


def request(
    key: UUID, ref: str, event: Event, *, round: int | None = None, private: Mapping[str, str] | None = None, documents: tuple[SentFile, ...] = ()
) -> Request:
    """A request whose personal words are sealed with fresh salts."""
    return Request(key, ref, event, round, seal(private or {}), documents)


def content_of(asked: Request, actor: Actor, role: str, change: Change, calendar_version: str, cause: Cause | None = None) -> str:
    """The canonical text that is hashed: the event itself, who in which role by which way, what caused it, and commitments for personal words."""
    content: dict[str, Any] = {
        "key": str(asked.key),
        "event": asked.said,
        "via": actor.via,
        **said_in(role),
        "calendar": calendar_version,
    }
    if asked.round is not None:
        content["round"] = asked.round
    if asked.event.kind == "open":
        content["of"] = asked.ref
    if cause is not None:
        content["cause"] = cause.said()
    if asked.private:
        content["private"] = {one.name: one.commitment for one in asked.private}
    if asked.documents:
        content["documents"] = asked.named
    if actor.link is not None:
        content["link"] = str(actor.link)
    if change.breaches:
        content["breaches"] = list(change.breaches)
    return canonical(content).decode()


def private_rows(asked: Request) -> list[dict[str, str]]:
    """The rows of `private_texts`, as JSON for `write_event`."""
    return [{"name": one.name, "salt": one.salt.hex(), "value": one.value} for one in asked.private]
