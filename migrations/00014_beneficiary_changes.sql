-- +goose Up
-- Where a stall's money goes is changed slowly and in the open: proposed, waited for or approved by a second person,
-- told to the old contact, shown on the stall's page, and watched.
ALTER TABLE tenancy_accounts
    ADD COLUMN replaced_at timestamptz,
    ADD COLUMN place       timestamptz;
COMMENT ON COLUMN tenancy_accounts.replaced_at IS 'since when it receives no more: only a transfer that carries a code of the stall is still the stall''s';
COMMENT ON COLUMN tenancy_accounts.place IS 'its place among the tenancy''s accounts, inherited from the account that it replaced; null: since';

CREATE TABLE beneficiary_changes (
    id            uuid PRIMARY KEY,
    kind          text        NOT NULL CONSTRAINT change_kind_known CHECK (kind IN ('replacement', 'addition', 'tenant')),
    state         text        NOT NULL CONSTRAINT change_state_known CHECK (state IN ('pending', 'effective', 'cancelled', 'refused')),
    why           text        NOT NULL DEFAULT '',
    market_id     uuid        NOT NULL REFERENCES markets,
    stall_id      uuid        NOT NULL REFERENCES stalls,
    tenancy_id    uuid        NOT NULL REFERENCES tenancies,
    old_account   uuid REFERENCES accounts,
    new_account   uuid REFERENCES accounts,
    bank_bin      text        NOT NULL,
    last4         text        NOT NULL,
    holder_name   text        NOT NULL,
    proposal      bytea,
    reason        text        NOT NULL,
    proposed_by   uuid        NOT NULL REFERENCES actors,
    proposed_at   timestamptz NOT NULL,
    due_at        timestamptz NOT NULL,
    needs_second  boolean     NOT NULL,
    contact       bytea,
    contact_last3 text        NOT NULL,
    decided_at    timestamptz,
    CONSTRAINT change_decided CHECK ((state = 'pending') = (decided_at IS NULL)),
    CONSTRAINT change_waits_if_it_replaces CHECK (kind = 'replacement' OR state = 'effective' OR (kind = 'addition' AND state = 'cancelled')),
    CONSTRAINT change_replaces CHECK (kind <> 'replacement' OR (old_account IS NOT NULL AND proposal IS NOT NULL)),
    CONSTRAINT change_effective_on_an_account CHECK (kind <> 'replacement' OR (state = 'effective') = (new_account IS NOT NULL))
);
COMMENT ON TABLE beneficiary_changes IS 'A stall''s money goes to another account: a replacement waits, an addition and a change of tenant are at once; an addition may be taken back for a day.';
COMMENT ON COLUMN beneficiary_changes.why IS 'the code of the refusal that ended it';
COMMENT ON COLUMN beneficiary_changes.new_account IS 'null until effective: a proposed account is not in the register, and no money is matched by it';
COMMENT ON COLUMN beneficiary_changes.bank_bin IS 'of the new account, like last4 and holder_name; empty: a wallet, or a tenant without an account';
COMMENT ON COLUMN beneficiary_changes.proposal IS 'the proposed account as ordered, sealed JSON; null: it was registered at once';
COMMENT ON COLUMN beneficiary_changes.due_at IS 'when it becomes effective by itself; with needs_second, when it lapses';
COMMENT ON COLUMN beneficiary_changes.needs_second IS 'a program proposed it: nobody proved who they are, so a second person must approve';
COMMENT ON COLUMN beneficiary_changes.contact IS 'the merchant''s phone as it was before the change, sealed: it is told of every step; null: none is known';
CREATE UNIQUE INDEX beneficiary_changes_pending ON beneficiary_changes (stall_id) WHERE state = 'pending';
CREATE INDEX beneficiary_changes_due ON beneficiary_changes (due_at) WHERE state = 'pending';
CREATE INDEX beneficiary_changes_market ON beneficiary_changes (market_id, proposed_at DESC);
CREATE INDEX beneficiary_changes_stall ON beneficiary_changes (stall_id, proposed_at DESC);

CREATE TABLE beneficiary_change_steps (
    id        uuid PRIMARY KEY,
    change_id uuid        NOT NULL REFERENCES beneficiary_changes,
    step      text        NOT NULL CONSTRAINT change_step_known CHECK (step IN ('proposed', 'approved', 'effective', 'cancelled', 'refused')),
    actor_id  uuid REFERENCES actors,
    reason    text        NOT NULL,
    at        timestamptz NOT NULL,
    CONSTRAINT change_takes_a_step_once UNIQUE (change_id, step)
);
COMMENT ON COLUMN beneficiary_change_steps.actor_id IS 'null: the clock, or the end of the tenancy';

CREATE TABLE account_claims (
    number_index bytea       NOT NULL,
    bank_bin     text        NOT NULL,
    party        bytea       NOT NULL,
    market_id    uuid        NOT NULL REFERENCES markets,
    stall_number text        NOT NULL,
    stall_id     uuid REFERENCES stalls,
    claimed_at   timestamptz NOT NULL,
    PRIMARY KEY (number_index, bank_bin, party, market_id, stall_number)
);
COMMENT ON TABLE account_claims IS 'Who wanted to receive on an account, and was refused because it is another''s, or has proposed it: one account wanted by many is a warning.';
COMMENT ON COLUMN account_claims.party IS 'keyed index of the merchant''s phone; the merchant''s id, or a keyed index of the name, where no phone is known';

CREATE TABLE alerts (
    id        uuid PRIMARY KEY,
    kind      text        NOT NULL CONSTRAINT alert_kind_known CHECK (kind IN
              ('many_accounts', 'shared_account', 'before_peak', 'account_added', 'tenant_changed')),
    key       text        NOT NULL,
    state     text        NOT NULL CONSTRAINT alert_state_known CHECK (state IN ('open', 'closed')),
    market_id uuid        NOT NULL REFERENCES markets,
    stall_id  uuid REFERENCES stalls,
    change_id uuid REFERENCES beneficiary_changes,
    detail    text        NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by uuid REFERENCES actors,
    reason    text        NOT NULL DEFAULT '',
    CONSTRAINT alert_closed_by_somebody CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL))
);
COMMENT ON TABLE alerts IS 'What a board should look at before money goes wrong; a case is about money that came.';
COMMENT ON COLUMN alerts.key IS 'what it is about: told again while open, it opens no second';
COMMENT ON COLUMN alerts.stall_id IS 'null: a stall that was never registered';
CREATE UNIQUE INDEX alerts_open ON alerts (key) WHERE state = 'open';
CREATE INDEX alerts_market ON alerts (market_id, opened_at DESC);

CREATE TABLE messages (
    id         uuid PRIMARY KEY,
    purpose    text        NOT NULL,
    about      uuid        NOT NULL,
    phone      bytea       NOT NULL,
    text       text        NOT NULL,
    state      text        NOT NULL CONSTRAINT message_state_known CHECK (state IN ('queued', 'sent', 'failed')),
    attempts   int         NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    next_at    timestamptz NOT NULL,
    sent_at    timestamptz,
    CONSTRAINT message_once UNIQUE (purpose, about),
    CONSTRAINT message_sent CHECK ((state = 'sent') = (sent_at IS NOT NULL))
);
COMMENT ON TABLE messages IS 'What is to be told by phone, written in the transaction of what it tells; sent after it, at least once.';
COMMENT ON COLUMN messages.about IS 'the row that it tells of: one message a purpose';
COMMENT ON COLUMN messages.phone IS 'sealed';
COMMENT ON COLUMN messages.next_at IS 'when it is tried (again)';
CREATE INDEX messages_queued ON messages (next_at) WHERE state = 'queued';

CREATE TRIGGER beneficiary_change_steps_append_only BEFORE UPDATE OR DELETE ON beneficiary_change_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER beneficiary_change_steps_never_truncated BEFORE TRUNCATE ON beneficiary_change_steps FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_claims_append_only BEFORE UPDATE OR DELETE ON account_claims FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_claims_never_truncated BEFORE TRUNCATE ON account_claims FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER beneficiary_changes_kept BEFORE DELETE ON beneficiary_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alerts_kept BEFORE DELETE ON alerts FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE messages, alerts, account_claims, beneficiary_change_steps, beneficiary_changes;
ALTER TABLE tenancy_accounts DROP COLUMN replaced_at, DROP COLUMN place;
