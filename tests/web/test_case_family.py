"""A case's page and the mail, where one case has opened another or waits for it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from db.ledger import Ledger
from db.links import Links
from db.models import Case, Delivery
from db.outbox import spread
from db.queries.case_family import Relative, family_of
from db.signing_key import signing_keys
from notifications.compose import compose
from rules.loader import load_library
from tests.db.family_story import FAMILY, NOTICE, TRANSFER
from tests.db.ledger_story import day
from tests.web.site import Site


@pytest.fixture
def cases(site: Site) -> tuple[str, str, str]:
    """A transfer, the notice it waited for and the appeal that the notice opened, on a ledger with the family of processes."""
    ledger = Ledger(site.engines, site.clock, load_library(FAMILY))
    senco, pupil = site.actor("senco"), site.pupil("Ada", "Ashby")
    transfer = ledger.open_case(senco, key=uuid4(), process="transfer", pupil_id=pupil, facts=TRANSFER, on=day("2026-09-10")).case
    ledger.decide(senco, key=uuid4(), case=transfer, step="prepare", on=day("2026-09-14"))
    with site.engines.app([site.ash]) as session:
        notice = family_of(session, transfer)[0].ref
    ledger.decide(senco, key=uuid4(), case=notice, step="gather_views", on=day("2026-09-20"))
    decided = {"key": uuid4(), "case": notice, "step": "la_decision", "on": day("2026-11-20"), "facts": {"decision_on": day("2026-11-20")}}
    (appeal,) = ledger.decide(senco, outcome="keep", **decided).also_opened
    return transfer, notice, appeal


def family(site: Site, ref: str) -> list[Relative]:
    with site.engines.app([site.ash]) as session:
        return family_of(session, ref)


def test_cases_show_each_other(site: Site, cases: tuple[str, str, str]) -> None:
    transfer, notice, appeal = cases
    assert [(one.ref, one.how, one.step, one.ended) for one in family(site, transfer)] == [
        (notice, "awaited by this case", "The LA's notice", "kept")
    ]
    assert [(one.ref, one.how) for one in family(site, notice)] == [(transfer, "waits for this case"), (appeal, "opened by this case")]
    assert [(one.ref, one.how, one.step, one.doubt) for one in family(site, appeal)] == [(notice, "opened this case", "The LA decides", "")]
    page = site.client().get(f"/cases/{notice}").text
    assert "Cases it has to do with" in page and f'href="/cases/{transfer}"' in page and f'href="/cases/{appeal}"' in page
    assert "look at it" not in page
    with site.engines.app([site.birch]) as session:
        assert family_of(session, notice) == []


def test_a_case_that_rests_on_what_was_changed_says_so_and_the_senco_has_a_mail(site: Site) -> None:
    ledger, senco = Ledger(site.engines, site.clock, load_library(FAMILY)), site.actor("senco")
    facts = {**NOTICE, "looked_after": True}
    case = ledger.open_case(senco, key=uuid4(), process="notice", pupil_id=site.pupil("Ben", "Ashby"), facts=facts, on=day("2026-09-10")).case
    ledger.decide(senco, key=uuid4(), case=case, step="gather_views", on=day("2026-09-20"))
    decided = {"key": uuid4(), "case": case, "step": "la_decision", "on": day("2026-11-20"), "facts": {"decision_on": day("2026-11-20")}}
    (appeal,) = ledger.decide(senco, outcome="keep", **decided).also_opened
    ledger.correct(senco, key=uuid4(), case=case, fact="decision_on", value=day("2026-11-19"), because="misread", on=day("2026-11-23"))
    assert "says otherwise by now: decision." in family(site, appeal)[0].doubt
    ledger.correct(senco, key=uuid4(), case=appeal, fact="decision_on", value=day("2026-11-19"), because="misread", on=day("2026-11-23"))
    assert family(site, appeal)[0].doubt == ""
    ledger.correct_outcome(senco, key=uuid4(), case=case, step="la_decision", outcome="amend", because="misread", on=day("2026-11-23"))
    assert "opened in error" in family(site, appeal)[0].doubt and "look at it" in site.client().get(f"/cases/{appeal}").text
    with site.engines.scheduler() as session:
        while spread(session, site.clock.now()).rows:
            pass
        of_case = select(Delivery).join(Case, Case.id == Delivery.case_id).where(Case.ref == case, Delivery.template == "shared/case_in_doubt")
        mine = list(session.scalars(of_case.where(Delivery.state == "held", Delivery.held_for == "morning")))
        assert len(mine) == 2 and {one.to_role for one in mine} == {"senco"}
        message = compose(session, mine[0], origin=site.url, links=Links(signing_keys(site.settings)), today=site.clock.today())
    assert message.subject == "another case needs a look" or "another case needs a look" in message.subject
    assert "The LA decides" in message.html and "opened in error" in message.html and "Ben" not in message.subject
    ledger.interrupt(senco, key=uuid4(), case=appeal, name="opened_in_error", because="corrected", on=day("2026-11-24"))
    assert family(site, appeal)[0].doubt == "" and family(site, case)[0].ended == "opened in error"


def test_a_case_by_itself_has_no_family(site: Site) -> None:
    case = site.review()
    assert family(site, case) == [] and "Cases it has to do with" not in site.client().get(f"/cases/{case}").text
