-- +goose Up
-- Bank connections, what they deliver, the ledger, cases and the day's rollup.
CREATE TABLE bank_connections (
    id         uuid PRIMARY KEY,
    provider   text        NOT NULL,
    name       text        NOT NULL,
    owner_kind text        NOT NULL CONSTRAINT connection_owner_known CHECK (owner_kind IN ('platform', 'market', 'merchant')),
    owner_id   uuid,
    created_at timestamptz NOT NULL,
    CONSTRAINT connection_owner_named CHECK ((owner_kind = 'platform') = (owner_id IS NULL))
);

CREATE TABLE connection_secrets (
    id            uuid PRIMARY KEY,
    connection_id uuid        NOT NULL REFERENCES bank_connections,
    secrets       bytea       NOT NULL,
    created_at    timestamptz NOT NULL,
    retired_at    timestamptz
);
CREATE INDEX connection_secrets_active ON connection_secrets (connection_id) WHERE retired_at IS NULL;

CREATE TABLE connection_accounts (
    connection_id uuid  NOT NULL REFERENCES bank_connections,
    bank_bin      text  NOT NULL,
    number_index  bytea NOT NULL,
    last4         text  NOT NULL,
    PRIMARY KEY (connection_id, number_index, bank_bin)
);
COMMENT ON TABLE connection_accounts IS 'The accounts a connection may speak of; none: all in its owner''s scope.';

-- Rows that grow are partitioned by their UUIDv7 id at month bounds: the id is made from recording time.
-- +goose StatementBegin
CREATE FUNCTION id_floor(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION id_floor IS 'the smallest UUIDv7 of that millisecond (RFC 9562, section 5.7)';

CREATE TABLE deliveries (
    id            uuid        NOT NULL PRIMARY KEY,
    connection_id uuid        NOT NULL,
    received_at   timestamptz NOT NULL,
    verdict       text        NOT NULL CONSTRAINT delivery_verdict_known CHECK (verdict IN ('read', 'unreadable')),
    headers       text        NOT NULL,
    body          bytea       NOT NULL
) PARTITION BY RANGE (id);
COMMENT ON TABLE deliveries IS 'One request of a bank or wallet, its signature verified; the body is sealed, headers carry no secret.';

CREATE TABLE notices (
    id            uuid        NOT NULL PRIMARY KEY,
    delivery_id   uuid        NOT NULL,
    connection_id uuid        NOT NULL,
    external_id   text        NOT NULL,
    state         text        NOT NULL CONSTRAINT notice_state_known CHECK (state IN ('posted', 'unmatched', 'ignored', 'pending')),
    why           text        NOT NULL,
    direction     text        NOT NULL CONSTRAINT notice_direction_known CHECK (direction IN ('in', 'out')),
    amount        numeric(20, 0) NOT NULL,
    currency      text        NOT NULL,
    occurred_at   timestamptz NOT NULL,
    precision     text        NOT NULL CONSTRAINT notice_precision_known CHECK (precision IN ('second', 'minute', 'day')),
    recorded_at   timestamptz NOT NULL,
    reference     text        NOT NULL,
    memo_code     text,
    account_last4 text        NOT NULL,
    account_id    uuid,
    market_id     uuid,
    particulars   bytea       NOT NULL,
    repeat_index  bytea
) PARTITION BY RANGE (id);
COMMENT ON COLUMN notices.particulars IS 'sealed: account, virtual account, memo, order reference, bank';
COMMENT ON COLUMN notices.repeat_index IS 'keyed index of (account, amount, memo) where the memo names one purchase: finds what was paid twice';
CREATE INDEX notices_waiting ON notices (id) WHERE state IN ('pending', 'unmatched');
CREATE INDEX notices_repeat ON notices (repeat_index, occurred_at) WHERE repeat_index IS NOT NULL;

-- What is unique for ever lives beside the partitions.
CREATE TABLE notice_keys (
    connection_id uuid  NOT NULL,
    external_id   text  NOT NULL,
    notice_id     uuid  NOT NULL,
    digest        bytea NOT NULL,
    PRIMARY KEY (connection_id, external_id)
);

CREATE TABLE notice_conflicts (
    id          uuid PRIMARY KEY,
    notice_id   uuid        NOT NULL,
    delivery_id uuid        NOT NULL,
    digest      bytea       NOT NULL,
    amount      numeric(20, 0) NOT NULL,
    occurred_at timestamptz NOT NULL,
    reference   text        NOT NULL,
    particulars bytea       NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT notice_conflict_once UNIQUE (notice_id, digest)
);

CREATE TABLE ledger_accounts (
    id         uuid PRIMARY KEY,
    kind       text        NOT NULL CONSTRAINT ledger_account_kind_known CHECK (kind IN ('bank', 'stall', 'suspense', 'returned')),
    market_id  uuid        NOT NULL REFERENCES markets,
    account_id uuid REFERENCES accounts,
    tenancy_id uuid REFERENCES tenancies,
    debits     numeric(20, 0) NOT NULL DEFAULT 0 CONSTRAINT ledger_debits_positive CHECK (debits >= 0),
    credits    numeric(20, 0) NOT NULL DEFAULT 0 CONSTRAINT ledger_credits_positive CHECK (credits >= 0),
    version    bigint      NOT NULL DEFAULT 0,
    last_at    timestamptz,
    CONSTRAINT ledger_account_owner CHECK ((tenancy_id IS NOT NULL) = (kind = 'stall') AND (account_id IS NULL OR kind = 'bank'))
) WITH (fillfactor = 60);
COMMENT ON TABLE ledger_accounts IS 'bank: one per beneficiary account and market (without account: money on accounts nobody registered); stall: one per tenancy; suspense, returned: one per market.';
COMMENT ON COLUMN ledger_accounts.version IS 'numbers the account''s payments 1, 2, 3… in commit order; taken under the row lock';
CREATE UNIQUE INDEX ledger_accounts_bank ON ledger_accounts (market_id, account_id) WHERE kind = 'bank' AND account_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_accounts_stall ON ledger_accounts (tenancy_id) WHERE kind = 'stall';
CREATE UNIQUE INDEX ledger_accounts_market ON ledger_accounts (market_id, kind) WHERE account_id IS NULL AND tenancy_id IS NULL;

CREATE TABLE payments (
    id             uuid           NOT NULL PRIMARY KEY,
    market_id      uuid           NOT NULL,
    debit_account  uuid           NOT NULL REFERENCES ledger_accounts,
    credit_account uuid           NOT NULL REFERENCES ledger_accounts,
    amount         numeric(20, 0) NOT NULL CONSTRAINT payment_amount_positive CHECK (amount > 0),
    debit_version  bigint         NOT NULL,
    credit_version bigint         NOT NULL,
    case_id        uuid,
    reverses       uuid,
    occurred_at    timestamptz    NOT NULL,
    recorded_at    timestamptz    NOT NULL,
    reference      text           NOT NULL,
    strong         boolean        NOT NULL,
    memo_code      text,
    CONSTRAINT payment_accounts_differ CHECK (debit_account <> credit_account)
) PARTITION BY RANGE (id);
COMMENT ON TABLE payments IS 'A payment is its transfer: one row, balanced by construction. Never updated, never deleted.';
COMMENT ON COLUMN payments.id IS 'of the first transfer of a notice: the notice''s own id, so that a notice is posted once by its primary key';
COMMENT ON COLUMN payments.case_id IS 'the case that decided it; null: the notice itself';
COMMENT ON COLUMN payments.strong IS 'the reference alone names one transfer at its bank';
CREATE INDEX payments_credit ON payments (credit_account, credit_version);
CREATE INDEX payments_debit ON payments (debit_account, debit_version) WHERE reverses IS NOT NULL;
CREATE INDEX payments_reverses ON payments (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX payments_reference ON payments (debit_account, reference) WHERE strong;

CREATE TABLE stall_days (
    tenancy_id  uuid           NOT NULL REFERENCES tenancies,
    day         date           NOT NULL,
    market_id   uuid           NOT NULL,
    payments    int            NOT NULL,
    amount      numeric(20, 0) NOT NULL,
    PRIMARY KEY (tenancy_id, day)
) WITH (fillfactor = 70);
COMMENT ON TABLE stall_days IS 'Rollup: a tenancy''s confirmed payments of one business day (Asia/Ho_Chi_Minh) of occurred_at, kept in the posting''s own transaction.';

CREATE TABLE confirmations (
    id          uuid PRIMARY KEY,
    market_id   uuid           NOT NULL REFERENCES markets,
    tenancy_id  uuid           NOT NULL REFERENCES tenancies,
    amount      numeric(20, 0) NOT NULL CONSTRAINT confirmation_amount_positive CHECK (amount > 0),
    occurred_at timestamptz    NOT NULL,
    recorded_at timestamptz    NOT NULL,
    api_key_id  uuid           NOT NULL REFERENCES api_keys
);
COMMENT ON TABLE confirmations IS 'An owner''s word that money came: evidence B, never in the ledger.';
CREATE INDEX confirmations_tenancy ON confirmations (tenancy_id, occurred_at);

CREATE TABLE cases (
    id            uuid PRIMARY KEY,
    kind          text        NOT NULL,
    state         text        NOT NULL CONSTRAINT case_state_known CHECK (state IN ('open', 'proposed', 'assigned', 'returned', 'dismissed')),
    market_id     uuid,
    connection_id uuid,
    notice_id     uuid,
    delivery_id   uuid,
    stall_id      uuid,
    detail        text        NOT NULL DEFAULT '',
    opened_at     timestamptz NOT NULL,
    closed_at     timestamptz
);
CREATE INDEX cases_notice ON cases (notice_id);
CREATE INDEX cases_open ON cases (id) WHERE state IN ('open', 'proposed');

CREATE TABLE case_steps (
    id         uuid PRIMARY KEY,
    case_id    uuid        NOT NULL REFERENCES cases,
    step       text        NOT NULL CONSTRAINT case_step_known CHECK (step IN ('propose', 'approve', 'dismiss', 'reverse')),
    action     text        NOT NULL CONSTRAINT case_action_known CHECK (action IN ('assign', 'return', 'dismiss', 'reopen')),
    stall_id   uuid,
    reason     text        NOT NULL,
    payment_id uuid,
    api_key_id uuid        NOT NULL REFERENCES api_keys,
    at         timestamptz NOT NULL
);
CREATE INDEX case_steps_case ON case_steps (case_id, id);

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER payments_append_only BEFORE UPDATE OR DELETE ON payments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payments_never_truncated BEFORE TRUNCATE ON payments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notice_keys_append_only BEFORE UPDATE OR DELETE ON notice_keys FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notice_keys_never_truncated BEFORE TRUNCATE ON notice_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notice_conflicts_append_only BEFORE UPDATE OR DELETE ON notice_conflicts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_steps_append_only BEFORE UPDATE OR DELETE ON case_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_accounts_kept BEFORE DELETE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Two months are made ahead; a DEFAULT partition catches the rest. The function belongs to the owner of
-- the tables, so that the serving role, which owns nothing, may call it.
-- +goose StatementBegin
CREATE FUNCTION make_partitions(until timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    parent text;
    month  timestamptz;
    child  text;
    made   int := 0;
BEGIN
    FOREACH parent IN ARRAY ARRAY ['deliveries', 'notices', 'payments'] LOOP
        IF to_regclass(parent || '_default') IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', parent || '_default', parent);
        END IF;
        month := date_trunc('month', now(), 'UTC');
        WHILE month <= until LOOP
            child := parent || '_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
            IF to_regclass(child) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent,
                               id_floor(month), id_floor(date_trunc('month', month + interval '32 days', 'UTC')));
                made := made + 1;
            END IF;
            month := date_trunc('month', month + interval '32 days', 'UTC');
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
-- +goose StatementEnd
SELECT make_partitions(now() + interval '2 months');

-- +goose Down
DROP FUNCTION make_partitions;
DROP TABLE case_steps, cases, confirmations, stall_days, payments, ledger_accounts, notice_conflicts, notice_keys, notices, deliveries,
    connection_accounts, connection_secrets, bank_connections;
DROP FUNCTION refuse_change, id_floor;
