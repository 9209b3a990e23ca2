-- +goose Up
-- Orders: codes for one purchase, with the amount inside. And what shoppers report about a code.
CREATE TABLE orders (
    id            uuid PRIMARY KEY,
    code          text   NOT NULL CONSTRAINT order_code_unique UNIQUE REFERENCES codes,
    note          text   NOT NULL DEFAULT '' CONSTRAINT order_note_short CHECK (length(note) <= 100),
    by_shopper    boolean NOT NULL,
    supplements   uuid REFERENCES orders,
    after_version bigint NOT NULL CONSTRAINT order_after_version CHECK (after_version >= 0)
);
COMMENT ON TABLE orders IS 'A purchase: whose, how much and until when stands in its code. Whether it is paid is never kept: it is asked of the payments that carry its code.';
COMMENT ON COLUMN orders.by_shopper IS 'made on the shopper''s page, by nobody who signed in';
COMMENT ON COLUMN orders.supplements IS 'the order whose missing part this one asks for';
COMMENT ON COLUMN orders.after_version IS 'the stall''s ledger account''s version when it was made: its payments come later, and are looked for from there';
CREATE INDEX orders_supplements ON orders (supplements) WHERE supplements IS NOT NULL;
CREATE INDEX codes_of_stall ON codes (stall_id, issued_at) WHERE kind = 'stall';
CREATE INDEX codes_orders ON codes (stall_id, issued_at DESC) WHERE kind = 'order';

CREATE TABLE complaints (
    id         uuid PRIMARY KEY,
    market_id  uuid        NOT NULL REFERENCES markets,
    stall_id   uuid        NOT NULL REFERENCES stalls,
    code       text        NOT NULL REFERENCES codes,
    kind       text        NOT NULL CONSTRAINT complaint_kind_known CHECK (kind IN ('swapped_sticker', 'paid_not_received', 'wrong_stall', 'other')),
    reference  text        NOT NULL DEFAULT '',
    amount     numeric(20, 0) CONSTRAINT complaint_amount_positive CHECK (amount > 0),
    detail     bytea,
    contact    bytea,
    state      text        NOT NULL CONSTRAINT complaint_state_known CHECK (state IN ('open', 'closed')),
    opened_at  timestamptz NOT NULL,
    closed_at  timestamptz,
    closed_by  uuid REFERENCES actors,
    reason     text        NOT NULL DEFAULT '',
    CONSTRAINT complaint_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL)),
    CONSTRAINT complaint_contact_forgotten CHECK (state = 'open' OR contact IS NULL)
);
COMMENT ON TABLE complaints IS 'What a shopper reported on a code''s page.';
COMMENT ON COLUMN complaints.detail IS 'sealed: the shopper''s own words';
COMMENT ON COLUMN complaints.contact IS 'sealed: how to reach the shopper; forgotten when the complaint is closed';
COMMENT ON COLUMN complaints.reference IS 'the bank''s reference as the shopper typed it';
CREATE INDEX complaints_market ON complaints (market_id, opened_at DESC);

-- +goose Down
DROP TABLE complaints, orders;
DROP INDEX codes_orders, codes_of_stall;
