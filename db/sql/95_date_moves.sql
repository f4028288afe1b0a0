-- Notes that the date of an open step moved: the trigger `date_moved` on steps calls it, whichever function wrote the row. The case's version is that
-- of the act that wrote it. `app.put_right`: no act did, a row that was found wrong was written again (rewrite_steps).
CREATE OR REPLACE FUNCTION note_moved_date() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO date_moves (case_id, seq, school_id, was_on, now_on, no, round, put_right, step, party)
  SELECT NEW.case_id, c.version, NEW.school_id, COALESCE(OLD.due_on, OLD.target_on), COALESCE(NEW.due_on, NEW.target_on), NEW.no, NEW.round,
         COALESCE(current_setting('app.put_right', true), '') = 'yes', NEW.step, NEW.party
    FROM cases c WHERE c.id = NEW.case_id;
  RETURN NULL;
END $$;
