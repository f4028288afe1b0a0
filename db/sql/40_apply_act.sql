-- A mark of a school's terms, closures, own ladders and what authorities ask for early: while it is the same, what was made from them before is right.
CREATE OR REPLACE FUNCTION calendar_stamp(p_school int) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN md5((SELECT coalesce(string_agg(first_on || '/' || last_on || '/' || name, ',' ORDER BY first_on), '') FROM public.school_terms WHERE school_id = p_school)
    || ';' || (SELECT coalesce(string_agg(first_on || '/' || last_on, ',' ORDER BY first_on), '') FROM public.school_closures WHERE school_id = p_school))
    || (SELECT coalesce(';' || string_agg(o.id::text, ',' ORDER BY o.id), '') FROM public.ladder_overrides o
         WHERE o.removed_at IS NULL AND (o.school_id IS NULL OR o.school_id = p_school))
    || (SELECT coalesce(';la ' || string_agg(g.id::text, ',' ORDER BY g.id), '') FROM public.la_profiles g WHERE g.ended_at IS NULL AND g.lead_times <> '[]');
END $$;

-- Reads what the rules need, without a lock (or with one, for the second try). The scope is an argument: no school, no row.
CREATE OR REPLACE FUNCTION case_for_act(p_schools int[], p_ref text, p_actor bigint, p_today date, p_lock boolean)
RETURNS TABLE (case_id bigint, version int, school_id int, pupil_id bigint, definition_id int, ended text, calendar_version text, calendar_stamp text,
               held text[], "position" text, head bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF p_lock THEN
    PERFORM 1 FROM cases c WHERE c.ref = p_ref AND in_scope(c.school_id, p_schools) FOR NO KEY UPDATE;
  END IF;
  RETURN QUERY SELECT c.id, c.version, c.school_id, c.pupil_id, c.definition_id, c.ended, c.calendar_version, calendar_stamp(c.school_id),
         roles_held(p_actor, c.school_id, p_today), c."position", c.head
    FROM cases c WHERE c.ref = p_ref AND in_scope(c.school_id, p_schools);
END $$;

-- One act on a case: lock, version, scope, actor, link, key, chain, steps, messages. The answer:
--   done         the act is written; seq, version and recorded_at are its own
--   repeated     the key was here before; seq and recorded_at are the first act's
--   moved        the case has another version by now: read it and run the rules again
--   absent       no such case in these schools
--   not allowed  the actor holds no such role in the case's school today
-- `p_kept_stamp` is given by a caller that did not read the case but kept its position: then the school's terms must still bear that stamp,
-- and the case its text, the head of its chain and the calendar its rows were counted with; else the answer is `moved`.
-- `p_period` says what becomes of the period that the case stood for when it ends (`db/acts/period.py`): kept, free, or free by hand only.
-- A link that is used, withdrawn, expired or for something else raises SF001, and nothing is written.
CREATE OR REPLACE FUNCTION apply_act(p_schools int[], p_case bigint, p_version int, p_key uuid, p_actor bigint, p_role text, p_today date, p_link uuid,
  p_kind text, p_step text, p_party text, p_round int, p_content text, p_position text, p_ended text, p_period text, p_calendar text, p_closed jsonb, p_steps jsonb,
  p_private jsonb, p_messages text, p_kept_stamp text DEFAULT NULL, p_kept_definition int DEFAULT NULL, p_kept_head bytea DEFAULT NULL,
  OUT answer text, OUT seq int, OUT version int, OUT recorded_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_school int;
  v_head bytea;
BEGIN
  recorded_at := clock_timestamp();
  UPDATE cases c SET version = c.version + 1, head = next_link(c.head, apply_act.recorded_at, p_content), "position" = p_position, ended = p_ended,
         calendar_version = p_calendar,
         natural_key = CASE p_period WHEN 'free' THEN NULL WHEN 'by hand' THEN c.natural_key || '#' || c.id ELSE c.natural_key END
   WHERE c.id = p_case AND c.version = p_version AND in_scope(c.school_id, p_schools)
     AND NOT EXISTS (SELECT 1 FROM events e WHERE e.case_id = p_case AND e.act_key = p_key)
     AND (p_kept_stamp IS NULL OR (c.calendar_version = p_calendar AND c.definition_id = p_kept_definition AND c.head = p_kept_head AND calendar_stamp(c.school_id) = p_kept_stamp))
     AND (p_link IS NOT NULL OR CASE WHEN p_actor IS NULL THEN acts_as_scheduler()
            WHEN strpos(p_role, '=') > 0 THEN acts_in_school(p_actor, p_role, c.school_id, p_today) ELSE EXISTS (
            SELECT 1 FROM memberships m WHERE m.person_id = p_actor AND m.school_id = c.school_id AND m.role = p_role
               AND (m.until_on IS NULL OR m.until_on >= p_today)) END)
  RETURNING c.head, c.school_id, c.version INTO v_head, v_school, version;
  IF NOT FOUND THEN
    SELECT * INTO answer, seq, version, recorded_at FROM why_not_applied(p_schools, p_case, p_version, p_key, p_kept_stamp IS NOT NULL);
    RETURN;
  END IF;
  seq := version;
  IF p_link IS NOT NULL AND NOT use_link(p_link, p_case, seq, p_actor, p_role, p_step, p_party, p_round, p_today) THEN
    RAISE EXCEPTION 'link used' USING ERRCODE = 'SF001';
  END IF;
  INSERT INTO events (case_id, recorded_at, actor_id, seq, school_id, act_key, kind, hash, content)
  VALUES (p_case, recorded_at, p_actor, apply_act.seq, v_school, p_key, p_kind, v_head, p_content);
  IF p_messages IS NOT NULL THEN
    INSERT INTO outbox (case_id, seq, school_id, messages) VALUES (p_case, apply_act.seq, v_school, p_messages);
  END IF;
  IF p_private IS NOT NULL THEN PERFORM write_words(p_case, v_school, seq, p_private); END IF;
  IF p_closed IS NOT NULL OR p_steps IS NOT NULL THEN PERFORM write_steps(p_case, v_school, seq, p_closed, p_steps); END IF;
  answer := 'done';
END $$;

CREATE OR REPLACE FUNCTION act_before(p_schools int[], p_case bigint, p_key uuid, OUT seq int, OUT recorded_at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  SELECT e.seq, e.recorded_at INTO seq, recorded_at FROM public.events e
   WHERE e.case_id = p_case AND e.act_key = p_key AND public.in_scope(e.school_id, p_schools);
END $$;

CREATE OR REPLACE FUNCTION why_not_applied(p_schools int[], p_case bigint, p_version int, p_key uuid, p_kept boolean,
  OUT answer text, OUT seq int, OUT version int, OUT recorded_at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  SELECT c.version INTO version FROM public.cases c WHERE c.id = p_case AND public.in_scope(c.school_id, p_schools);
  IF NOT FOUND THEN answer := 'absent'; RETURN; END IF;
  SELECT * INTO seq, recorded_at FROM public.act_before(p_schools, p_case, p_key);
  IF seq IS NOT NULL THEN answer := 'repeated'; version := seq; RETURN; END IF;
  answer := CASE WHEN version <> p_version OR p_kept THEN 'moved' ELSE 'not allowed' END;
END $$;
