"""Which open rows of steps are owed: pieces of SQL that the pages, the trust's week and an LA's ledger share (docs/decisions/180-what-waits.md)."""

from __future__ import annotations

# Of a row `s` of `steps`: neither something that may never be owed, nor something whose answer is recorded already and waits for its turn.
IS_OWED = "s.status NOT IN ('perhaps', 'answered')"
# Of such a row of an LA's and its duty `u` (`rules.la_steps.LaDuty`). A step that waits is the LA's to do only if it is certain to be owed, by its
# own period of law (an outer limit across steps binds the one before it), and once what comes first of ours is done. Its answer may be there already.
IS_THE_LAS = """(s.status = 'open' OR s.status <> 'perhaps' AND position(to_json(u.citation)::text IN s.why) > 0 AND NOT EXISTS (
        SELECT 1 FROM unnest(string_to_array(u.first, ',')) AS f (step)
         WHERE NOT EXISTS (SELECT 1 FROM steps b WHERE b.case_id = s.case_id AND b.step = f.step AND b.closed_seq IS NOT NULL)))"""
