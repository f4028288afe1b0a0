-- The school calendars that acts were judged by, each once: a history folds again to the same position though terms have changed since.
CREATE TABLE calendars (
  version text NOT NULL CONSTRAINT calendars_pkey PRIMARY KEY,
  content text NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE calendars ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendars FORCE ROW LEVEL SECURITY;
CREATE POLICY any_school ON calendars TO sendflow_app, sendflow_importer USING ((SELECT NULLIF(current_setting('app.schools', true), '')) IS NOT NULL);
CREATE POLICY all_schools ON calendars TO sendflow_scheduler, sendflow_writer USING (true) WITH CHECK (true);
GRANT SELECT ON calendars TO sendflow_app, sendflow_importer, sendflow_scheduler, sendflow_writer;
GRANT INSERT ON calendars TO sendflow_scheduler;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON calendars FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
