-- PL/pgSQL where a table is read: its plans are kept for the session, those of SQL functions are made at each call before PostgreSQL 18.

-- Whether somebody may write at all in a school: the ledger's own check, below the permissions of db/permissions.py.
-- Nobody (null) is the calendar and software: only the scheduler's role may act so.
CREATE OR REPLACE FUNCTION acts_as_scheduler() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT pg_catalog.current_setting('role') = 'sendflow_scheduler'
$$;

-- The scope of an act: these schools; null means all of them, for the scheduler alone.
CREATE OR REPLACE FUNCTION in_scope(p_school int, p_schools int[]) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT p_school = ANY (p_schools) OR (p_schools IS NULL AND public.acts_as_scheduler())
$$;

-- `p_role` is a capacity: a role of the actor's own (`senco`), or one in which they stand in for somebody (`senco=12`, for person 12).
CREATE OR REPLACE FUNCTION acts_in_school(p_actor bigint, p_role text, p_school int, p_today date) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_actor IS NULL THEN RETURN public.acts_as_scheduler(); END IF;
  IF strpos(p_role, '=') > 0 THEN
    RETURN EXISTS (SELECT 1 FROM public.stands_in(p_actor, p_today) s WHERE s.school_id = p_school AND s.role || '=' || s.holder_id = p_role);
  END IF;
  RETURN EXISTS (SELECT 1 FROM public.memberships m WHERE m.person_id = p_actor AND m.school_id = p_school AND m.role = p_role
                   AND (m.until_on IS NULL OR m.until_on >= p_today));
END $$;

-- Capacities: own roles first, then those in which they stand in.
CREATE OR REPLACE FUNCTION roles_held(p_actor bigint, p_school int, p_today date) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN ARRAY(SELECT m.role FROM public.memberships m WHERE m.person_id = p_actor AND m.school_id = p_school
                  AND (m.until_on IS NULL OR m.until_on >= p_today) ORDER BY m.role)
      || ARRAY(SELECT s.role || '=' || min(s.holder_id) FROM public.stands_in(p_actor, p_today) s WHERE s.school_id = p_school GROUP BY s.role ORDER BY s.role);
END $$;

-- Uses a signed link up, in the transaction of the act. False: used, withdrawn, expired, or made for another case, person, role, step or round.
CREATE OR REPLACE FUNCTION use_link(p_link uuid, p_case bigint, p_seq int, p_actor bigint, p_role text, p_step text, p_party text, p_round int, p_today date)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE public.links SET used_at = clock_timestamp(), used_seq = p_seq
   WHERE id = p_link AND case_id = p_case AND person_id IS NOT DISTINCT FROM p_actor AND to_role = p_role AND step = p_step AND party = p_party
     AND round = p_round AND used_at IS NULL AND revoked_at IS NULL AND expires_on >= p_today;
  RETURN FOUND;
END $$;
