-- What cases know, to be asked with SQL: the latest value of each fact (a party's own beside it), and the exceptions that were applied.
-- Functions, not views, because they run as whoever asks: row-level security binds them, on PostgreSQL 14 too.
CREATE FUNCTION facts_of_cases() RETURNS TABLE (case_id bigint, school_id int, name text, party text, value jsonb, seq int, recorded_at timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT DISTINCT ON (e.case_id, f.key, p.party) e.case_id, e.school_id, f.key, p.party, f.value, e.seq, e.recorded_at
    FROM public.events e
   CROSS JOIN LATERAL (SELECT e.content::jsonb -> 'event' AS said) c
   CROSS JOIN LATERAL (SELECT coalesce(c.said ->> 'party', '') AS party) p
   CROSS JOIN LATERAL jsonb_each(coalesce(c.said -> 'facts', '{}'::jsonb)) f
   ORDER BY e.case_id, f.key, p.party, e.seq DESC
$$;

CREATE FUNCTION exceptions_of_cases() RETURNS TABLE (case_id bigint, school_id int, seq int, recorded_at timestamptz, happened_on date, actor_id bigint,
  name text, step text, party text, review_on date) LANGUAGE sql STABLE AS $$
  SELECT e.case_id, e.school_id, e.seq, e.recorded_at, (c.said ->> 'on')::date, e.actor_id, c.said ->> 'name', c.said ->> 'step',
         coalesce(c.said ->> 'party', ''), (c.said ->> 'review_on')::date
    FROM public.events e CROSS JOIN LATERAL (SELECT e.content::jsonb -> 'event' AS said) c WHERE e.kind = 'except'
$$;
