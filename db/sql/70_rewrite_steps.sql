-- Writes the rows of a case's open steps anew, where rows were found wrong or a change of the school's calendar moves none of their dates (one that
-- moves a date is an act: db/acts/redating.py). No event: nothing has happened in the case. Only the scheduler's role may. False: the case has
-- moved on meanwhile; read it again.
CREATE OR REPLACE FUNCTION rewrite_steps(p_case bigint, p_version int, p_calendar text, p_closed jsonb, p_steps jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_school int;
BEGIN
  UPDATE cases SET calendar_version = p_calendar WHERE id = p_case AND version = p_version AND acts_as_scheduler() RETURNING school_id INTO v_school;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM set_config('app.put_right', 'yes', true);  -- a date that this moves was wrong, and no act moved it (95_date_moves.sql)
  PERFORM write_steps(p_case, v_school, p_version, p_closed, p_steps);
  PERFORM set_config('app.put_right', '', true);
  INSERT INTO outbox (case_id, seq, school_id, messages)  -- whoever was told the wrong date is looked for now, and not at the next act
  SELECT p_case, p_version, v_school, '{"owed":[]}' WHERE EXISTS (SELECT FROM date_moves m WHERE m.case_id = p_case AND NOT m.told);
  RETURN true;
END $$;

-- The pupils' plans are another authority's: their cases are counted anew, by whoever acts next or by the morning's dates pass, since what that
-- authority asks for, and its own ladders, may be others. Only the scheduler's role may.
CREATE OR REPLACE FUNCTION count_anew(p_pupils bigint[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM 1 FROM cases WHERE pupil_id = ANY (p_pupils) AND ended = '' ORDER BY id FOR UPDATE;  -- in one order, whoever else holds several
  UPDATE cases SET calendar_version = '' WHERE pupil_id = ANY (p_pupils) AND ended = '' AND acts_as_scheduler();
END $$;
