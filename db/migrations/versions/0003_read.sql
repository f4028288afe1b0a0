-- Functions instead of views: on PostgreSQL 14 a view would show its owner's rows. PostgreSQL folds them into the query that asks,
-- so `SELECT * FROM facts() WHERE case_id = 7` uses the index on events.

-- Every fact as it was last recorded; what a step of a party recorded is that party's own. A reopened step may have set a fact aside since: where a case stands is cases.position, by the rules.
CREATE FUNCTION facts() RETURNS TABLE (case_id bigint, school_id int, name text, party text, value jsonb, seq int, happened_on date, recorded_at timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT DISTINCT ON (e.case_id, f.key, p.party) e.case_id, e.school_id, f.key, p.party, f.value, e.seq,
         (e.content::jsonb #>> '{event,on}')::date, e.recorded_at
    FROM public.events e, jsonb_each(e.content::jsonb #> '{event,facts}') f, coalesce(e.content::jsonb #>> '{event,party}', '') AS p (party)
   WHERE e.content::jsonb #> '{event,facts}' IS NOT NULL
   ORDER BY e.case_id, f.key, p.party, e.seq DESC
$$;

-- Every lawful exception that was applied: which, to which step, by whom, and when it is looked at again.
CREATE FUNCTION exceptions() RETURNS TABLE (case_id bigint, school_id int, seq int, name text, step text, party text, review_on date, actor_id bigint,
                                            happened_on date, recorded_at timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT e.case_id, e.school_id, e.seq, e.content::jsonb #>> '{event,name}', e.content::jsonb #>> '{event,step}',
         coalesce(e.content::jsonb #>> '{event,party}', ''), (e.content::jsonb #>> '{event,review_on}')::date, e.actor_id,
         (e.content::jsonb #>> '{event,on}')::date, e.recorded_at
    FROM public.events e WHERE e.kind = 'except'
$$;

GRANT EXECUTE ON FUNCTION facts(), exceptions() TO sendflow_app, sendflow_importer, sendflow_scheduler, sendflow_writer;
