-- Erases the personal words of a case's events, and the files kept with them. Their commitments stay in the chain, which stays whole.
CREATE OR REPLACE FUNCTION erase_private(p_schools int[], p_case bigint, OUT erased int) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM private_texts WHERE case_id = p_case AND in_scope(school_id, p_schools);
  GET DIAGNOSTICS erased = ROW_COUNT;
  WITH gone AS (DELETE FROM documents WHERE case_id = p_case AND in_scope(school_id, p_schools) RETURNING 1) SELECT erased + count(*) INTO erased FROM gone;
END $$;
