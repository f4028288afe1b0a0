"""The figures of a run: per operator and per process, with the ring that caught each mutant, and every survivor with why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from tests.mutants.bench import Verdict
from tests.mutants.explained import explained
from tests.mutants.judge import RINGS

HEAD = f"| | mutants | caught | of 100 | {' | '.join(RINGS)} | without X, of 100 |\n|-|-|-|-|{'-|' * len(RINGS)}-|"


def counted(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts that count: those on law and logic, not on what is the trust's own."""
    return [one for one in verdicts if not one.own]


def caught_of_100(verdicts: Sequence[Verdict], without: str = "") -> float:
    """How many of 100 are caught, by rings other than those named in `without`. 100 for none at all."""
    caught = sum(not one.survived and one.ring not in without for one in verdicts)
    return 100 * caught / len(verdicts) if verdicts else 100.0


def table(verdicts: Sequence[Verdict], by: Callable[[Verdict], str]) -> str:
    """A table with a row a group, and one for all."""
    groups: dict[str, list[Verdict]] = {}
    for one in verdicts:
        groups.setdefault(by(one), []).append(one)
    rows = [_row(name, found) for name, found in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))]
    return "\n".join([HEAD, *rows, _row("**all**", verdicts)])


def _row(name: str, found: Sequence[Verdict]) -> str:
    rings = Counter(one.ring for one in found)
    caught = sum(not one.survived for one in found)
    return " | ".join(
        [
            f"| {name}",
            str(len(found)),
            str(caught),
            f"{caught_of_100(found):.1f}",
            *(str(rings[ring] or "") for ring in RINGS),
            f"{caught_of_100(found, 'X'):.1f} |",
        ]
    )


def page(verdicts: Sequence[Verdict], on: date) -> str:
    """The whole of docs/mutants.md after its introduction."""
    law = counted(verdicts)
    real = [one for one in law if not one.same]
    written = [one for one in law if one.ring != "L" and one.operator != "misname"]
    own = Counter(one.own for one in verdicts if one.own)
    lines = [
        f"Measured on {on}: {len(law)} mutants of law and logic in {len({one.process for one in law})} processes.",
        "",
        f"- caught by all rings: **{caught_of_100(law):.1f} of 100**; without ring X (examples in the definitions): {caught_of_100(law, 'X'):.1f}",
        f"- without the {len(law) - len(real)} proved to change nothing: {caught_of_100(real):.1f}; without X {caught_of_100(real, 'X'):.1f}",
        f"- of those that the loader can read and that are no misnames ({len(written)}): {caught_of_100(written):.1f}; "
        f"without X {caught_of_100(written, 'X'):.1f}",
        "",
        "## By operator",
        "",
        table(law, lambda one: one.operator),
        "",
        "## By process",
        "",
        table(law, lambda one: one.process),
        "",
        "## The trust's own, not counted",
        "",
        *(f"- {why}: {number}" for why, number in own.most_common()),
        "",
        "## Survivors",
        "",
        *_survivors([one for one in law if one.survived]),
    ]
    return "\n".join(lines) + "\n"


def _survivors(found: list[Verdict]) -> Iterable[str]:
    groups: dict[str, list[Verdict]] = {}
    for one in found:
        groups.setdefault(explained(one), []).append(one)
    for why, ones in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        yield f"### {why} ({len(ones)})"
        yield ""
        by_process: dict[str, list[Verdict]] = {}
        for one in sorted(ones, key=lambda v: (v.process, v.operator, v.where)):
            by_process.setdefault(one.process, []).append(one)
        for process, some in by_process.items():
            yield f"- {process}: " + "; ".join(f"{one.operator}, `{one.where}`" for one in some)
        yield ""
