"""`sendflow bounces`: takes in the mails that came back, from a mail server's pipe, a file, or a mailbox folder."""

from __future__ import annotations

import mailbox
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from cli.arguments import Json
from cli.show import as_json, fail, refusals
from cli.working import working

WHY = {
    "no_report": "no report of a mail server (answers and absence notes are read by nobody)",
    "no_reference": "a report on a mail that is none of ours",
    "forged": "a report without our mark: it proves nothing",
}


def add_to(app: typer.Typer) -> None:
    """Put this command into `app`."""
    app.command()(bounces)


def bounces(
    where: Annotated[str, typer.Argument(help="A Maildir, a file with one mail, or - for one mail on standard input.")], json: Json = False
) -> None:
    """Take in mails that came back to SENDFLOW_MAIL_FROM. Who was not reached stands before the SENCO, who tells them by another way.

    Mails of a Maildir that were read are marked as seen and not read again. Nothing is ever answered.
    """
    with refusals():
        from db.settings import get_settings
        from tasks.bounces import take_in

        taken = take_in(working().engines, get_settings(), _mails(where))
    if json:
        as_json(taken)
        return
    for reference in taken.bounced:
        print(f"{reference} came back: it stands before the SENCO now.")
    for reference in taken.delivered:
        print(f"{reference} arrived.")
    for why, times in sorted(taken.passed_over.items()):
        print(f"{times} passed over: {WHY[why]}.")
    print(f"{len(taken.bounced)} came back, {len(taken.delivered)} arrived, {taken.unchanged} changed nothing.")


def _mails(where: str) -> Iterator[bytes]:
    path = Path(where)
    if where == "-":
        yield sys.stdin.buffer.read()
    elif (path / "cur").is_dir() and (path / "new").is_dir():
        yield from _unseen(mailbox.Maildir(path, factory=None, create=False))
    elif path.is_file():
        yield path.read_bytes()
    else:
        fail(f"{where} is no Maildir (a folder with cur and new) and no file; write - for one mail on standard input")


def _unseen(box: mailbox.Maildir) -> Iterator[bytes]:
    """Each mail that was not seen yet, marked as seen once whoever asked has done with it."""
    for key in sorted(box.keys()):
        mail = box[key]
        if "S" in mail.get_flags():
            continue
        yield mail.as_bytes()
        mail.set_subdir("cur")
        mail.add_flag("S")
        box[key] = mail
