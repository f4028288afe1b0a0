"""Nobody makes themselves head, or chief executive, by saying that somebody is away: who may say it, and what they may not gain by it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from db.absences import CannotBeAway, NewAbsence, say_away, take_back
from db.engine import Engines
from db.models import Membership, Person, School
from db.queries.acting import away_today, roles_today
from db.who_says_away import may_be_said_away
from tests.db.builders import staff
from tests.db.ledger_story import TODAY, Village, day, village

LAST = day("2026-12-08")


@dataclass(frozen=True)
class Trust:
    """Two schools of one trust: a head, a SENCO and a teacher each; a SENCO who works at both, a SEND lead and a chief executive."""

    ash: Village
    oak: Village
    people: dict[str, int]

    def may(self, by: str, *schools: Village) -> set[str]:
        """Of whom that person may say it, who leads these schools."""
        with self.ash.engines.scheduler() as session:
            found = may_be_said_away(session, self.people[by], [one.school_id for one in schools], TODAY)
        return {name for name, number in self.people.items() if number in found} - {by}

    def says(self, by: str, who: str, deputy: str, from_on: str = "2026-11-24", to_on: str = "2026-12-08") -> int:
        """The number of an absence that `by` said."""
        with self.ash.engines.scheduler() as session:
            said = NewAbsence(self.people[who], self.people[deputy], day(from_on), day(to_on))
            return say_away(session, said, by=self.people[by], today=TODAY, now=self.ash.clock.now()).id

    def back(self, *numbers: int) -> None:
        with self.ash.engines.scheduler() as session:
            for number in numbers:
                take_back(session, number, by=self.people["ceo"], today=TODAY, now=self.ash.clock.now())


@pytest.fixture(scope="module")
def trust(engines: Engines) -> Trust:
    ash, oak = village(engines, "900201"), village(engines, "900202")
    people = {f"{role} {name}": actor.person_id or 0 for name, at in (("ash", ash), ("oak", oak)) for role, actor in
              (("head", at.head), ("senco", at.senco), ("teacher", at.teacher))}  # fmt: skip
    with engines.scheduler() as session:
        for name, role in (("shared", "senco"), ("lead", "trust_send_lead"), ("ceo", "ceo")):
            person: Person = staff(session, session.get_one(School, ash.school_id), name.title(), "Trust")
            session.add_all(Membership(person_id=person.id, school_id=at.school_id, role=role) for at in (ash, oak))
            people[name] = person.id
    return Trust(ash, oak, people)


def test_a_head_says_it_of_people_who_work_at_that_school_alone_and_of_nobody_of_the_trust(trust: Trust) -> None:
    assert trust.may("head ash", trust.ash) == {"senco ash", "teacher ash"}
    assert trust.may("head ash", trust.ash, trust.oak) == {name for name in trust.people if name not in ("head ash", "lead", "ceo")}
    assert trust.may("teacher ash") == set()
    assert trust.may("lead", trust.ash, trust.oak) == set(trust.people) - {"lead"}


def test_nobody_comes_to_a_post_of_their_rank_or_above_by_their_own_word(trust: Trust) -> None:
    def refused(by: str, who: str, deputy: str, **days: str) -> str:
        with pytest.raises(CannotBeAway) as fault:
            trust.says(by, who, deputy, **days)
        assert fault.value.field == "deputy"
        return fault.value.message

    assert "as chief executive for Ceo Trust yourself" in refused("head ash", "ceo", "head ash")
    assert "as trust SEND lead" in refused("head ash", "lead", "head ash")
    assert "as headteacher" in refused("head ash", "head oak", "head ash"), "of the same rank, at another school"
    assert "as SENCO" in refused("head ash", "senco oak", "head ash"), "below, at another school"
    refused("lead", "ceo", "lead")
    trust.back(trust.says("head ash", "senco ash", "head ash"), trust.says("lead", "ceo", "head ash"), trust.says("lead", "head oak", "lead"))


def test_nor_along_a_chain_whichever_was_said_first_and_on_whichever_day_it_comes_about(trust: Trust) -> None:
    first = trust.says("lead", "head oak", "lead", from_on="2026-12-01")
    with pytest.raises(CannotBeAway, match="for Ceo Trust yourself"):
        trust.says("lead", "ceo", "head oak")
    trust.back(first)
    second = trust.says("lead", "ceo", "head oak")
    with pytest.raises(CannotBeAway, match="for Ceo Trust yourself"):
        trust.says("lead", "head oak", "lead", from_on="2026-12-01")
    trust.back(second)


def test_who_is_away_hands_over_as_they_like_and_reads_who_said_it_where_it_was_somebody_else(trust: Trust) -> None:
    own = trust.says("ceo", "ceo", "lead")
    with trust.ash.engines.scheduler() as session:
        assert "ceo" in {held.role for held in roles_today(session, trust.people["lead"], TODAY)}
        away = away_today(session, trust.people["ceo"], TODAY)
    assert away is not None and away.said_by == "" and away.to_on == LAST
    trust.back(own)
    other = trust.says("head ash", "senco ash", "teacher ash")
    with trust.ash.engines.scheduler() as session:
        away = away_today(session, trust.people["senco ash"], TODAY)
    assert away is not None and away.said_by == "Headteacher Ash"
    trust.back(other)
