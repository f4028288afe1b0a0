"""The page that a SENCO begins the day with: what is theirs stands under how soon it is due, in the words of the morning."""

from __future__ import annotations

import re
from datetime import timedelta

from db.queries.inbox import inbox
from tests.web.site import Site

HEAD = re.compile(r'<h3[^>]* id="([a-z-]+)">([^<]+) \((\d+)\)</h3>')
AT_ANOTHER_DAY = "UPDATE steps SET target_on = %s WHERE case_id = (SELECT id FROM cases WHERE ref = %s) AND step = 'agree_meeting_date'"


def test_each_step_stands_once_and_under_how_soon_it_is_due(site: Site) -> None:
    today, days = site.clock.today(), {"overdue": -3, "this-week": 6, "later": 30}
    cases = {name: site.review() for name in days}
    with site.engines.act_connection("sendflow_writer") as writer:
        for name, case in cases.items():
            writer.execute(AT_ANOTHER_DAY, (today + timedelta(days=days[name]), case))
    with site.engines.scheduler() as session:
        mine = inbox(session, site.people[site.ash, "senco"], today).mine
    parts = HEAD.split(site.client().get("/").text)
    shown = {name: (words, int(number), rows) for name, words, number, rows in zip(parts[1::4], parts[2::4], parts[3::4], parts[4::4], strict=True)}
    assert sum(number for _, number, _ in shown.values()) == len(mine)
    over = sum(bool(row.overdue_days) for row in mine)
    assert shown["overdue"][:2] == ("Late, by law or by our own target", over)
    assert f"{len(mine)} to do, {over} past our own target." in parts[0], "no date of law has passed, and none is said to have"
    for name, case in cases.items():
        assert [one for one, (_, _, rows) in shown.items() if f"/cases/{case}/decide/agree_meeting_date" in rows] == [name]
