-- Moves a case to another text of its process: one event in its chain, its position and rows as the whole history makes them under that text.
-- Python has folded the history; `p_steps` are all rows of the case's steps, open and closed. The answers are those of apply_act.
-- Only a trust's SEND lead does this (db/permissions.py); it is asked here again.
CREATE OR REPLACE FUNCTION change_definition(p_schools int[], p_case bigint, p_version int, p_key uuid, p_actor bigint, p_role text, p_today date,
  p_content text, p_position text, p_calendar text, p_from int, p_to int, p_steps jsonb, p_private jsonb, p_messages text,
  p_readers text[], OUT answer text, OUT seq int, OUT version int, OUT recorded_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF split_part(p_role, '=', 1) <> 'trust_send_lead' THEN answer := 'not allowed'; RETURN; END IF;
  SELECT a.answer, a.seq, a.version, a.recorded_at INTO answer, seq, version, recorded_at FROM apply_act(
    p_schools => p_schools, p_case => p_case, p_version => p_version, p_key => p_key, p_actor => p_actor, p_role => p_role, p_today => p_today,
    p_link => NULL, p_kind => 'definition_changed', p_step => '', p_party => '', p_round => 0, p_content => p_content, p_position => p_position,
    p_ended => '', p_period => 'kept', p_calendar => p_calendar, p_closed => NULL, p_steps => NULL, p_private => p_private, p_messages => p_messages) a;
  IF answer <> 'done' THEN RETURN; END IF;
  UPDATE cases c SET definition_id = p_to, readers = p_readers FROM definitions was, definitions will_be
   WHERE c.id = p_case AND c.definition_id = p_from AND was.id = p_from AND will_be.id = p_to AND was.process = will_be.process;
  IF NOT FOUND THEN RAISE EXCEPTION 'this case does not run on that text, or the other is of another process' USING ERRCODE = 'SF002'; END IF;
  PERFORM rebuild_steps(p_case, p_steps);
END $$;

-- All rows of a case's steps anew. How far an open step was chased stays where its days are the same; else its ladder begins again, and each role
-- hears the last rung alone of those that are past (db/chase_messages.py). An instance is known by step, party and round: its number may change.
CREATE OR REPLACE FUNCTION rebuild_steps(p_case bigint, p_steps jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_chased jsonb;
BEGIN
  IF EXISTS (SELECT 1 FROM jsonb_to_recordset(p_steps) AS x (case_id bigint, school_id int)
              WHERE NOT EXISTS (SELECT 1 FROM public.cases c WHERE c.id = p_case AND c.id = x.case_id AND c.school_id = x.school_id)) THEN
    RAISE EXCEPTION 'a row of these steps is of another case' USING ERRCODE = 'SF002';
  END IF;
  v_chased := (SELECT jsonb_agg(jsonb_build_object('step', s.step, 'party', s.party, 'round', s.round, 'chase_on', s.chase_on, 'rung', s.rung,
                                                   'next_chase_on', s.next_chase_on))
                 FROM public.steps s WHERE s.case_id = p_case AND s.closed_seq IS NULL);
  DELETE FROM public.steps WHERE case_id = p_case;
  PERFORM public.write_many_steps(p_steps);
  UPDATE public.steps s SET rung = x.rung, next_chase_on = x.next_chase_on
    FROM jsonb_to_recordset(v_chased) AS x (step text, party text, round smallint, chase_on date[], rung smallint, next_chase_on date)
   WHERE s.case_id = p_case AND s.closed_seq IS NULL AND s.step = x.step AND s.party = x.party AND s.round = x.round
     AND s.chase_on IS NOT DISTINCT FROM x.chase_on;
END $$;
