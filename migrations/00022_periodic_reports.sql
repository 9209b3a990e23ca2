-- +goose Up
-- Reports for a month or a quarter: who owes them until when, what was said in them, word for word, and what became of them.
CREATE TABLE periodic_reports (
    id          uuid PRIMARY KEY,
    campaign_id uuid        NOT NULL REFERENCES campaigns,
    locality_id uuid REFERENCES localities,
    kind        text        NOT NULL CONSTRAINT report_kind_known CHECK (kind IN ('month', 'quarter')),
    period      daterange   NOT NULL CONSTRAINT report_period_bounded CHECK (NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)),
    due_on      date        NOT NULL,
    state       text        NOT NULL CONSTRAINT report_state_known CHECK (state IN ('draft', 'submitted', 'approved', 'returned')),
    created_by  uuid        NOT NULL REFERENCES actors,
    created_at  timestamptz NOT NULL,
    CONSTRAINT report_once UNIQUE NULLS NOT DISTINCT (campaign_id, locality_id, kind, period)
);
COMMENT ON COLUMN periodic_reports.locality_id IS 'null: the whole campaign, by the province';
COMMENT ON COLUMN periodic_reports.due_on IS 'the last day on which it is on time (Asia/Ho_Chi_Minh)';
CREATE INDEX periodic_reports_locality ON periodic_reports (locality_id, period);

CREATE TABLE report_versions (
    report_id  uuid        NOT NULL REFERENCES periodic_reports,
    version    int         NOT NULL CONSTRAINT report_version_positive CHECK (version > 0),
    basis      text        NOT NULL REFERENCES reporting_bases,
    as_of      date        NOT NULL,
    content    jsonb       NOT NULL,
    sha256     bytea       NOT NULL,
    signature  bytea       NOT NULL,
    reason     text        NOT NULL DEFAULT '' CONSTRAINT report_reason_short CHECK (length(reason) <= 1000),
    frozen_by  uuid        NOT NULL REFERENCES actors,
    frozen_at  timestamptz NOT NULL,
    PRIMARY KEY (report_id, version)
);
COMMENT ON TABLE report_versions IS 'What a report said when it was frozen: figures, definitions, units. Never changed; a correction is a further version.';
COMMENT ON COLUMN report_versions.sha256 IS 'of the content in its canonical form';
COMMENT ON COLUMN report_versions.reason IS 'why it was frozen again; empty for the first';

CREATE TABLE report_steps (
    id        uuid PRIMARY KEY,
    report_id uuid        NOT NULL REFERENCES periodic_reports,
    step      text        NOT NULL CONSTRAINT report_step_known CHECK (step IN ('submitted', 'approved', 'returned', 'reopened')),
    version   int         NOT NULL,
    note      text        NOT NULL DEFAULT '' CONSTRAINT report_note_short CHECK (length(note) <= 1000),
    actor_id  uuid        NOT NULL REFERENCES actors,
    at        timestamptz NOT NULL,
    FOREIGN KEY (report_id, version) REFERENCES report_versions
);
CREATE INDEX report_steps_report ON report_steps (report_id, id);

CREATE TRIGGER report_versions_append_only BEFORE UPDATE OR DELETE ON report_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER report_versions_never_truncated BEFORE TRUNCATE ON report_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER report_steps_append_only BEFORE UPDATE OR DELETE ON report_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE report_steps, report_versions, periodic_reports;
