"""One message to one recipient, ready to be sent, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Message:
    """`to` is one plain address; where `way` is sms, one mobile number, and `subject` all that is said; where it is
    teams, the address of a workflow, and `html` markdown. Apprise makes the text part from `html`.

    `reference` is the delivery's own (`AR-000007/31`) and stands in the header X-Case-Ref, so that a bounce finds its delivery; `proof` beside it
    shows that the mail was ours (`proof.py`). `again`: the server's answer to an earlier try was lost; this may be the second copy, and says so.
    `reader_kind`: staff, family or outside, for the hours at which they may be written to.
    """

    to: str
    subject: str
    html: str
    reference: str
    again: bool = False
    proof: str = ""
    reader_kind: str = "outside"
    way: Literal["email", "sms", "teams"] = "email"


@dataclass(frozen=True, slots=True)
class Sent:
    """`accepted`: the mail server took it (not: it arrived). `refused`: surely not sent, may be tried again. `unknown`: the answer was lost; a
    further try may bring a second copy. `code` is a short word for the record and never quotes the server, which may quote the address."""

    state: Literal["accepted", "refused", "unknown"]
    code: str


class NothingToSay(LookupError):
    """All that a mailing would say was done before it was sent: it need not be sent any more."""


class ReaderKeptAway(NothingToSay):
    """An order keeps the reader from contact with the child: to them there is nothing to say, and whoever reads it in their place must."""
