-- Who reads the cases of a school, where their definition says so (`readers:`). A session names the roles it reads by in app.reads, as `school/role`;
-- `*` stands for a session of ours that has asked already. Without the setting it reads no case that has readers.
--
-- The cases of the session's schools that it may not read: few, and asked once a statement by the policies of `cases` and of what hangs on a case.
CREATE OR REPLACE FUNCTION hidden_cases() RETURNS bigint[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_schools int[] := NULLIF(current_setting('app.schools', true), '')::int[];
  v_reads text[] := coalesce(NULLIF(current_setting('app.reads', true), '')::text[], '{}');
  v_held jsonb;  -- by school, so that a case is compared with its own school's roles alone
BEGIN
  IF '*' = ANY (v_reads) THEN RETURN '{}'; END IF;
  v_held := (SELECT jsonb_object_agg(x.school, x.roles)
               FROM (SELECT split_part(r, '/', 1) AS school, jsonb_agg(split_part(r, '/', 2)) AS roles FROM unnest(v_reads) r GROUP BY 1) x);
  RETURN ARRAY(SELECT c.id FROM cases c WHERE c.readers IS NOT NULL AND c.school_id = ANY (v_schools)
                  AND NOT coalesce((v_held -> c.school_id::text) ?| c.readers, false));
END $$;
