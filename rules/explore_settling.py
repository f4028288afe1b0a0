"""What follows of itself once something is recorded: the meaning of `rules/settling.py` and `rules/resets.py` on the explorer's tuples."""

from __future__ import annotations

from rules.explore_model import FIRST, FRESH, OPENED, SKIPPED, Model, PlacedStep
from rules.explore_state import (
    NOT_NEEDED,
    OPEN,
    OVERTAKEN,
    SKIPPED_,
    AtRest,
    Derived,
    Member,
    State,
    is_done,
    is_early,
    is_passed_over,
    put,
    put_list,
)
from rules.explore_statuses import Statuses
from rules.record import list_of
from rules.truth import T


class Settling(Statuses):
    """Brings states to rest."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        most = max((len(words) for words in model.words.values()), default=0)
        self.early_values = frozenset(v for v in range(FIRST, FIRST + 3 * most) if is_early(v) or is_passed_over(v))

    def settle(self, state: State) -> AtRest:
        """Bring a state to rest: write down what is decided, take in early arrivals, then see whether an end holds."""
        reopened, lost = False, list[str]()
        while True:
            derived = self.derive(state)
            early = self._came_early(state)
            written = self._write_down(state, derived, lost, self.model.order if early else self.testing)
            if written != state:
                state = written
                continue
            arrived = self._arrived(state, derived) if early else None
            if arrived is None:
                break
            state, again = self._finish(state, *arrived)
            reopened = reopened or again
        ends = tuple(name for name, check in self.model.ends if check(derived.plain, derived.lists, []) == T)
        if ends:
            lost += [self.model.plain[at] for at, v in enumerate(state.plain) if is_early(v)]
            lost += [
                self.model.list_steps[g][at] for g, ms in enumerate(state.lists) for m in ms or () for at in range(self.widths[g]) if is_early(m[at])
            ]
        return AtRest(state, derived, ends, reopened, tuple(dict.fromkeys(lost)))

    def _came_early(self, state: State) -> bool:
        """Whether anything was recorded before its turn, be it passed over since."""
        if not self.early_values.isdisjoint(state.plain):
            return True
        return any(not self.early_values.isdisjoint(m[:width]) for width, ms in zip(self.widths, state.lists, strict=True) for m in ms or ())

    def _write_down(self, state: State, derived: Derived, lost: list[str], steps: list[PlacedStep]) -> State:
        plain, members = list(state.plain), dict[tuple[int, int], list[int]]()
        for placed in steps:
            at, group, has_test = placed.at, placed.group, placed.only_if is not None
            if group < 0:
                if plain[at] < SKIPPED or not is_done(plain[at]):
                    plain[at] = self._written(plain[at], derived.plain_status[at], has_test, placed.step.name, lost)
                continue
            for n, member in enumerate(state.lists[group] or ()):
                written = members.setdefault((group, n), list(member))
                written[at] = self._written(written[at], derived.list_status[group][n][at], has_test, placed.step.name, lost)
        if not members:
            return state._replace(plain=tuple(plain))
        lists = [None if ms is None else [members.get((g, n), list(m)) for n, m in enumerate(ms)] for g, ms in enumerate(state.lists)]
        return self._packed(plain, lists, state.facts, state.known)

    def _written(self, value: int, status: int, has_test: bool, name: str, lost: list[str]) -> int:
        if value == SKIPPED or is_done(value):
            return value
        if status in (NOT_NEEDED, OVERTAKEN):
            if is_early(value):
                lost += [name] if status == OVERTAKEN else []  # what is not needed was sent in vain, but nothing is lost by it
                return value + 1
            return value if is_passed_over(value) else FRESH
        if is_passed_over(value):
            return FRESH
        if status == SKIPPED_:
            if is_early(value):
                lost.append(name)
            return SKIPPED
        if value <= OPENED:
            return OPENED if status == OPEN and has_test else FRESH
        return value

    def _packed(self, plain: list[int], lists: list[list[list[int]] | None], facts: tuple[int, ...], known: int) -> State:
        packed = tuple(None if ms is None else self.packed_list(g, [tuple(m) for m in ms]) for g, ms in enumerate(lists))
        return State(tuple(plain), packed, facts, known)

    def packed_list(self, group: int, members: list[Member]) -> tuple[Member, ...]:
        """Members in a fixed order; of a list of unknown length each state once."""
        return tuple(sorted(members if self.model.named[group] else set(members)))

    def _arrived(self, state: State, derived: Derived) -> tuple[PlacedStep, Member | None] | None:
        for placed in self.model.order:
            if placed.group < 0:
                if is_early(state.plain[placed.at]) and derived.plain_status[placed.at] == OPEN:
                    return placed, None
                continue
            for n, member in enumerate(state.lists[placed.group] or ()):
                if is_early(member[placed.at]) and derived.list_status[placed.group][n][placed.at] == OPEN:
                    return placed, member
        return None

    def _finish(self, state: State, placed: PlacedStep, member: Member | None) -> tuple[State, bool]:
        """An early arrival whose turn has come is done; its outcome reopens what it says. All members in that same state finish together."""
        name = placed.step.name
        value = state.plain[placed.at] if member is None else member[placed.at]
        word = self.model.words[name][(value - FIRST) // 3][0]
        bit = 1 << self.model.bits[name] if name in self.model.bits else 0
        if member is None:
            state = state._replace(plain=put(state.plain, placed.at, value - 1), known=state.known | bit)
            changed = None
        else:
            changed = put(member, placed.at, value - 1)
            changed = (*changed[:-1], changed[-1] | bit)
            members = [changed if m == member else m for m in state.lists[placed.group] or ()]
            state = state._replace(lists=put_list(state.lists, placed.group, self.packed_list(placed.group, members)))
        outcome = placed.step.outcomes.get(word)
        if outcome is None or not outcome.reopens:
            return state, False
        own = changed is not None and list_of(self.model.definition.steps[outcome.reopens]) == list_of(placed.step)
        return self.reopen(state, outcome.reopens, placed.group if own else -1, changed if own else None, decider=(placed, changed)), True

    def reopen(self, state: State, target: str, group: int, member: Member | None, decider: tuple[PlacedStep, Member | None] | None = None) -> State:
        """A new round of the target and all that depends on it; the decider's too. `member`: the only one of list `group` concerned."""
        scope = self.model.scopes[target, member is not None]
        names = set(scope) | ({decider[0].step.name} if decider else set())
        plain = [_again(v) if self.model.plain[at] in names else v for at, v in enumerate(state.plain)]
        lists: list[list[list[int]] | None] = []
        for g, ms in enumerate(state.lists):
            fresh: list[list[int]] = []
            for m in ms or ():
                concerned = [self._concerned(name, scope, g == group, m == member, decider, g, m) for name in self.model.list_steps[g]]
                fresh.append([_again(v) if hit else v for v, hit in zip(m, concerned, strict=False)] + list(m[self.widths[g] :]))
            lists.append(None if ms is None else fresh)
        return self._packed(plain, lists, state.facts, state.known)

    def _concerned(
        self, name: str, scope: dict[str, bool], its_list: bool, its_own: bool, decider: tuple[PlacedStep, Member | None] | None, g: int, m: Member
    ) -> bool:
        if name in scope:
            return not scope[name] or not its_list or its_own
        return decider is not None and decider[0].step.name == name and decider[0].group == g and decider[1] == m


def _again(value: int) -> int:
    """A new round of what was done, decided, opened or early; what was passed over stays."""
    return value if is_passed_over(value) else FRESH
