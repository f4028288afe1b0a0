-- What an opening needs to know of a pupil, or of the school itself that the case is about.
CREATE OR REPLACE FUNCTION pupil_for_opening(p_schools int[], p_pupil bigint, p_actor bigint, p_today date)
RETURNS TABLE (school_id int, calendar_stamp text, held text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT p.school_id, calendar_stamp(p.school_id), roles_held(p_actor, p.school_id, p_today) FROM pupils p WHERE p.id = p_pupil AND in_scope(p.school_id, p_schools);
END $$;

CREATE OR REPLACE FUNCTION school_for_opening(p_schools int[], p_school int, p_actor bigint, p_today date)
RETURNS TABLE (school_id int, calendar_stamp text, held text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT s.id, calendar_stamp(s.id), roles_held(p_actor, s.id, p_today) FROM schools s WHERE s.id = p_school AND in_scope(s.id, p_schools);
END $$;

-- Opens a case about a pupil, or (`p_pupil` null) about the school `p_school`; once for each natural key (process, pupil or school, and period) and once for each opening key. The answers are those of apply_act, and
--   already open   a case with this natural key is here, opened by hand, by the sweep or by an import; `ref` names it. For software also a case
--                  of this period that was interrupted: only a person opens that again (db/acts/period.py)
-- `p_cause` is the case whose act opens this one: it must have written an event in this same transaction, and be about the same pupil.
CREATE OR REPLACE FUNCTION apply_opening(p_schools int[], p_pupil bigint, p_prefix text, p_natural_key text, p_definition int, p_key uuid, p_actor bigint, p_role text,
  p_today date, p_cause bigint, p_on date, p_content text, p_position text, p_ended text, p_calendar text, p_steps jsonb, p_private jsonb, p_messages text,
  p_school int DEFAULT NULL, OUT answer text, OUT ref text, OUT case_id bigint, OUT recorded_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_school int;
  v_head bytea;
BEGIN
  IF p_pupil IS NULL THEN
    SELECT s.id INTO v_school FROM schools s WHERE s.id = p_school AND in_scope(s.id, p_schools);
  ELSE
    SELECT p.school_id INTO v_school FROM pupils p WHERE p.id = p_pupil AND in_scope(p.school_id, p_schools);
  END IF;
  IF v_school IS NULL THEN answer := 'absent'; RETURN; END IF;
  SELECT * INTO answer, ref, case_id, recorded_at FROM opened_before(p_pupil, v_school, p_natural_key, p_key, p_actor IS NULL AND p_cause IS NULL);
  IF answer IS NOT NULL THEN RETURN; END IF;
  IF NOT (acts_in_school(p_actor, p_role, v_school, p_today) OR opened_by_act(p_cause, p_pupil)) THEN answer := 'not allowed'; RETURN; END IF;

  recorded_at := clock_timestamp();
  case_id := nextval('cases_id_seq');
  ref := p_prefix || '-' || lpad(case_id::text, greatest(6, length(case_id::text)), '0');
  v_head := next_link(first_link(ref), recorded_at, p_content);
  INSERT INTO cases (id, pupil_id, opened_from, school_id, definition_id, opened_on, version, opening_key, ref, natural_key, ended, head, calendar_version,
                     "position", about)
  OVERRIDING SYSTEM VALUE
  VALUES (case_id, p_pupil, p_cause, v_school, p_definition, p_on, 1, p_key, ref, p_natural_key, p_ended, v_head, p_calendar, p_position,
          CASE WHEN p_pupil IS NULL THEN 'school' ELSE 'pupil' END)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT * INTO answer, ref, case_id, recorded_at FROM opened_before(p_pupil, v_school, p_natural_key, p_key, p_actor IS NULL AND p_cause IS NULL);
    RETURN;
  END IF;
  PERFORM write_event(case_id, v_school, 1, recorded_at, v_head, p_key, p_actor, 'open', p_content, p_private, p_messages);
  PERFORM write_steps(case_id, v_school, 1, NULL, p_steps);
  answer := 'done';
END $$;

CREATE OR REPLACE FUNCTION opened_before(p_pupil bigint, p_school int, p_natural_key text, p_key uuid, p_by_itself boolean,
  OUT answer text, OUT ref text, OUT case_id bigint, OUT recorded_at timestamptz)
LANGUAGE plpgsql AS $$
BEGIN
  SELECT CASE WHEN c.opening_key = p_key THEN 'repeated' ELSE 'already open' END, c.ref, c.id, e.recorded_at INTO answer, ref, case_id, recorded_at
    FROM public.cases c JOIN public.events e ON e.case_id = c.id AND e.seq = 1
   WHERE c.id IN (SELECT k.id FROM public.cases k WHERE k.pupil_id = p_pupil
                  UNION ALL SELECT k.id FROM public.cases k WHERE p_pupil IS NULL AND k.pupil_id IS NULL AND k.school_id = p_school)
     AND (c.opening_key = p_key OR c.natural_key = p_natural_key OR (p_by_itself AND starts_with(c.natural_key, p_natural_key || '#')))
   ORDER BY c.opening_key = p_key DESC LIMIT 1;
END $$;

CREATE OR REPLACE FUNCTION opened_by_act(p_cause bigint, p_pupil bigint) RETURNS boolean LANGUAGE sql AS $$
  SELECT EXISTS (SELECT 1 FROM public.events e JOIN public.cases c ON c.id = e.case_id
                  WHERE e.case_id = p_cause AND c.pupil_id = p_pupil AND e.xmin = pg_catalog.pg_current_xact_id()::xid)
$$;

-- Keeps a definition's exact text, once for each hash.
CREATE OR REPLACE FUNCTION pin_definition(p_process text, p_hash text, p_source text) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_id int;
BEGIN
  SELECT id INTO v_id FROM definitions WHERE hash = p_hash;
  IF NOT FOUND THEN
    INSERT INTO definitions (process, hash, source) VALUES (p_process, p_hash, p_source) ON CONFLICT (hash) DO NOTHING RETURNING id INTO v_id;
    IF v_id IS NULL THEN SELECT id INTO v_id FROM definitions WHERE hash = p_hash; END IF;
  END IF;
  RETURN v_id;
END $$;
