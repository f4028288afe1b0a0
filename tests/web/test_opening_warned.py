"""What the law does not oblige the council to answer is said to whoever opens the case, once, and the case opens all the same."""

from __future__ import annotations

import re

from tests.web.site import Site, hidden

SAID = "The last assessment is less than six months ago."
FACTS = {"fact.asked_by": "school", "fact.year_group": "4", "fact.rights_held_by": "parent"}


def assessed(day: str, month: str, year: str) -> dict[str, str]:
    """The form with that day of the last assessment."""
    return {**FACTS, "fact.last_assessed_on-day": day, "fact.last_assessed_on-month": month, "fact.last_assessed_on-year": year}


def test_a_request_within_six_months_is_warned_of_and_opens_at_the_second_click(site: Site) -> None:
    senco, path = site.client(), f"/start/reassessment/{site.pupil('Wim', 'Warned')}"
    shown = senco.get(path)
    assert SAID not in shown.text and "Open the case all the same" not in shown.text
    warned = senco.post(path, data={**hidden(shown.text), **assessed("24", "5", "2026")})
    assert warned.status_code == 200 and SAID in warned.text and "reg 24 and the policy, section 14" in warned.text
    assert "Open the case all the same" in warned.text and 'value="2026"' in warned.text, "what was typed stands"
    opened = senco.post(path, data={**hidden(warned.text), **assessed("24", "5", "2026")})
    assert opened.status_code == 200 and "Case opened" in opened.text and "RA-" in opened.text
    again = senco.post(path, data={**hidden(warned.text), **assessed("24", "5", "2026")})
    assert "This case was open already" in again.text and len(set(re.findall(r"RA-\d+", opened.text + again.text))) == 1, "sent twice, one case"


def test_a_day_later_nobody_is_warned(site: Site) -> None:
    senco, path = site.client(), f"/start/reassessment/{site.pupil('Una', 'Unwarned')}"
    opened = senco.post(path, data={**hidden(senco.get(path).text), **assessed("23", "5", "2026")})
    assert SAID not in opened.text and "Case opened" in opened.text


def test_the_other_two_open_by_hand_too(site: Site) -> None:
    senco = site.client()
    asked = {"fact.advice_asked_on-day": "20", "fact.advice_asked_on-month": "11", "fact.advice_asked_on-year": "2026", **FACTS}
    moves = {"fact.moves_on-day": "5", "fact.moves_on-month": "1", "fact.moves_on-year": "2027", "fact.rights_held_by": "parent"}
    moves |= {"fact.last_reviewed_on-day": "15", "fact.last_reviewed_on-month": "1", "fact.last_reviewed_on-year": "2026"}
    for process, prefix, facts in (("advice_request", "AD-", asked), ("plan_moves_authority", "MA-", moves)):
        path = f"/start/{process}/{site.pupil('Tom', process.title())}"
        opened = senco.post(path, data={**hidden(senco.get(path).text), **facts})
        assert "Case opened" in opened.text and prefix in opened.text
