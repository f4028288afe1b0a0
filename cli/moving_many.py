"""Moving cases one after the other: each in its own transaction, with progress; stopped or killed, the same command goes on where it stood."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal
from uuid import uuid4

from cli.working import Working
from db.acts.errors import Busy, CannotMove, NothingToMove
from db.ledger import Actor, Preview
from rules.definition import Definition

EVERY = 25  # cases between two lines of progress
Answer = Literal["would move", "moved", "passed over", "refused", "not reached"]


@dataclass(frozen=True)
class Moved:
    """What became of one case. `words`: why it was refused or passed over. `preview`: what a dry run found."""

    ref: str
    answer: Answer
    words: str = ""
    preview: Preview | None = None

    @property
    def not_opened(self) -> tuple[str, ...]:
        """Processes of cases that past decisions would have opened by the new text."""
        return self.preview.comparison.not_opened if self.preview is not None else ()

    def rows(self) -> list[tuple[object, ...]]:
        """A row for each step that moves: what, its date and owner now and then."""
        steps = self.preview.comparison.steps if self.preview is not None else ()
        pairs = ((one, one.was, one.will_be) for one in steps)
        return [(one.title, one.what, a and a.by, b and b.by, a and a.whose, b and b.whose) for one, a, b in pairs]

    def as_json(self) -> dict[str, Any]:
        """For programs: every step with status, dates, owner and explanation under both texts."""
        said: dict[str, Any] = {"case": self.ref, "answer": self.answer, "words": self.words}
        if self.preview is None:
            return said
        found = self.preview.comparison
        steps = [{"step": one.step, "party": one.party, "round": one.round, "title": one.title, "what": one.what, "was": one.was,
                  "will_be": one.will_be} for one in found.steps]  # fmt: skip
        return said | {
            "from": self.preview.now.hash, "to": self.preview.to.hash, "in_the_way": found.in_the_way, "steps": steps,
            "not_opened": found.not_opened,
        }  # fmt: skip


def move_all(
    w: Working, actor: Actor, refs: Sequence[str], to: Definition | None, undo: bool, because: str, *, quiet: bool
) -> list[Moved]:  # fmt: skip
    """Move each case, or show what would move where `because` is empty. `to` None: what the folder has for the case, or with `undo` its last move.

    A signal to stop (Ctrl-C, SIGTERM) is kept until the case in hand is done; the rest is answered `not reached`.
    """
    done: list[Moved] = []
    with _stop_after_this_case() as stopped:
        for place, ref in enumerate(refs, start=1):
            if stopped:
                done += [Moved(one, "not reached") for one in refs[place - 1 :]]
                break
            done.append(_one(w, actor, ref, to, undo, because))
            if not quiet and (place % EVERY == 0 or place == len(refs)):
                print(f"{place} of {len(refs)} cases, {sum(one.answer == 'refused' for one in done)} refused", flush=True)
    return done


def _one(w: Working, actor: Actor, ref: str, to: Definition | None, undo: bool, because: str) -> Moved:
    try:
        target = to if to is not None or undo else _in_folder(w, ref)
        if because:
            w.ledger.move_to_text(actor, key=uuid4(), case=ref, to=target, undo=undo, because=because)
            return Moved(ref, "moved")
        preview = w.ledger.preview_move(actor, ref, target, undo=undo)
    except NothingToMove as fault:
        return Moved(ref, "passed over", fault.message)
    except (CannotMove, Busy) as fault:
        return Moved(ref, "refused", fault.message)
    found = preview.comparison
    if found.in_the_way is not None:
        return Moved(ref, "refused", found.in_the_way.words(), preview)
    return Moved(ref, "would move", "" if found.steps else "No open step has another date or owner there.", preview)


def _in_folder(w: Working, ref: str) -> Definition:
    """The text that a case opened on that day with these facts would get now. Raises NoDefinition."""
    definition, position, _ = w.ledger.position(ref)
    opened_on: Any = getattr(position.record, "opened_on", w.today)
    return w.library.for_new_case(definition.process, opened_on, position.facts)


@contextmanager
def _stop_after_this_case() -> Iterator[list[int]]:
    """A list that is no longer empty once somebody asked to stop. A second signal ends the program at once: that, too, leaves each case whole."""
    asked: list[int] = []

    def remember(number: int, _: FrameType | None) -> None:
        if asked:
            sys.exit(128 + number)
        asked.append(number)
        print("Stopping after this case.", file=sys.stderr, flush=True)

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
