-- +goose Up
-- Units, their dated versions, what became of what, and the bases that reports are told in.
-- btree_gist is a trusted extension of PostgreSQL's own contrib: exclusion constraints over uuid and text.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE localities (
    id uuid PRIMARY KEY
);
COMMENT ON TABLE localities IS 'An administrative unit. Official codes are reused over time, so the id is ours.';

CREATE TABLE locality_versions (
    id          uuid PRIMARY KEY,
    locality_id uuid NOT NULL REFERENCES localities,
    level       text NOT NULL CONSTRAINT locality_level_known CHECK (level IN ('province', 'district', 'commune')),
    code        text NOT NULL CONSTRAINT locality_code_digits CHECK (code ~ '^[0-9]{2,5}$'),
    name        text NOT NULL,
    kind        text NOT NULL,
    parent_id   uuid REFERENCES localities,
    valid       daterange NOT NULL CONSTRAINT locality_valid_not_empty CHECK (NOT isempty(valid)),
    latitude    numeric(9, 6),
    longitude   numeric(9, 6),
    CONSTRAINT locality_one_version_at_a_time EXCLUDE USING gist (locality_id WITH =, valid WITH &&),
    CONSTRAINT locality_one_holder_of_a_code EXCLUDE USING gist (level WITH =, code WITH =, valid WITH &&)
);
CREATE INDEX locality_versions_parent ON locality_versions (parent_id);

CREATE TABLE locality_lineage (
    old_id     uuid    NOT NULL REFERENCES localities,
    new_id     uuid    NOT NULL REFERENCES localities,
    changed_on date    NOT NULL,
    partial    boolean NOT NULL,
    PRIMARY KEY (old_id, new_id)
);
COMMENT ON COLUMN locality_lineage.partial IS 'only a part of the old unit went to the new one';

CREATE TABLE reporting_bases (
    code     text PRIMARY KEY,
    level    text NOT NULL,
    on_date  date,
    province text NOT NULL,
    name_vi  text NOT NULL
);
COMMENT ON COLUMN reporting_bases.on_date IS 'the day whose units the basis uses; null: today';
INSERT INTO reporting_bases (code, level, on_date, province, name_vi) VALUES
    ('districts_2024', 'district', '2024-05-28', '56', 'Huyện, thị xã, thành phố (28/05/2024)'),
    ('communes_2025', 'commune', '2025-07-01', '56', 'Xã, phường, đặc khu (01/07/2025)'),
    ('current', 'commune', NULL, '56', 'Đơn vị hành chính hiện hành');

CREATE TABLE banks (
    bin         text PRIMARY KEY CONSTRAINT bank_bin_six_digits CHECK (bin ~ '^[0-9]{6}$'),
    code        text NOT NULL,
    short_name  text NOT NULL,
    name_vi     text NOT NULL,
    kind        text NOT NULL,
    memo_prefix text NOT NULL DEFAULT ''
);
COMMENT ON COLUMN banks.memo_prefix IS 'what a memo must start with for the bank to report the transfer (VietinBank: SEVQR)';

-- +goose Down
DROP TABLE banks, reporting_bases, locality_lineage, locality_versions, localities;
