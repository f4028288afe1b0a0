-- A step that waits for a case of another process (`case:`), and what that case's end does. The link is in `case_waits`; who may follow it is decided
-- by what was written in this very transaction, not by who writes: the parent may be of a school that the person who ends the child never sees.

-- Whether this transaction may follow the case to others about the same pupil: it wrote an event of it. The scheduler's sweep always may.
CREATE OR REPLACE FUNCTION may_follow(p_case bigint, p_pupil bigint) RETURNS boolean LANGUAGE sql AS $$
  SELECT public.opened_by_act(p_case, p_pupil)
      OR (public.acts_as_scheduler() AND EXISTS (SELECT 1 FROM public.cases c WHERE c.id = p_case AND c.pupil_id = p_pupil))
$$;

-- The running case of a process about the pupil of `p_cause`, locked so that it cannot end meanwhile; null if there is none. Of two reviews the one
-- that has not put the next one in the diary: last year's may lie open still, decided.
CREATE OR REPLACE FUNCTION running_case(p_cause bigint, p_process text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_pupil bigint;
  v_ref text;
BEGIN
  SELECT c.pupil_id INTO v_pupil FROM cases c WHERE c.id = p_cause;
  IF NOT may_follow(p_cause, v_pupil) THEN RETURN NULL; END IF;
  SELECT c.ref INTO v_ref FROM cases c JOIN definitions d ON d.id = c.definition_id
   WHERE c.pupil_id = v_pupil AND c.ended = '' AND d.process = p_process AND c.id <> p_cause
   ORDER BY EXISTS (SELECT FROM steps t WHERE t.case_id = c.id AND t.step = 'diary_next_review' AND t.closed_seq IS NOT NULL AND t.outcome = 'done'), c.id
   LIMIT 1 FOR NO KEY UPDATE OF c;
  RETURN v_ref;
END $$;

-- Lets an open step of `p_parent` wait for the case `p_child`, of the same pupil. `ended` and `seq`: how that case stands, its end and number.
CREATE OR REPLACE FUNCTION wait_for_case(p_parent bigint, p_step text, p_party text, p_round int, p_child text,
  OUT child_id bigint, OUT ended text, OUT seq int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_school int;
BEGIN
  SELECT k.id, k.ended, k.version, p.school_id INTO child_id, ended, seq, v_school FROM cases k JOIN cases p ON p.pupil_id = k.pupil_id
   WHERE p.id = p_parent AND k.ref = p_child AND k.id <> p.id AND may_follow(p.id, p.pupil_id) FOR NO KEY UPDATE OF k;
  IF NOT FOUND THEN RAISE EXCEPTION 'no case % that this act could wait for', p_child USING ERRCODE = 'SF002'; END IF;
  INSERT INTO case_waits (parent_id, child_id, school_id, round, step, party) VALUES (p_parent, child_id, v_school, p_round, p_step, p_party)
  ON CONFLICT ON CONSTRAINT case_waits_pkey DO UPDATE SET child_id = excluded.child_id;
END $$;

-- Those of the cases for whose end some other case waits. Says which are awaited, and nothing of who waits.
CREATE OR REPLACE FUNCTION awaited_cases(p_cases bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT DISTINCT w.child_id FROM case_waits w WHERE w.child_id = ANY (p_cases);
END $$;

-- The cases with an open step that waits for this one, which has ended in this transaction (the scheduler: before); locked in the order of their ids.
CREATE OR REPLACE FUNCTION waiting_for(p_child bigint)
RETURNS TABLE (case_id bigint, ref text, version int, school_id int, pupil_id bigint, definition_id int, calendar_version text, calendar_stamp text,
               "position" text, head bytea, step text, party text, round int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_pupil bigint;
BEGIN
  SELECT k.pupil_id INTO v_pupil FROM cases k WHERE k.id = p_child AND k.ended <> '';
  IF NOT FOUND OR NOT may_follow(p_child, v_pupil) THEN RETURN; END IF;
  PERFORM 1 FROM cases c WHERE c.id IN (SELECT w.parent_id FROM case_waits w WHERE w.child_id = p_child) AND c.ended = '' ORDER BY c.id FOR NO KEY UPDATE;
  RETURN QUERY SELECT c.id, c.ref, c.version, c.school_id, c.pupil_id, c.definition_id, c.calendar_version, calendar_stamp(c.school_id), c."position", c.head,
         w.step, w.party, w.round::int
    FROM case_waits w JOIN cases c ON c.id = w.parent_id AND c.ended = ''
    JOIN steps s ON s.case_id = c.id AND s.step = w.step AND s.party = w.party AND s.round = w.round AND s.closed_seq IS NULL AND s.status = 'open'
   WHERE w.child_id = p_child ORDER BY c.id, w.step, w.party;
END $$;

-- Records, as the calendar does, that the case a step waited for has ended. The case is locked by `waiting_for`; its version is checked all the same.
-- The answers are `done`, `repeated` (the key was here) and `moved`.
CREATE OR REPLACE FUNCTION apply_case_end(p_child bigint, p_case bigint, p_version int, p_key uuid, p_content text, p_position text, p_ended text,
  p_period text, p_calendar text, p_closed jsonb, p_steps jsonb, p_messages text, OUT answer text, OUT seq int, OUT recorded_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_school int;
  v_head bytea;
BEGIN
  IF EXISTS (SELECT 1 FROM events e WHERE e.case_id = p_case AND e.act_key = p_key) THEN answer := 'repeated'; RETURN; END IF;
  recorded_at := clock_timestamp();
  UPDATE cases c SET version = c.version + 1, head = next_link(c.head, apply_case_end.recorded_at, p_content), "position" = p_position, ended = p_ended,
         calendar_version = p_calendar,
         natural_key = CASE p_period WHEN 'free' THEN NULL WHEN 'by hand' THEN c.natural_key || '#' || c.id ELSE c.natural_key END
    FROM cases k
   WHERE c.id = p_case AND c.version = p_version AND k.id = p_child AND k.ended <> '' AND may_follow(k.id, c.pupil_id)
     AND EXISTS (SELECT 1 FROM case_waits w WHERE w.parent_id = c.id AND w.child_id = k.id)
  RETURNING c.head, c.school_id, c.version INTO v_head, v_school, seq;
  IF NOT FOUND THEN answer := 'moved'; RETURN; END IF;
  PERFORM write_event(p_case, v_school, seq, recorded_at, v_head, p_key, NULL, 'decide', p_content, NULL, p_messages);
  PERFORM write_steps(p_case, v_school, seq, p_closed, p_steps);
  answer := 'done';
END $$;
