-- +goose Up
-- The revenue book of a household business (S1a-HKD, Circular 152/2025/TT-BTC): which receipts its owner calls turnover, and
-- what came in cash. The book itself is read from these and from the payments.
CREATE TABLE book_decisions (
    payment_id  uuid PRIMARY KEY,
    merchant_id uuid        NOT NULL REFERENCES merchants,
    turnover    boolean     NOT NULL,
    decided_by  uuid        NOT NULL REFERENCES actors,
    decided_at  timestamptz NOT NULL
);
COMMENT ON TABLE book_decisions IS 'Whether a payment is turnover, in its owner''s word; no row: undecided. What reverses it follows it. Earlier words are in the audit trail.';
COMMENT ON COLUMN book_decisions.payment_id IS 'a payment to a tenancy of the merchant; payments are partitioned, so that no foreign key names them';
CREATE INDEX book_decisions_merchant ON book_decisions (merchant_id);

CREATE TABLE book_cash (
    id          uuid PRIMARY KEY,
    merchant_id uuid           NOT NULL REFERENCES merchants,
    day         date           NOT NULL,
    text        text           NOT NULL CONSTRAINT book_cash_text CHECK (length(text) BETWEEN 1 AND 200),
    amount      numeric(20, 0) NOT NULL CONSTRAINT book_cash_positive CHECK (amount > 0),
    entered_by  uuid           NOT NULL REFERENCES actors,
    entered_at  timestamptz    NOT NULL,
    removed_at  timestamptz
);
COMMENT ON TABLE book_cash IS 'Takings in cash, in the owner''s word. A line is never changed: one that is wrong is removed, and another written.';
COMMENT ON COLUMN book_cash.day IS 'the business day (Asia/Ho_Chi_Minh)';
COMMENT ON COLUMN book_cash.removed_at IS 'since when it stands in no book; the line itself stays';
CREATE INDEX book_cash_merchant ON book_cash (merchant_id, day) WHERE removed_at IS NULL;

CREATE TRIGGER book_decisions_of_nobody_erased BEFORE INSERT ON book_decisions FOR EACH ROW EXECUTE FUNCTION refuse_erased();
CREATE TRIGGER book_cash_of_nobody_erased BEFORE INSERT ON book_cash FOR EACH ROW EXECUTE FUNCTION refuse_erased();

-- What a law says of a day and since when that is known are two times: the threshold of 2026 was published in its April.
ALTER TABLE legal_parameters ADD COLUMN known daterange NOT NULL DEFAULT '[2026-01-01,)' CONSTRAINT legal_parameter_known_some CHECK (NOT isempty(known)),
    DROP CONSTRAINT legal_parameters_pkey, ADD PRIMARY KEY (name, valid, known),
    DROP CONSTRAINT legal_parameter_one_at_a_time,
    ADD CONSTRAINT legal_parameter_one_at_a_time EXCLUDE USING gist (name WITH =, valid WITH &&, known WITH &&);
COMMENT ON COLUMN legal_parameters.known IS 'from the day it was published, until the day another was for the same time';
INSERT INTO legal_parameters (name, value, unit, valid, known, source) VALUES
    ('turnover_threshold', 1000000000, 'VND a year', '[2026-01-01,)', '[2026-04-29,)',
     'Mức doanh thu 1 tỷ đồng/năm của hộ kinh doanh: công bố 29/04/2026, áp dụng từ 01/01/2026');

DROP FUNCTION legal_parameter;
-- +goose StatementBegin
CREATE FUNCTION legal_parameter(called text, on_day date) RETURNS int LANGUAGE sql STABLE AS $$
    SELECT value FROM legal_parameters WHERE name = called AND valid @> on_day AND upper_inf(known)
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION legal_parameter IS 'what holds on a day as far as is known by now';

-- +goose StatementBegin
CREATE FUNCTION version_before(account uuid, at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT credit_version FROM payments WHERE credit_account = account AND recorded_at < at - interval '1 day'
        ORDER BY credit_version DESC LIMIT 1), 0)
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION version_before IS 'a version of a ledger account after which every payment lies that occurred at a time or later; 0 without a time. Banks'' clocks may run ahead of ours by a day. It reads what was recorded since, by the key (credit_account, credit_version).';

-- +goose Down
DROP FUNCTION version_before;
DROP FUNCTION legal_parameter;
DELETE FROM legal_parameters WHERE name = 'turnover_threshold' OR NOT upper_inf(known);
ALTER TABLE legal_parameters DROP CONSTRAINT legal_parameter_one_at_a_time, DROP CONSTRAINT legal_parameters_pkey, DROP COLUMN known,
    ADD PRIMARY KEY (name, valid), ADD CONSTRAINT legal_parameter_one_at_a_time EXCLUDE USING gist (name WITH =, valid WITH &&);
-- +goose StatementBegin
CREATE FUNCTION legal_parameter(called text, on_day date) RETURNS int LANGUAGE sql STABLE AS $$
    SELECT value FROM legal_parameters WHERE name = called AND valid @> on_day
$$;
-- +goose StatementEnd
DROP TABLE book_cash, book_decisions;
