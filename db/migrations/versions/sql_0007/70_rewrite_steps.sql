-- Writes the rows of a case's open steps anew, after its school's calendar changed or rows were found wrong. No event: nothing has happened in the
-- case. Only the scheduler's role may. False: the case has moved on meanwhile; read it again.
CREATE OR REPLACE FUNCTION rewrite_steps(p_case bigint, p_version int, p_calendar text, p_closed jsonb, p_steps jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_school int;
BEGIN
  UPDATE cases SET calendar_version = p_calendar WHERE id = p_case AND version = p_version AND acts_as_scheduler() RETURNING school_id INTO v_school;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM write_steps(p_case, v_school, p_version, p_closed, p_steps);
  RETURN true;
END $$;
