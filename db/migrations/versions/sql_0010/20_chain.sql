-- The next link: sha256(previous link, the time in microseconds since 1970 as eight bytes, sha256 of the content). db/chain.py computes the same.
CREATE OR REPLACE FUNCTION next_link(p_head bytea, p_at timestamptz, p_content text) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT pg_catalog.sha256(p_head || pg_catalog.int8send((extract(epoch FROM p_at) * 1000000)::bigint)
                           || pg_catalog.sha256(pg_catalog.convert_to(p_content, 'UTF8')))
$$;

-- The link before the first event, which ties a chain to its case: it fits no other case.
CREATE OR REPLACE FUNCTION first_link(p_ref text) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT pg_catalog.sha256(pg_catalog.convert_to('sendflow ' || p_ref, 'UTF8'))
$$;
