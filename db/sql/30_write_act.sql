-- What every act writes beside its case row. Not for callers: apply_act and apply_opening hold the case's lock.
CREATE OR REPLACE FUNCTION write_steps(p_case bigint, p_school int, p_seq int, p_closed jsonb, p_steps jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 0 .. coalesce(jsonb_array_length(p_closed), 0) - 1 LOOP  -- one by one: most acts close one, and a join costs more than a row
    UPDATE public.steps SET closed_seq = p_seq, closed_on = (p_closed -> i ->> 'closed_on')::date, outcome = p_closed -> i ->> 'outcome', next_chase_on = NULL,
           chase_on = NULL, wakes_on = NULL
     WHERE case_id = p_case AND no = (p_closed -> i ->> 'no')::smallint AND closed_seq IS NULL;
  END LOOP;
  IF p_steps IS NOT NULL THEN
    INSERT INTO public.steps AS s (case_id, no, round, school_id, due_on, next_chase_on, opened_seq, safe_on, target_on, wakes_on, lifted_review_on,
                            step, party, owner, status, lifted, why, chase_on, ladder_id, lead_on)
    SELECT p_case, no, round, p_school, due_on, chase_on[1], p_seq, safe_on, target_on, wakes_on, lifted_review_on,
           step, party, owner, status, lifted, why, chase_on, ladder_id, lead_on
      FROM jsonb_to_recordset(p_steps) AS x (no smallint, round smallint, due_on date, safe_on date, target_on date, wakes_on date,
           lifted_review_on date, step text, party text, owner text, status text, lifted text, why text, chase_on date[], ladder_id int, lead_on date)
    ON CONFLICT (case_id, no) DO UPDATE SET
      round = excluded.round, step = excluded.step, party = excluded.party,  -- the same, unless somebody wrote the row from below
      due_on = excluded.due_on, safe_on = excluded.safe_on, target_on = excluded.target_on, wakes_on = excluded.wakes_on,
      lifted_review_on = excluded.lifted_review_on, owner = excluded.owner, status = excluded.status, lifted = excluded.lifted, why = excluded.why,
      closed_seq = NULL, closed_on = NULL, outcome = '',
      -- a moved date is chased anew, and so is one by another ladder, whose rungs on the same days may be others; else it goes on where it was
      rung = CASE WHEN (s.chase_on, s.ladder_id) IS NOT DISTINCT FROM (excluded.chase_on, excluded.ladder_id) THEN s.rung ELSE 0 END,
      next_chase_on = CASE WHEN (s.chase_on, s.ladder_id) IS NOT DISTINCT FROM (excluded.chase_on, excluded.ladder_id) THEN s.next_chase_on ELSE excluded.next_chase_on END,
      chase_on = excluded.chase_on, ladder_id = excluded.ladder_id, lead_on = excluded.lead_on;
  END IF;
END $$;

-- The personal words of an event.
CREATE OR REPLACE FUNCTION write_words(p_case bigint, p_school int, p_seq int, p_private jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO public.private_texts (case_id, seq, school_id, name, salt, value)
  SELECT p_case, p_seq, p_school, name, decode(salt, 'hex'), value FROM jsonb_to_recordset(p_private) AS x (name text, salt text, value text)
$$;

CREATE OR REPLACE FUNCTION write_event(p_case bigint, p_school int, p_seq int, p_at timestamptz, p_hash bytea, p_key uuid, p_actor bigint, p_kind text, p_content text,
                            p_private jsonb, p_messages text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.events (case_id, recorded_at, actor_id, seq, school_id, act_key, kind, hash, content)
  VALUES (p_case, p_at, p_actor, p_seq, p_school, p_key, p_kind, p_hash, p_content);
  IF p_private IS NOT NULL THEN PERFORM public.write_words(p_case, p_school, p_seq, p_private); END IF;
  IF p_messages IS NOT NULL THEN
    INSERT INTO public.outbox (case_id, seq, school_id, messages) VALUES (p_case, p_seq, p_school, p_messages);
  END IF;
END $$;
