-- Own ladders in the place of shipped ones. Rows are never changed but for their end, so that a step chased by one that has ended still finds its
-- rungs. Only a trust's SEND lead, or whoever stands in for them, sets and unsets them (db/permissions.py): of the school, or, for the trust and an
-- authority, of any school.
CREATE OR REPLACE FUNCTION may_set_ladder(p_schools int[], p_actor bigint, p_school int, p_today date) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM public.memberships m WHERE m.person_id = p_actor AND m.role = 'trust_send_lead' AND m.school_id = ANY (p_schools)
                    AND (p_school IS NULL OR m.school_id = p_school) AND (m.until_on IS NULL OR m.until_on >= p_today))
      OR EXISTS (SELECT 1 FROM public.stands_in(p_actor, p_today) s WHERE s.role = 'trust_send_lead' AND s.school_id = ANY (p_schools)
                    AND (p_school IS NULL OR s.school_id = p_school));
END $$;

-- Puts a ladder in force for new and re-dated steps; what stood in its place before has ended. Null: not allowed, and nothing was written.
CREATE OR REPLACE FUNCTION set_ladder(p_schools int[], p_actor bigint, p_today date, p_school int, p_authority int, p_ladder text, p_rungs text,
  p_content text, p_because text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_id int;
BEGIN
  IF NOT may_set_ladder(p_schools, p_actor, p_school, p_today) THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('sendflow ladder ' || p_ladder));
  PERFORM end_ladder(p_actor, p_school, p_authority, p_ladder, p_because);
  INSERT INTO ladder_overrides (set_by, school_id, authority_id, scope, ladder, rungs, content, because)
  VALUES (p_actor, p_school, p_authority, CASE WHEN p_school IS NOT NULL THEN 'school' WHEN p_authority IS NOT NULL THEN 'authority' ELSE 'trust' END,
          p_ladder, p_rungs, p_content, p_because) RETURNING id INTO v_id;
  RETURN v_id;
END $$;

-- How many ended (0: none stood there); null: not allowed.
CREATE OR REPLACE FUNCTION unset_ladder(p_schools int[], p_actor bigint, p_today date, p_school int, p_authority int, p_ladder text, p_because text)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT may_set_ladder(p_schools, p_actor, p_school, p_today) THEN RETURN NULL; END IF;
  RETURN end_ladder(p_actor, p_school, p_authority, p_ladder, p_because);
END $$;

CREATE OR REPLACE FUNCTION end_ladder(p_actor bigint, p_school int, p_authority int, p_ladder text, p_because text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_ended int;
BEGIN
  UPDATE public.ladder_overrides SET removed_at = now(), removed_by = p_actor, removed_because = p_because
   WHERE ladder = p_ladder AND school_id IS NOT DISTINCT FROM p_school AND authority_id IS NOT DISTINCT FROM p_authority AND removed_at IS NULL;
  GET DIAGNOSTICS v_ended = ROW_COUNT;
  RETURN v_ended;
END $$;
