-- Keeps a file with the event that names it, in the transaction in which that event was written. The event's content, which is in the chain, holds the
-- file's SHA-256: a file that no event names is never kept, and another file can never stand in its place. Twice, it is kept once.
CREATE OR REPLACE FUNCTION keep_document(p_schools int[], p_ref text, p_seq int, p_sha256 text, p_kind text, p_name text, p_content bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_case cases%ROWTYPE;
BEGIN
  SELECT * INTO v_case FROM cases c WHERE c.ref = p_ref AND in_scope(c.school_id, p_schools);
  IF NOT FOUND OR encode(sha256(p_content), 'hex') <> p_sha256 THEN RETURN false; END IF;
  PERFORM 1 FROM events e WHERE e.case_id = v_case.id AND e.seq = p_seq AND e.content::jsonb -> 'documents' ? p_sha256;
  IF NOT FOUND THEN RETURN false; END IF;
  INSERT INTO documents (case_id, seq, school_id, size, kind, name, sha256, content)
  VALUES (v_case.id, p_seq, v_case.school_id, octet_length(p_content), p_kind, p_name, p_sha256, p_content) ON CONFLICT (case_id, seq, sha256) DO NOTHING;
  RETURN true;
END $$;
