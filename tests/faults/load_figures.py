"""What the ten minutes counted, as the table of docs/reliability.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from notifications.sink import kept_mails
from tests.acceptance.oracle import Z
from tests.faults.clients_at_work import Noted
from tests.faults.tally import RELIABILITY
from tests.flows.office import Office

BEGIN, END = "<!-- figures of make ten-minutes: begin -->", "<!-- figures of make ten-minutes: end -->"


@dataclass(frozen=True)
class Mails:
    """What became of the messages: owed (laid aside ones left out), failed with a reason that somebody was told (no address), at the sink, marked
    "may have come twice", and how many of these did."""

    owed: int
    failed: int
    at_the_sink: int
    marked: int
    came_twice: int


@dataclass(frozen=True)
class LoadFigures:
    """One run. `looks`: seconds that each opening of a page took; `sent_again`: times that somebody was told to try again; `killed` by part."""

    seconds: float
    clients: Mapping[str, int]
    noted: Sequence[Noted]
    looks: Sequence[float]
    sent_again: int
    killed: Counter[str]
    slowest: Mapping[str, float]
    failed_starts: int
    died_by_itself: int
    opened: int
    ended: int
    mails: Mails
    settled: float
    z: Z

    def rows(self) -> list[tuple[str, str]]:
        """The table's rows: what was counted, and the figure."""
        by = Counter(one.by for one in self.noted)
        z, mails = self.z, self.mails
        return [
            ("minutes under load", f"{self.seconds / 60:.1f}"),
            ("people", ", ".join(f"{number} by {kind}" for kind, number in self.clients.items())),
            ("acts confirmed", f"{len(self.noted):,}: " + ", ".join(f"{by[kind]:,} by {kind}" for kind in self.clients)),
            ("cases opened, of them ended", f"{self.opened:,}, {self.ended:,}"),
            ("killed", ", ".join(f"{part} {times}" for part, times in self.killed.items())),
            ("slowest until it ran again", ", ".join(f"{part} {seconds:.1f} s" for part, seconds in self.slowest.items())),
            ("starts that failed, worker found dead though nobody killed it", f"{self.failed_starts}, {self.died_by_itself}"),
            ("told to try again", f"{self.sent_again:,} times; {sum(one.sent > 1 for one in self.noted):,} acts were sent more than once"),
            ("acknowledged acts lost, doubled", f"{len(z.lost_acts)}, {len(z.doubled_acts)}"),
            ("messages owed, failed for a reason that was told, at the mail server", f"{mails.owed:,}, {mails.failed:,}, {mails.at_the_sink:,}"),
            ("messages lost, doubled beyond those marked", f"{len(z.lost_mails)}, {len(z.doubled_mails)}"),
            ("marked “may have come twice”, of them came twice", f"{mails.marked}, {mails.came_twice}"),
            ("broken chains, words, positions or rows", str(len(z.record))),
            ("cases without exactly one live run, or ended with one", str(len(z.runs) + len(z.strangers))),
            ("wakes not served, outbox not spread", str(len(z.undone))),
            ("names or typed words in Prefect or a log", str(len(z.canaries))),
            *(("from sending to receipt, by " + kind, spread_of([one.seconds for one in self.noted if one.by == kind])) for kind in self.clients),
            ("opening a page", spread_of(self.looks)),
            ("until all was settled after the load", f"{self.settled:.0f} s"),
        ]

    def table(self, on: str) -> str:
        """The table in Markdown. `on`: the day of the run, ISO."""
        return "\n".join([f"| ten minutes of load, {on} | |", "|-|-|", *(f"| {what} | {figure} |" for what, figure in self.rows())])


def spread_of(seconds: Sequence[float]) -> str:
    """Median, 95th percentile and longest, in words."""
    if not seconds:
        return "none"
    ordered = sorted(seconds)

    def at(part: float) -> str:
        return in_words(ordered[min(len(ordered) - 1, int(part * len(ordered)))])

    return f"p50 {at(0.5)}, p95 {at(0.95)}, longest {in_words(ordered[-1])}"


def in_words(seconds: float) -> str:
    """`38 ms`, or `4.2 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def mails_of(office: Office) -> Mails:
    """Count them: in the ledger, and at the mail server."""
    (row,) = office.village.rows(
        "SELECT count(*) FILTER (WHERE state <> 'superseded') AS owed, count(*) FILTER (WHERE state = 'failed') AS failed, "
        "count(*) FILTER (WHERE may_be_twice) AS marked FROM deliveries"
    )
    came = Counter(mail.reference for mail in kept_mails(office.sink_folder))
    return Mails(row.owed, row.failed, came.total(), row.marked, sum(times > 1 for times in came.values()))


def write_down(table: str, page: Path = RELIABILITY) -> None:
    """Put the table into the page between its markers."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}", encoding="utf-8")
