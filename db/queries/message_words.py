"""Where a message is, in words: what its state and its code mean for the person who reads them, and what they are to do."""

from __future__ import annotations

from db.redirect import NOBODY

_STATES = {
    "owed": "waits to be sent",
    "claimed": "being sent",
    "handed_over": "being sent",
    "accepted": "sent",
    "unknown": "sent, but the mail server did not answer",
    "delivered": "arrived",
    "bounced": "came back",
    "superseded": "not needed any more",
    "failed": "could not be sent",
    "held": "waits for the reader's next list or morning",
    "listed": "stands in the reader's list or morning",
    "told": "told by a person",
}
WORDS = {
    NOBODY: "we have nobody to write to: tell them yourself, or enter their contact and write",
    "no_reader": "we have nobody to write to any more: tell them yourself",
    "no_address": "we have no e-mail address: tell them yourself",
    "by_post": "they asked for post: print it and send it",
    "by_phone": "they asked for a call: ring them",
    "call_and_write": "they asked for a call, and the law wants this in writing too: ring them, print it and send it",
    "by_sms": "they asked for a text message: send one, or ring them",
    "no_mobile": "they asked for a text message, and we have no British mobile number: ring them",
    "in_writing": "they asked for a text message, but the law wants this in writing and we have no e-mail address: print it and send it",
    "number_refused": "the SMS service refuses their number: correct it, and tell them yourself",
    "teams_refused": "Teams does not take it: make a new workflow and give its address",
    "bad_number": "their number is no British mobile number: correct it, and tell them yourself",
    "no_sms_service": "no SMS service takes SENDFLOW_SMS_URL as it is set: whoever runs Sendflow must set it right",
    "bad_address": "their e-mail address cannot be right: correct it, and tell them yourself",
    "server_not_reached": "the mail server does not answer",
    "login_refused": "the mail server or the SMS service refuses our name or password: whoever runs Sendflow must set its address right",
    "server_busy": "the mail server or the SMS service takes no more for now",
    "try_later": "the mail server asks us to try later",
    "address_refused": "their mail server refuses the address: correct it, and tell them yourself",
    "mail_refused": "the mail server refuses it",
    "no_service": "no mail service takes SENDFLOW_MAIL_URL and SENDFLOW_MAIL_FROM as they are set: whoever runs Sendflow must set them right",
    "too_late": "whoever was to send it was held up: it is tried again",
    "no_clear_answer": "the mail server gave no clear answer",
    "no_such_mailbox": "their mail server knows no such address: correct it, and tell them yourself",
    "mailbox_full": "their mailbox is full: tell them yourself",
    "refused_as_unwanted": "their mail server does not want mail from us: tell them yourself, and whoever runs Sendflow",
    "not_reached_for_days": "their mail server did not answer for days: tell them yourself",
    "came_back": "their mail server sent it back: tell them yourself",
    "no_template": "its text is missing: `sendflow check` names it",
    "unforeseen": "something in Sendflow is broken: whoever runs it finds where in the worker's log, and until it is mended, tell them yourself",
    "bad_template": "its text cannot be written: `sendflow check` names it",
}
KEPT_AWAY = "did not reach them, and an order keeps them from contact now: nobody tells them"
NOT_THEIRS = "did not reach them, and they are no parent in this case any more: nobody tells them"
_IN_PERSON = frozenset({NOBODY, "no_reader", "no_address", "by_post", "by_phone", "by_sms", "no_mobile", "in_writing", "call_and_write"})


def where_it_is(state: str, code: str) -> str:
    """The state of a delivery (`db.models.DELIVERY_STATES`) and its code as a sentence without its full stop. A code without words here
    (a mail server's) stands as it is.

    What only a person can tell is no fault of anything, so it does not read as one: "they asked for post: print it and send it".
    """
    if state == "failed" and code in _IN_PERSON:
        return WORDS[code]
    said = _STATES[state]
    return f"{said}: {WORDS.get(code, code.replace('_', ' '))}" if code and state != "superseded" else said
