-- Reads many cases for acts on them and locks them for the transaction, in the order of their ids: two batches never wait for each other in a ring.
-- `read_at` is the instant at which all locks were held: the acts' recorded_at.
CREATE OR REPLACE FUNCTION cases_for_acts(p_schools int[], p_refs text[], p_actor bigint, p_today date)
RETURNS TABLE (ref text, case_id bigint, version int, school_id int, pupil_id bigint, definition_id int, calendar_version text, calendar_stamp text,
               held text[], "position" text, head text, read_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_ids bigint[];
BEGIN
  v_ids := ARRAY(SELECT c.id FROM cases c WHERE c.ref = ANY (p_refs) AND in_scope(c.school_id, p_schools) ORDER BY c.id FOR NO KEY UPDATE);
  RETURN QUERY
    WITH found AS MATERIALIZED (SELECT c.* FROM cases c WHERE c.id = ANY (v_ids)),
         places AS MATERIALIZED (SELECT s.school_id, calendar_stamp(s.school_id) AS stamp, roles_held(p_actor, s.school_id, p_today) AS held
                                   FROM (SELECT DISTINCT f.school_id FROM found f) s)
    SELECT f.ref, f.id, f.version, f.school_id, f.pupil_id, f.definition_id, f.calendar_version, p.stamp, p.held, f."position", encode(f.head, 'hex'),
           clock_timestamp() FROM found f JOIN places p ON p.school_id = f.school_id;
END $$;

-- Which of these acts are in the record already.
CREATE OR REPLACE FUNCTION acts_before(p_schools int[], p_cases bigint[], p_keys text[]) RETURNS TABLE (case_id bigint, act_key uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT e.case_id, e.act_key FROM unnest(p_cases, p_keys::uuid[]) AS x (case_id, act_key)
    JOIN events e ON e.case_id = x.case_id AND e.act_key = x.act_key AND in_scope(e.school_id, p_schools);
END $$;

-- Many acts at once, of cases that this transaction has locked: what apply_act writes, set by set. Python has folded the acts of one case and
-- computed the links; both are checked here. Anything amiss raises SF002 and nothing is written. No links and no openings: those go one by one.
CREATE OR REPLACE FUNCTION apply_acts(p_schools int[], p_actor bigint, p_today date, p_at timestamptz, p_cases jsonb, p_events jsonb, p_private jsonb,
                                      p_closed jsonb, p_steps jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_done int;
BEGIN
  IF p_at > clock_timestamp() OR p_at < transaction_timestamp() THEN
    RAISE EXCEPTION 'the acts'' time is not of this transaction' USING ERRCODE = 'SF002';
  END IF;
  PERFORM check_acts(p_schools, p_actor, p_today, p_at, p_cases, p_events);
  PERFORM check_rows(p_events, p_private, p_closed, p_steps);
  UPDATE cases c SET version = x.version, head = decode(x.head, 'hex'), "position" = x."position", ended = x.ended, calendar_version = x.calendar,
         natural_key = CASE x.period WHEN 'free' THEN NULL WHEN 'by hand' THEN c.natural_key || '#' || c.id ELSE c.natural_key END
    FROM jsonb_to_recordset(p_cases) AS x (id bigint, was int, version int, head_was text, head text, "position" text, ended text, period text, calendar text)
   WHERE c.id = x.id AND c.version = x.was AND c.head = decode(x.head_was, 'hex') AND in_scope(c.school_id, p_schools);
  GET DIAGNOSTICS v_done = ROW_COUNT;
  IF v_done <> jsonb_array_length(p_cases) THEN RAISE EXCEPTION 'a case moved' USING ERRCODE = 'SF002'; END IF;
  INSERT INTO events (case_id, recorded_at, actor_id, seq, school_id, act_key, kind, hash, content)
  SELECT case_id, p_at, p_actor, seq, school_id, key, kind, decode(hash, 'hex'), content
    FROM jsonb_to_recordset(p_events) AS x (case_id bigint, seq int, school_id int, key uuid, kind text, hash text, content text);
  INSERT INTO outbox (case_id, seq, school_id, messages)
  SELECT case_id, seq, school_id, messages FROM jsonb_to_recordset(p_events) AS x (case_id bigint, seq int, school_id int, messages text);
  IF p_private IS NOT NULL THEN
    INSERT INTO private_texts (case_id, seq, school_id, name, salt, value)
    SELECT case_id, seq, school_id, name, decode(salt, 'hex'), value
      FROM jsonb_to_recordset(p_private) AS x (case_id bigint, seq int, school_id int, name text, salt text, value text);
  END IF;
  IF p_steps IS NOT NULL THEN PERFORM write_many_steps(p_steps); END IF;
  IF p_closed IS NOT NULL THEN
    UPDATE steps s SET closed_seq = x.seq, closed_on = x.closed_on, outcome = x.outcome, next_chase_on = NULL, chase_on = NULL, wakes_on = NULL
      FROM jsonb_to_recordset(p_closed) AS x (case_id bigint, no smallint, seq int, outcome text, closed_on date)
     WHERE s.case_id = x.case_id AND s.no = x.no AND s.closed_seq IS NULL;
  END IF;
END $$;

-- Every link follows from the one before it, each case's events are consecutive and of its own school, and the actor holds each role used.
CREATE OR REPLACE FUNCTION check_acts(p_schools int[], p_actor bigint, p_today date, p_at timestamptz, p_cases jsonb, p_events jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_wrong text;
BEGIN
  WITH e AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(p_events) AS x (case_id bigint, seq int, school_id int, role text, hash text, content text)),
       k AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(p_cases) AS x (id bigint, was int, version int, head_was text, head text)),
       linked AS (SELECT e.case_id, e.seq, k.was, k.version, k.head, e.hash, row_number() OVER w AS place, count(*) OVER (PARTITION BY e.case_id) AS acts,
                         coalesce(lag(e.hash) OVER w, k.head_was) AS previous, e.content
                    FROM e LEFT JOIN k ON k.id = e.case_id WINDOW w AS (PARTITION BY e.case_id ORDER BY e.seq))
  SELECT CASE WHEN EXISTS (SELECT 1 FROM linked l WHERE l.was IS NULL OR l.seq <> l.was + l.place OR l.version <> l.was + l.acts
                             OR decode(l.hash, 'hex') <> public.next_link(decode(l.previous, 'hex'), p_at, l.content)
                             OR (l.seq = l.version AND l.hash <> l.head)) THEN 'a link'
              WHEN (SELECT count(DISTINCT l.case_id) FROM linked l) <> (SELECT count(*) FROM k) THEN 'a case without an act'
              WHEN EXISTS (SELECT 1 FROM (SELECT DISTINCT e.case_id, e.school_id FROM e) s LEFT JOIN public.cases c ON c.id = s.case_id AND c.school_id = s.school_id
                            WHERE c.id IS NULL) THEN 'a school'
              WHEN EXISTS (SELECT 1 FROM (SELECT DISTINCT e.role, e.school_id FROM e) r
                            WHERE NOT public.acts_in_school(p_actor, r.role, r.school_id, p_today)) THEN 'a role' END INTO v_wrong;
  IF v_wrong IS NOT NULL THEN RAISE EXCEPTION '% of these acts is wrong', v_wrong USING ERRCODE = 'SF002'; END IF;
END $$;

-- Words and steps belong to these acts: nobody writes beside an act into a case of another school. `p_events` has been checked.
CREATE OR REPLACE FUNCTION check_rows(p_events jsonb, p_private jsonb, p_closed jsonb, p_steps jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT case_id, school_id, seq FROM jsonb_to_recordset(p_private) AS x (case_id bigint, school_id int, seq int)
             EXCEPT SELECT case_id, school_id, seq FROM jsonb_to_recordset(p_events) AS x (case_id bigint, school_id int, seq int))
     OR EXISTS (SELECT case_id, school_id FROM jsonb_to_recordset(p_steps) AS x (case_id bigint, school_id int)
                EXCEPT SELECT case_id, school_id FROM jsonb_to_recordset(p_events) AS x (case_id bigint, school_id int))
     OR EXISTS (SELECT case_id FROM jsonb_to_recordset(p_closed) AS x (case_id bigint)
                EXCEPT SELECT case_id FROM jsonb_to_recordset(p_events) AS x (case_id bigint)) THEN
    RAISE EXCEPTION 'a row of these acts is of another case' USING ERRCODE = 'SF002';
  END IF;
END $$;

-- As write_steps, for rows of many cases. A row that was opened and closed among these acts comes closed (closed_seq) and is written once.
CREATE OR REPLACE FUNCTION write_many_steps(p_steps jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.steps AS s (case_id, no, round, school_id, due_on, next_chase_on, opened_seq, closed_seq, closed_on, safe_on, target_on, wakes_on,
                                 lifted_review_on, step, party, owner, status, outcome, lifted, why, chase_on, ladder_id, lead_on)
  SELECT case_id, no, round, school_id, due_on, CASE WHEN closed_seq IS NULL THEN chase_on[1] END, opened_seq, closed_seq, closed_on, safe_on, target_on,
         CASE WHEN closed_seq IS NULL THEN wakes_on END, lifted_review_on, step, party, owner, status, coalesce(outcome, ''), lifted, why,
         CASE WHEN closed_seq IS NULL THEN chase_on END, ladder_id, lead_on
    FROM jsonb_to_recordset(p_steps) AS x (case_id bigint, no smallint, round smallint, school_id int, due_on date, safe_on date, target_on date,
         wakes_on date, lifted_review_on date, opened_seq int, closed_seq int, closed_on date, step text, party text, owner text, status text, outcome text,
         lifted text, why text, chase_on date[], ladder_id int, lead_on date)
  ON CONFLICT (case_id, no) DO UPDATE SET
    due_on = excluded.due_on, safe_on = excluded.safe_on, target_on = excluded.target_on, wakes_on = excluded.wakes_on,
    lifted_review_on = excluded.lifted_review_on, owner = excluded.owner, status = excluded.status, lifted = excluded.lifted, why = excluded.why,
    closed_seq = excluded.closed_seq, closed_on = excluded.closed_on, outcome = excluded.outcome,
    rung = CASE WHEN (s.chase_on, s.ladder_id) IS NOT DISTINCT FROM (excluded.chase_on, excluded.ladder_id) THEN s.rung ELSE 0 END,
    next_chase_on = CASE WHEN (s.chase_on, s.ladder_id) IS NOT DISTINCT FROM (excluded.chase_on, excluded.ladder_id) THEN s.next_chase_on ELSE excluded.next_chase_on END,
    chase_on = excluded.chase_on, ladder_id = excluded.ladder_id, lead_on = excluded.lead_on;
END $$;
