-- Who sees and who writes which rows. Frozen; docs/ledger.md tells it in words, tests/db/test_row_level_security.py holds it.
--
-- sendflow_app        the console: reads the rows of the schools in app.schools, and acts through functions only
-- sendflow_importer   as app, and writes people, pupils and calendars of those schools
-- sendflow_scheduler  all schools: chasing, sending, waking, imports of the whole trust
-- sendflow_writer     owns the functions that write the record; nobody logs in as it
-- sendflow_owner      owns the tables, sees no row of them
--
-- No school set, or an empty setting ('' is what a transaction-local setting leaves behind): no rows.

ALTER TABLE anchors ENABLE ROW LEVEL SECURITY;
ALTER TABLE anchors FORCE ROW LEVEL SECURITY;
CREATE POLICY any_school ON anchors TO sendflow_app, sendflow_importer 
    USING ((SELECT cardinality(NULLIF(current_setting('app.schools', true), '')::int[]) > 0));
CREATE POLICY all_schools ON anchors TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE authorities ENABLE ROW LEVEL SECURITY;
ALTER TABLE authorities FORCE ROW LEVEL SECURITY;
CREATE POLICY any_school ON authorities TO sendflow_app, sendflow_importer 
    USING ((SELECT cardinality(NULLIF(current_setting('app.schools', true), '')::int[]) > 0));
CREATE POLICY all_schools ON authorities TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE authority_contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE authority_contacts FORCE ROW LEVEL SECURITY;
CREATE POLICY any_school ON authority_contacts TO sendflow_app, sendflow_importer 
    USING ((SELECT cardinality(NULLIF(current_setting('app.schools', true), '')::int[]) > 0));
CREATE POLICY all_schools ON authority_contacts TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON cases TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON cases TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE definitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE definitions FORCE ROW LEVEL SECURITY;
CREATE POLICY any_school ON definitions TO sendflow_app, sendflow_importer 
    USING ((SELECT cardinality(NULLIF(current_setting('app.schools', true), '')::int[]) > 0));
CREATE POLICY all_schools ON definitions TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON deliveries TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON deliveries TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON events TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON events TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE families ENABLE ROW LEVEL SECURITY;
ALTER TABLE families FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON families TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON families TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE heartbeats ENABLE ROW LEVEL SECURITY;
ALTER TABLE heartbeats FORCE ROW LEVEL SECURITY;
CREATE POLICY any_school ON heartbeats TO sendflow_app, sendflow_importer 
    USING ((SELECT cardinality(NULLIF(current_setting('app.schools', true), '')::int[]) > 0));
CREATE POLICY all_schools ON heartbeats TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE import_mappings ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_mappings FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON import_mappings TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON import_mappings TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE imports FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON imports TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON imports TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE instance_identity ENABLE ROW LEVEL SECURITY;
ALTER TABLE instance_identity FORCE ROW LEVEL SECURITY;
CREATE POLICY any_school ON instance_identity TO sendflow_app, sendflow_importer 
    USING ((SELECT cardinality(NULLIF(current_setting('app.schools', true), '')::int[]) > 0));
CREATE POLICY all_schools ON instance_identity TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE links ENABLE ROW LEVEL SECURITY;
ALTER TABLE links FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON links TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON links TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON memberships TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON memberships TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON outbox TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON outbox TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE pending_leavers ENABLE ROW LEVEL SECURITY;
ALTER TABLE pending_leavers FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON pending_leavers TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON pending_leavers TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE persons ENABLE ROW LEVEL SECURITY;
ALTER TABLE persons FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON persons TO sendflow_app, sendflow_importer
    USING (school_ids && (SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]);
CREATE POLICY all_schools ON persons TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE plans ENABLE ROW LEVEL SECURITY;
ALTER TABLE plans FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON plans TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON plans TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE private_texts ENABLE ROW LEVEL SECURITY;
ALTER TABLE private_texts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON private_texts TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON private_texts TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE pupil_contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE pupil_contacts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON pupil_contacts TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON pupil_contacts TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE pupils ENABLE ROW LEVEL SECURITY;
ALTER TABLE pupils FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON pupils TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON pupils TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE runs FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON runs TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON runs TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE school_closures ENABLE ROW LEVEL SECURITY;
ALTER TABLE school_closures FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON school_closures TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON school_closures TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE school_terms ENABLE ROW LEVEL SECURITY;
ALTER TABLE school_terms FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON school_terms TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON school_terms TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE schools ENABLE ROW LEVEL SECURITY;
ALTER TABLE schools FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON schools TO sendflow_app, sendflow_importer
    USING (id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON schools TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE steps FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON steps TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON steps TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE trusts ENABLE ROW LEVEL SECURITY;
ALTER TABLE trusts FORCE ROW LEVEL SECURITY;
CREATE POLICY any_school ON trusts TO sendflow_app, sendflow_importer 
    USING ((SELECT cardinality(NULLIF(current_setting('app.schools', true), '')::int[]) > 0));
CREATE POLICY all_schools ON trusts TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE wakes ENABLE ROW LEVEL SECURITY;
ALTER TABLE wakes FORCE ROW LEVEL SECURITY;
CREATE POLICY own_school ON wakes TO sendflow_app, sendflow_importer
    USING (school_id = ANY ((SELECT NULLIF(current_setting('app.schools', true), '')::int[])::int[]));
CREATE POLICY all_schools ON wakes TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);

ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE alembic_version FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_only ON alembic_version TO sendflow_owner USING (true) WITH CHECK (true);

GRANT SELECT ON
    anchors, authorities, authority_contacts, cases, definitions, deliveries, events, families, heartbeats, import_mappings, imports, instance_identity, links, memberships, outbox, pending_leavers, persons, plans, private_texts, pupil_contacts, pupils, runs, school_closures, school_terms, schools, steps, trusts, wakes
    TO sendflow_app, sendflow_importer, sendflow_scheduler, sendflow_writer;

GRANT INSERT, UPDATE, DELETE ON school_terms, school_closures, persons, memberships, pupils, families, pupil_contacts, plans, imports, import_mappings, pending_leavers TO sendflow_importer, sendflow_scheduler;
GRANT INSERT, UPDATE, DELETE ON trusts, authorities, authority_contacts, schools TO sendflow_scheduler;
GRANT INSERT, UPDATE, DELETE ON outbox, deliveries, wakes, runs, links, heartbeats, instance_identity TO sendflow_scheduler;
GRANT INSERT ON anchors TO sendflow_scheduler;
GRANT UPDATE (next_chase_on, rung) ON steps TO sendflow_scheduler;

GRANT INSERT ON events, definitions TO sendflow_writer;
GRANT INSERT, UPDATE ON cases, wakes, links, outbox TO sendflow_writer;
GRANT INSERT, UPDATE, DELETE ON steps TO sendflow_writer;  -- deleted only to be built anew from the events
GRANT INSERT, DELETE ON private_texts TO sendflow_writer;  -- deleted only to erase

-- The record is append-only for everybody, the tables' owner too. A superuser can switch this off; the hash chain shows it.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% on %: the record is append-only. Record a correction instead.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON definitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON anchors FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON cases FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_delete BEFORE DELETE ON cases FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
