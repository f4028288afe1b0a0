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

-- Which adult of the family is the parent in this case, by its fact `complainant`, with parental responsibility or not; null: all who have parental responsibility are. Such a case has
-- readers (`rules/names.py`), so the events of most are not looked at.
CREATE OR REPLACE FUNCTION speaks_in(p_case bigint) RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM cases c WHERE c.id = p_case AND c.readers IS NOT NULL) THEN RETURN NULL; END IF;
  RETURN (SELECT (e.content::jsonb -> 'event' -> 'facts' ->> 'complainant')::bigint FROM events e
           WHERE e.case_id = p_case AND e.kind IN ('open', 'correct') AND strpos(e.content, '"complainant":') > 0 ORDER BY e.seq DESC LIMIT 1);
END $$;

-- Whether somebody reads in that role about that case today: asked before a signed link opens and once more in the transaction of its act.
-- As `recipients` in db/queries/people.py, with one difference: an authority is one body. While the case is with it, each person whom its profile
-- in force names, each of its contacts where it has none, and its mailbox may act. Nobody who has left, or whom an order keeps from the pupil.
CREATE OR REPLACE FUNCTION reads_now(p_case bigint, p_person bigint, p_authority int, p_role text, p_today date) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_school int;
  v_pupil bigint;
  v_authority int;
BEGIN
  SELECT c.school_id, c.pupil_id, coalesce(u.authority_id, s.authority_id) INTO v_school, v_pupil, v_authority
    FROM cases c JOIN schools s ON s.id = c.school_id LEFT JOIN pupils u ON u.id = c.pupil_id WHERE c.id = p_case;
  IF p_person IS NULL THEN RETURN coalesce(p_role = 'la' AND p_authority = v_authority, false) AND NOT EXISTS (
    SELECT FROM families f JOIN persons p ON p.id = f.person_id JOIN authorities a ON a.id = p_authority
     WHERE f.pupil_id = v_pupil AND f.no_contact AND lower(p.email) = lower(a.sen_email)); END IF;
  IF EXISTS (SELECT FROM persons p WHERE p.id = p_person AND p.left_on < p_today)
     OR EXISTS (SELECT FROM families f WHERE f.pupil_id = v_pupil AND f.no_contact AND (f.person_id = p_person OR f.person_id IN (
                  SELECT b.id FROM persons x JOIN persons b ON lower(b.email) = lower(x.email)
                   WHERE x.id = p_person AND x.kind <> 'family' AND x.email <> ''))) THEN RETURN false; END IF;
  RETURN EXISTS (SELECT FROM pupil_contacts k WHERE k.pupil_id = v_pupil AND k.role = p_role AND k.person_id = p_person)
      OR EXISTS (SELECT FROM families f WHERE f.pupil_id = v_pupil AND f.person_id = p_person AND CASE
                   WHEN p_role = 'parent' THEN f.relationship <> 'self' AND coalesce(speaks_in(p_case) = p_person, f.parental_responsibility)
                   ELSE p_role IN ('pupil', 'young_person') AND f.relationship = 'self' END)
      OR EXISTS (SELECT FROM memberships m WHERE m.school_id = v_school AND m.role = p_role AND m.person_id = p_person
                    AND (m.until_on IS NULL OR m.until_on >= p_today))
      OR EXISTS (SELECT FROM stands_in(p_person, p_today) s WHERE s.school_id = v_school AND s.role = p_role)
      OR CASE WHEN p_role = 'la' THEN acts_for_authority(p_person, v_authority, p_today)
              ELSE contact_of_authority(p_person, v_authority, p_role, v_school, v_pupil, p_today) END;
END $$;

-- Somebody is known by their address as well: a contact of the import whom the profile names is one reader with one mailbox.
CREATE OR REPLACE FUNCTION acts_for_authority(p_person bigint, p_authority int, p_today date) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_profile int := (SELECT g.id FROM public.la_profiles g WHERE g.authority_id = p_authority AND g.ended_at IS NULL);
  v_email text := (SELECT lower(p.email) FROM public.persons p WHERE p.id = p_person AND p.email <> '');
BEGIN
  RETURN EXISTS (SELECT FROM public.la_profile_people o JOIN public.persons q ON q.id = o.person_id
                  WHERE o.profile_id = v_profile AND (o.person_id = p_person OR lower(q.email) = v_email)
                    AND (o.from_on IS NULL OR o.from_on <= p_today) AND (o.until_on IS NULL OR o.until_on >= p_today))
      OR (v_profile IS NULL AND EXISTS (SELECT FROM public.authority_contacts h
                                         WHERE h.authority_id = p_authority AND h.role = 'la' AND h.person_id = p_person))
      OR EXISTS (SELECT FROM public.authorities a WHERE a.id = p_authority AND lower(a.sen_email) = v_email);
END $$;

-- An authority's adviser, as the health service's for all its schools, while the pupil has none of their own in that role.
CREATE OR REPLACE FUNCTION contact_of_authority(p_person bigint, p_authority int, p_role text, p_school int, p_pupil bigint, p_today date)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.authority_contacts h WHERE h.authority_id = p_authority AND h.role = p_role AND h.person_id = p_person
                    AND (h.school_id IS NULL OR h.school_id = p_school))
     AND NOT EXISTS (SELECT FROM public.pupil_contacts k JOIN public.persons p ON p.id = k.person_id
                      WHERE k.pupil_id = p_pupil AND k.role = p_role AND (p.left_on IS NULL OR p.left_on >= p_today)
                        AND NOT EXISTS (SELECT FROM public.families f WHERE f.pupil_id = p_pupil AND f.person_id = k.person_id AND f.no_contact));
END $$;

-- Uses a signed link up, in the transaction of the act. False: used, withdrawn, expired, made for another case, person, role, step or round, or
-- its holder reads in that role no more.
CREATE OR REPLACE FUNCTION use_link(p_link uuid, p_case bigint, p_seq int, p_actor bigint, p_role text, p_step text, p_party text, p_round int, p_today date)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE public.links SET used_at = clock_timestamp(), used_seq = p_seq
   WHERE id = p_link AND case_id = p_case AND person_id IS NOT DISTINCT FROM p_actor AND to_role = p_role AND step = p_step AND party = p_party
     AND round = p_round AND used_at IS NULL AND revoked_at IS NULL AND expires_on >= p_today
     AND public.reads_now(case_id, person_id, authority_id, to_role, p_today);
  RETURN FOUND;
END $$;
