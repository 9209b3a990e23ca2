-- +goose Up
-- Markets, stalls, merchants, tenancies, accounts and codes.
CREATE TABLE markets (
    id             uuid PRIMARY KEY,
    code           text          NOT NULL CONSTRAINT market_code_unique UNIQUE CONSTRAINT market_code_form CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{1,31}$'),
    name           text          NOT NULL CONSTRAINT market_name_present CHECK (name <> ''),
    class          smallint      NOT NULL CONSTRAINT market_class_known CHECK (class BETWEEN 1 AND 3),
    kind           text          NOT NULL CONSTRAINT market_kind_known CHECK (kind IN ('dan_sinh', 'dau_moi', 'cho_dem', 'nong_thon', 'tam', 'trung_tam', 'khac')),
    latitude       numeric(9, 6) CONSTRAINT market_latitude CHECK (latitude BETWEEN -90 AND 90),
    longitude      numeric(9, 6) CONSTRAINT market_longitude CHECK (longitude BETWEEN -180 AND 180),
    stall_capacity int           CONSTRAINT market_capacity CHECK (stall_capacity BETWEEN 0 AND 20000),
    demo           boolean       NOT NULL DEFAULT false,
    created_at     timestamptz   NOT NULL
);
COMMENT ON COLUMN markets.demo IS 'invented: every screen and export says "dữ liệu minh họa"';

CREATE TABLE market_operators (
    id        uuid PRIMARY KEY,
    market_id uuid      NOT NULL REFERENCES markets,
    kind      text      NOT NULL CONSTRAINT operator_kind_known CHECK (kind IN ('ban_quan_ly', 'to_quan_ly', 'doanh_nghiep', 'hop_tac_xa')),
    name      text      NOT NULL,
    valid     daterange NOT NULL,
    CONSTRAINT operator_one_at_a_time EXCLUDE USING gist (market_id WITH =, valid WITH &&)
);

CREATE TABLE market_places (
    id          uuid PRIMARY KEY,
    market_id   uuid      NOT NULL REFERENCES markets,
    locality_id uuid      NOT NULL REFERENCES localities,
    valid       daterange NOT NULL,
    CONSTRAINT market_one_place_at_a_time EXCLUDE USING gist (market_id WITH =, valid WITH &&)
);
COMMENT ON TABLE market_places IS 'In which smallest known unit the market stood, and when: figures are grouped by it, never apportioned.';
CREATE INDEX market_places_locality ON market_places (locality_id);

CREATE TABLE stalls (
    id          uuid PRIMARY KEY,
    market_id   uuid        NOT NULL REFERENCES markets,
    number      text        NOT NULL CONSTRAINT stall_number_present CHECK (number <> ''),
    kind        text        NOT NULL CONSTRAINT stall_kind_known CHECK (kind IN ('stall', 'kiosk', 'counter', 'shop', 'lot', 'mobile')),
    zone        text        NOT NULL DEFAULT '',
    goods_group text        NOT NULL CONSTRAINT stall_goods_known CHECK (goods_group IN
                ('hai_san', 'thit', 'rau', 'trai_cay', 'hoa', 'do_kho', 'an_uong', 'may_mac', 'tap_hoa', 'dich_vu', 'khac')),
    created_at  timestamptz NOT NULL,
    CONSTRAINT stall_number_unique UNIQUE (market_id, number)
);

-- The exclusion constraints below compare the id as text, so that no look-up by id is planned over their GiST
-- indexes: those take many times as long as a B-tree.
CREATE TABLE stall_states (
    id         uuid PRIMARY KEY,
    stall_id   uuid      NOT NULL REFERENCES stalls,
    state      text      NOT NULL CONSTRAINT stall_state_known CHECK (state IN ('vacant', 'operating', 'suspended', 'closed')),
    reason     text      NOT NULL DEFAULT '',
    valid      tstzrange NOT NULL,
    CONSTRAINT stall_one_state_at_a_time EXCLUDE USING gist ((stall_id::text) WITH =, valid WITH &&)
);
CREATE UNIQUE INDEX stall_states_now ON stall_states (stall_id) INCLUDE (state) WHERE upper_inf(valid);

CREATE TABLE merchants (
    id             uuid PRIMARY KEY,
    full_name      text        NOT NULL CONSTRAINT merchant_name_present CHECK (full_name <> ''),
    household_name text        NOT NULL DEFAULT '',
    phone          bytea,
    phone_index    bytea CONSTRAINT merchant_phone_unique UNIQUE,
    phone_last3    text        NOT NULL DEFAULT '',
    tax_code       bytea,
    tax_index      bytea,
    created_at     timestamptz NOT NULL
);
COMMENT ON COLUMN merchants.household_name IS 'the registered household business; empty: a person';

CREATE TABLE tenancies (
    id          uuid PRIMARY KEY,
    market_id   uuid        NOT NULL REFERENCES markets,
    stall_id    uuid        NOT NULL REFERENCES stalls,
    merchant_id uuid        NOT NULL REFERENCES merchants,
    valid       tstzrange   NOT NULL CONSTRAINT tenancy_valid_not_empty CHECK (NOT isempty(valid)),
    approved_at timestamptz,
    created_at  timestamptz NOT NULL,
    CONSTRAINT tenancy_one_at_a_time EXCLUDE USING gist ((stall_id::text) WITH =, valid WITH &&)
);
CREATE UNIQUE INDEX tenancies_open ON tenancies (stall_id) WHERE upper_inf(valid);
CREATE INDEX tenancies_merchant ON tenancies (merchant_id);
CREATE INDEX tenancies_market ON tenancies (market_id);

CREATE TABLE accounts (
    id              uuid PRIMARY KEY,
    merchant_id     uuid        NOT NULL REFERENCES merchants,
    kind            text        NOT NULL CONSTRAINT account_kind_known CHECK (kind IN ('bank', 'ewallet')),
    bank_bin        text REFERENCES banks,
    number          bytea       NOT NULL,
    number_index    bytea       NOT NULL,
    last4           text        NOT NULL,
    holder_name     text        NOT NULL,
    holder_kind     text        NOT NULL CONSTRAINT account_holder_known CHECK (holder_kind IN ('ca_nhan', 'ho_kinh_doanh', 'to_chuc')),
    name_checked_at timestamptz,
    created_at      timestamptz NOT NULL,
    CONSTRAINT account_bank_or_wallet CHECK ((kind = 'bank') = (bank_bin IS NOT NULL))
);
CREATE UNIQUE INDEX account_in_use ON accounts (number_index, kind, coalesce(bank_bin, ''));
CREATE INDEX accounts_merchant ON accounts (merchant_id);

CREATE TABLE tenancy_accounts (
    tenancy_id    uuid        NOT NULL REFERENCES tenancies,
    account_id    uuid        NOT NULL REFERENCES accounts,
    since         timestamptz NOT NULL,
    virtual_index bytea,
    PRIMARY KEY (tenancy_id, account_id)
);
COMMENT ON COLUMN tenancy_accounts.virtual_index IS 'keyed index of the virtual account or terminal id that names this stall on that account';
CREATE INDEX tenancy_accounts_account ON tenancy_accounts (account_id);
CREATE UNIQUE INDEX tenancy_accounts_virtual ON tenancy_accounts (virtual_index) WHERE virtual_index IS NOT NULL;

CREATE TABLE codes (
    code          text PRIMARY KEY,
    kind          text        NOT NULL CONSTRAINT code_kind_known CHECK (kind IN ('stall', 'order')),
    market_id     uuid        NOT NULL REFERENCES markets,
    stall_id      uuid        NOT NULL REFERENCES stalls,
    tenancy_id    uuid        NOT NULL REFERENCES tenancies,
    account_id    uuid        NOT NULL REFERENCES accounts,
    state         text        NOT NULL CONSTRAINT code_state_known CHECK (state IN ('current', 'superseded', 'revoked')),
    amount        numeric(20, 0) CONSTRAINT code_amount_positive CHECK (amount > 0),
    issued_at     timestamptz NOT NULL,
    expires_at    timestamptz,
    ended_at      timestamptz,
    CONSTRAINT code_order_has_amount CHECK ((kind = 'order') = (amount IS NOT NULL AND expires_at IS NOT NULL)),
    CONSTRAINT code_ended CHECK ((state = 'current') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX codes_current ON codes (stall_id, account_id) WHERE kind = 'stall' AND state = 'current';
CREATE INDEX codes_tenancy ON codes (tenancy_id);

CREATE TABLE code_checks (
    id         uuid PRIMARY KEY,
    market_id  uuid        NOT NULL REFERENCES markets,
    stall_id   uuid        NOT NULL REFERENCES stalls,
    code       text REFERENCES codes,
    verdict    text        NOT NULL CONSTRAINT check_verdict_known CHECK (verdict IN ('official', 'superseded', 'own_account', 'swapped', 'foreign', 'invalid')),
    checked_at timestamptz NOT NULL,
    api_key_id uuid        NOT NULL REFERENCES api_keys
);
COMMENT ON TABLE code_checks IS 'The sticker that hangs at a stall was scanned: what it was.';
CREATE INDEX code_checks_stall ON code_checks (stall_id, checked_at DESC);

ALTER TABLE api_keys ADD COLUMN merchant_id uuid REFERENCES merchants,
    ADD CONSTRAINT api_key_merchant_named CHECK ((role = 'merchant') = (merchant_id IS NOT NULL));
COMMENT ON COLUMN api_keys.merchant_id IS 'whose tenancies a merchant''s key reads: the next tenant of the stall is another';

-- Scope is part of every query: ... AND market_id IN (SELECT scope_markets(kind, id)).
-- A locality covers the markets that stand in it in any basis: today's commune, or the district of its time.
-- +goose StatementBegin
CREATE FUNCTION scope_markets(scope text, named uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT m.id FROM markets m WHERE scope = 'all' OR (scope = 'market' AND m.id = named)
    UNION
    SELECT s.market_id FROM stalls s WHERE scope = 'stall' AND s.id = named
    UNION
    SELECT p.market_id
    FROM market_places p
    LEFT JOIN locality_versions v ON v.locality_id = p.locality_id
    LEFT JOIN locality_versions w ON w.locality_id = v.parent_id
    WHERE scope = 'locality' AND named IN (p.locality_id, v.parent_id, w.parent_id)
$$;

-- The ancestor of a market at a level on a day: the unit that the basis of that day counts it in.
CREATE FUNCTION market_unit(market uuid, at_level text, on_day date) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT CASE at_level WHEN v.level THEN v.locality_id WHEN w.level THEN w.locality_id WHEN x.level THEN x.locality_id END
    FROM market_places p
    JOIN locality_versions v ON v.locality_id = p.locality_id AND v.valid @> on_day
    LEFT JOIN locality_versions w ON w.locality_id = v.parent_id AND w.valid @> on_day
    LEFT JOIN locality_versions x ON x.locality_id = w.parent_id AND x.valid @> on_day
    WHERE p.market_id = market AND p.valid @> on_day
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION scope_markets, market_unit;
ALTER TABLE api_keys DROP COLUMN merchant_id;
DROP TABLE code_checks, codes, tenancy_accounts, accounts, tenancies, merchants, stall_states, stalls, market_places, market_operators, markets;
