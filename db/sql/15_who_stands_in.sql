-- Who stands in for people who are away. Nothing is copied into steps or memberships: who acts is asked for a day, so a return hands back by itself.

-- Each role of each person who is away on that day, at each school, and who stands in: the first person along the chain of deputies who is not away.
-- `deputy_id` null: nobody can (the chain ends with somebody who has left, or the post was taken at another school since the absence was said, where
-- nobody has named a deputy). `until_on`: the last day of it, null until further notice.
-- Few are away at once, but PostgreSQL guesses that a recursion makes many rows: what looks up each of them is written so that it stays a look-up.
-- A leaver, whose roles have all ended, is stood in for in those that ended last: their post is held until somebody else is put in it. Whoever left a school
-- before the absence, and works at another, has no post there: it is somebody else's by now.
CREATE OR REPLACE FUNCTION stand_ins(p_day date) RETURNS TABLE (school_id int, role text, holder_id bigint, deputy_id bigint, until_on date)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20 SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM absences a WHERE a.ended_at IS NULL AND a.from_on <= p_day AND (a.to_on IS NULL OR a.to_on >= p_day)) THEN RETURN; END IF;
  RETURN QUERY
    WITH RECURSIVE away AS MATERIALIZED (
      SELECT a.person_id, a.deputy_id AS deputy, a.from_on, a.to_on, a.school_ids FROM absences a
       WHERE a.ended_at IS NULL AND a.from_on <= p_day AND (a.to_on IS NULL OR a.to_on >= p_day)
    ), chain AS (
      SELECT w.person_id AS holder, w.deputy, w.to_on, 1 AS links FROM away w
      UNION ALL
      SELECT c.holder, w.deputy, LEAST(c.to_on, w.to_on), c.links + 1 FROM chain c JOIN away w ON w.person_id = c.deputy WHERE c.links < 50
    ), acting AS MATERIALIZED (  -- a chain that came back to its beginning has no end; db/absences.py refuses to make one
      SELECT c.holder, c.deputy, c.to_on FROM chain c
       WHERE c.deputy NOT IN (SELECT w.person_id FROM away w)
         AND (SELECT p.kind = 'staff' AND (p.left_on IS NULL OR p.left_on >= p_day) FROM persons p WHERE p.id = c.deputy)
         AND (SELECT count(*) > 0 FROM memberships m WHERE m.person_id = c.deputy AND (m.until_on IS NULL OR m.until_on >= p_day))
    ), posts AS (
      SELECT m.school_id, m.role, w.person_id, m.last_on, max(m.last_on) OVER (PARTITION BY w.person_id, m.school_id) AS last_there,
             max(m.last_on) OVER (PARTITION BY w.person_id) AS last_of_all
        FROM away w, LATERAL (SELECT n.school_id, n.role, coalesce(n.until_on, 'infinity') AS last_on FROM memberships n
                               WHERE n.person_id = w.person_id OFFSET 0) AS m
    )
    SELECT o.school_id, o.role, o.person_id, CASE WHEN o.school_id = ANY (w.school_ids) THEN t.deputy END, coalesce(t.to_on, w.to_on)
      FROM posts o JOIN away w ON w.person_id = o.person_id LEFT JOIN acting t ON t.holder = o.person_id
     WHERE o.last_on >= LEAST(p_day, o.last_there) AND o.last_on >= LEAST(w.from_on, o.last_of_all)
       AND (o.last_on >= p_day OR NOT EXISTS (SELECT FROM memberships n WHERE n.school_id = o.school_id AND n.role = o.role
                                                 AND n.person_id <> o.person_id AND (n.until_on IS NULL OR n.until_on >= p_day)));
END $$;

-- The roles in which one person stands in on that day, for whom, and until when. Asked at every act and page: most people are nobody's deputy.
CREATE OR REPLACE FUNCTION stands_in(p_actor bigint, p_day date) RETURNS TABLE (school_id int, role text, holder_id bigint, until_on date)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 3 SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM absences a WHERE a.deputy_id = p_actor AND a.ended_at IS NULL) THEN RETURN; END IF;
  RETURN QUERY SELECT s.school_id, s.role, s.holder_id, s.until_on FROM stand_ins(p_day) s WHERE s.deputy_id = p_actor;
END $$;
