-- The schema after all migrations, for reading: each table with its keys, indexes and triggers; the functions below.
-- "make schema" writes it from the numbered files, and a test compares the two. The program does not use this file:
-- "market40 migrate up" makes the tables.
-- Partitions are left out: a partitioned table has one a month (make_partition) and a default one.
-- "market40_app" lists what the serving role may do. "Audited by" lists the key that the audit trail records for a changed row.

CREATE EXTENSION btree_gist;

-- Who wanted to receive on an account, and was refused because it is another's, or has proposed it: one account wanted by many is a warning.
-- market40_app: SELECT, INSERT.
CREATE TABLE account_claims (
    number_index bytea NOT NULL,
    bank_bin text NOT NULL,
    party bytea NOT NULL, -- keyed index of the merchant's phone; the merchant's id, or a keyed index of the name, where no phone is known
    market_id uuid NOT NULL,
    stall_number text NOT NULL,
    stall_id uuid,
    claimed_at timestamptz NOT NULL,
    CONSTRAINT account_claims_pkey PRIMARY KEY (number_index, bank_bin, party, market_id, stall_number),
    CONSTRAINT account_claims_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT account_claims_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id)
);
CREATE TRIGGER account_claims_append_only BEFORE DELETE OR UPDATE ON account_claims FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_claims_never_truncated BEFORE TRUNCATE ON account_claims FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE accounts (
    id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    kind text NOT NULL,
    bank_bin text,
    number bytea NOT NULL,
    number_index bytea NOT NULL,
    last4 text NOT NULL,
    holder_name text NOT NULL,
    holder_kind text NOT NULL,
    name_checked_at timestamptz,
    created_at timestamptz NOT NULL,
    name_checked_by uuid,
    name_checked_how text DEFAULT '' NOT NULL, -- how the holder's name was checked: shown by a bank's look-up, on paper, or by a test transfer; empty: not, or not recorded
    CONSTRAINT accounts_pkey PRIMARY KEY (id),
    CONSTRAINT accounts_bank_bin_fkey FOREIGN KEY (bank_bin) REFERENCES banks(bin),
    CONSTRAINT accounts_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id),
    CONSTRAINT accounts_name_checked_by_fkey FOREIGN KEY (name_checked_by) REFERENCES actors(id),
    CONSTRAINT account_bank_or_wallet CHECK ((kind = 'bank') = (bank_bin IS NOT NULL)),
    CONSTRAINT account_holder_known CHECK (holder_kind IN ('ca_nhan', 'ho_kinh_doanh', 'to_chuc')),
    CONSTRAINT account_kind_known CHECK (kind IN ('bank', 'ewallet')),
    CONSTRAINT account_name_check_known CHECK (name_checked_how IN ('', 'bank_lookup', 'paper', 'test_transfer'))
);
CREATE UNIQUE INDEX account_in_use ON accounts (number_index, kind, COALESCE(bank_bin, ''));
CREATE INDEX accounts_merchant ON accounts (merchant_id);
CREATE TRIGGER accounts_of_nobody_erased BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION refuse_erased();
CREATE TRIGGER counted_update AFTER UPDATE OF bank_bin, number_index, name_checked_at, name_checked_how ON accounts FOR EACH ROW EXECUTE FUNCTION account_changed();

-- an API key or a user, by its own id
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE actors (
    id uuid NOT NULL,
    role text NOT NULL,
    CONSTRAINT actors_pkey PRIMARY KEY (id),
    CONSTRAINT actor_role_known CHECK (role IN ('admin', 'province_officer', 'locality_officer', 'manager', 'merchant', 'team', 'auditor', 'integration', 'staff'))
);
CREATE TRIGGER counted_delete AFTER DELETE ON actors REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('date ''-infinity''');
CREATE TRIGGER counted_update AFTER UPDATE ON actors REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('date ''-infinity''');

-- What a board should look at before money goes wrong; a case is about money that came.
-- market40_app: SELECT, INSERT, UPDATE. Audited by (id).
CREATE TABLE alerts (
    id uuid NOT NULL,
    kind text NOT NULL,
    key text NOT NULL, -- what it is about: told again while open, it opens no second
    state text NOT NULL,
    market_id uuid NOT NULL,
    stall_id uuid, -- null: a stall that was never registered
    change_id uuid,
    detail text NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by uuid,
    reason text DEFAULT '' NOT NULL,
    CONSTRAINT alerts_pkey PRIMARY KEY (id),
    CONSTRAINT alerts_change_id_fkey FOREIGN KEY (change_id) REFERENCES beneficiary_changes(id),
    CONSTRAINT alerts_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES actors(id),
    CONSTRAINT alerts_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT alerts_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT alert_closed_by_somebody CHECK (((state = 'closed') = (closed_at IS NOT NULL)) AND ((closed_at IS NULL) = (closed_by IS NULL))),
    CONSTRAINT alert_kind_known CHECK (kind IN ('many_accounts', 'shared_account', 'before_peak', 'account_added', 'tenant_changed', 'stall_renamed', 'merchant_renamed', 'swapped_code', 'number_twice')),
    CONSTRAINT alert_state_known CHECK (state IN ('open', 'closed'))
);
CREATE INDEX alerts_market ON alerts (market_id, opened_at DESC);
CREATE UNIQUE INDEX alerts_open ON alerts (key) WHERE (state = 'open');
CREATE TRIGGER alerts_kept BEFORE DELETE ON alerts FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE api_keys (
    id uuid NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    scope_kind text NOT NULL,
    scope_id uuid,
    prefix text NOT NULL,
    hash bytea NOT NULL, -- SHA-256 of the key, which is 256 random bits: no salt is needed
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    merchant_id uuid, -- whose tenancies a merchant's key reads: the next tenant of the stall is another
    owner_id uuid, -- the person behind who made it, a user or a key: two eyes are not four because one pair holds a key too; null: made at the server
    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_key_hash_unique UNIQUE (hash),
    CONSTRAINT api_keys_id_fkey FOREIGN KEY (id) REFERENCES actors(id),
    CONSTRAINT api_keys_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id),
    CONSTRAINT api_keys_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES actors(id),
    CONSTRAINT api_key_merchant_named CHECK ((role = 'merchant') = (merchant_id IS NOT NULL)),
    CONSTRAINT api_key_role_known CHECK (role IN ('admin', 'province_officer', 'locality_officer', 'manager', 'merchant', 'team', 'auditor', 'integration')),
    CONSTRAINT api_key_scope_known CHECK (scope_kind IN ('all', 'locality', 'market', 'stall')),
    CONSTRAINT api_key_scope_named CHECK ((scope_kind = 'all') = (scope_id IS NULL))
);

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (training_id, merchant_id).
CREATE TABLE attendances (
    training_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    market_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT attendances_pkey PRIMARY KEY (training_id, merchant_id),
    CONSTRAINT attendances_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT attendances_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT attendances_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id),
    CONSTRAINT attendances_training_id_fkey FOREIGN KEY (training_id) REFERENCES trainings(id)
);
CREATE INDEX attendances_market ON attendances (market_id);
CREATE INDEX attendances_merchant ON attendances (merchant_id);
CREATE TRIGGER counted_delete AFTER DELETE ON attendances REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('(SELECT t.held_on + 1 FROM trainings t WHERE t.id = x.training_id)');
CREATE TRIGGER counted_insert AFTER INSERT ON attendances REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('(SELECT t.held_on + 1 FROM trainings t WHERE t.id = x.training_id)');
CREATE TRIGGER counted_update AFTER UPDATE ON attendances REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('(SELECT t.held_on + 1 FROM trainings t WHERE t.id = x.training_id)');

-- Each row that a recorded request changed, written in the change's own transaction by the trigger `audited` of its table.
-- market40_app: SELECT, INSERT.
CREATE TABLE audit_changes (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    event_id uuid NOT NULL, -- the line, committed before; no foreign key, whose check an import would pay for each of its rows
    kind text NOT NULL, -- the table
    object_id text NOT NULL, -- the row's primary key, its columns joined by /
    before bytea, -- HMAC-SHA-256 over the row as jsonb prints it in UTC; null: the row was not there
    after bytea, -- the same of the row after; null: the row is gone. Equal contents have equal digests: a `before` that is not the `after` before it was changed behind the program's back.
    CONSTRAINT audit_changes_pkey PRIMARY KEY (id),
    CONSTRAINT audit_change_some CHECK (before IS DISTINCT FROM after)
);
CREATE INDEX audit_changes_event ON audit_changes (event_id, id);
CREATE INDEX audit_changes_object ON audit_changes (object_id, event_id);
CREATE TRIGGER audit_changes_append_only BEFORE DELETE OR UPDATE ON audit_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_changes_never_truncated BEFORE TRUNCATE ON audit_changes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Up to when a receiver (AUDIT_SYSLOG) was sent the trail.
-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE audit_cursors (
    receiver text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT audit_cursors_pkey PRIMARY KEY (receiver)
);

-- Every request under /api that may change something, before it runs, and every reading of a merchant's data by another, before it is answered; kept for 12 months at least, deleted by nothing.
-- market40_app: SELECT, INSERT.
CREATE TABLE audit_events (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor_id uuid, -- null: a stranger, such as one whose sign-in was refused
    session_id uuid,
    address text NOT NULL, -- address and port of the caller
    method text NOT NULL,
    route text NOT NULL,
    object text NOT NULL, -- the path as it was asked for, without its query
    status integer, -- of a reading, known when it is recorded; null: stands in audit_results
    CONSTRAINT audit_events_pkey PRIMARY KEY (id),
    CONSTRAINT audit_events_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT audit_events_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id)
);
CREATE INDEX audit_events_actor ON audit_events (actor_id, at);
CREATE INDEX audit_events_address ON audit_events (address text_pattern_ops);
CREATE INDEX audit_events_at ON audit_events (at);
CREATE INDEX audit_events_begun ON audit_events (at) WHERE (status IS NULL);
CREATE INDEX audit_events_method ON audit_events (method, at);
CREATE INDEX audit_events_object ON audit_events (object text_pattern_ops);
CREATE INDEX audit_events_object_id ON audit_events ("substring"(lower(object), '[0-9a-f]{8}-[0-9a-f-]{27}'), at);
CREATE INDEX audit_events_route ON audit_events (route, at);
CREATE INDEX audit_events_session ON audit_events (session_id, at);
CREATE TRIGGER audit_events_append_only BEFORE DELETE OR UPDATE ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_never_truncated BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whose data a line's request read: a merchant in the time of a tenancy.
-- market40_app: SELECT, INSERT.
CREATE TABLE audit_reads (
    event_id uuid NOT NULL,
    tenancy_id uuid NOT NULL,
    what text NOT NULL, -- payments, stream, contact (whole phone and account numbers), notices, cases, personal
    CONSTRAINT audit_reads_pkey PRIMARY KEY (event_id, tenancy_id, what),
    CONSTRAINT audit_reads_event_id_fkey FOREIGN KEY (event_id) REFERENCES audit_events(id)
);
CREATE INDEX audit_reads_tenancy ON audit_reads (tenancy_id, event_id);
CREATE TRIGGER audit_reads_append_only BEFORE DELETE OR UPDATE ON audit_reads FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_reads_never_truncated BEFORE TRUNCATE ON audit_reads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What became of a request that was recorded before it ran.
-- market40_app: SELECT, INSERT.
CREATE TABLE audit_results (
    event_id uuid NOT NULL,
    at timestamptz NOT NULL,
    status integer, -- null: unknown, the server died before it could tell; what it changed stands in audit_changes
    CONSTRAINT audit_results_pkey PRIMARY KEY (event_id),
    CONSTRAINT audit_results_event_id_fkey FOREIGN KEY (event_id) REFERENCES audit_events(id)
);
CREATE INDEX audit_results_at ON audit_results (at, event_id);
CREATE INDEX audit_results_failed ON audit_results (event_id) WHERE (status >= 500);
CREATE TRIGGER audit_results_append_only BEFORE DELETE OR UPDATE ON audit_results FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_results_never_truncated BEFORE TRUNCATE ON audit_results FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- market40_app: SELECT, INSERT.
CREATE TABLE audit_seals (
    minute timestamptz NOT NULL,
    events integer NOT NULL,
    seal bytea NOT NULL, -- SHA-256 over the seal before it, the minute and its events in the order of their ids
    version integer NOT NULL, -- 1: the events of the minute; 2: also results, and with each result, or event that has its own, what was changed and read
    CONSTRAINT audit_seals_pkey PRIMARY KEY (minute)
);
CREATE TRIGGER audit_seals_append_only BEFORE DELETE OR UPDATE ON audit_seals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_never_truncated BEFORE TRUNCATE ON audit_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE bank_connections (
    id uuid NOT NULL,
    provider text NOT NULL,
    name text NOT NULL,
    owner_kind text NOT NULL,
    owner_id uuid,
    created_at timestamptz NOT NULL,
    enabled boolean DEFAULT true NOT NULL, -- false: its webhooks answer 404
    CONSTRAINT bank_connections_pkey PRIMARY KEY (id),
    CONSTRAINT connection_owner_known CHECK (owner_kind IN ('platform', 'market', 'merchant')),
    CONSTRAINT connection_owner_named CHECK ((owner_kind = 'platform') = (owner_id IS NULL))
);
CREATE TRIGGER counted_delete AFTER DELETE ON bank_connections REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.created_at)');
CREATE TRIGGER counted_insert AFTER INSERT ON bank_connections REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.created_at)');
CREATE TRIGGER counted_update AFTER UPDATE ON bank_connections REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.created_at)');

-- market40_app: SELECT.
CREATE TABLE banks (
    bin text NOT NULL,
    code text NOT NULL,
    short_name text NOT NULL,
    name_vi text NOT NULL,
    kind text NOT NULL,
    memo_prefix text DEFAULT '' NOT NULL, -- what a memo must start with for the bank to report the transfer (VietinBank: SEVQR)
    CONSTRAINT banks_pkey PRIMARY KEY (bin),
    CONSTRAINT bank_bin_six_digits CHECK (bin ~ '^[0-9]{6}$')
);

-- market40_app: SELECT, INSERT. Audited by (id).
CREATE TABLE beneficiary_change_steps (
    id uuid NOT NULL,
    change_id uuid NOT NULL,
    step text NOT NULL,
    actor_id uuid, -- null: the clock, or the end of the tenancy
    reason text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT beneficiary_change_steps_pkey PRIMARY KEY (id),
    CONSTRAINT change_takes_a_step_once UNIQUE (change_id, step),
    CONSTRAINT beneficiary_change_steps_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT beneficiary_change_steps_change_id_fkey FOREIGN KEY (change_id) REFERENCES beneficiary_changes(id),
    CONSTRAINT change_step_known CHECK (step IN ('proposed', 'approved', 'effective', 'cancelled', 'refused'))
);
CREATE TRIGGER beneficiary_change_steps_append_only BEFORE DELETE OR UPDATE ON beneficiary_change_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER beneficiary_change_steps_never_truncated BEFORE TRUNCATE ON beneficiary_change_steps FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A stall's money goes to another account. A replacement waits, and so does whatever a program proposes; an addition and a change of tenant by a person are at once. An addition may be taken back for a day.
-- market40_app: SELECT, INSERT, UPDATE. Audited by (id).
CREATE TABLE beneficiary_changes (
    id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    why text DEFAULT '' NOT NULL, -- the code of the refusal that ended it
    market_id uuid NOT NULL,
    stall_id uuid NOT NULL,
    tenancy_id uuid NOT NULL, -- who had the stall when it was proposed; of an effective change of tenant, the new one
    old_account uuid,
    new_account uuid, -- null until effective: a proposed account is not in the register, and no money is matched by it
    bank_bin text NOT NULL, -- of the new account, like last4 and holder_name; empty: a wallet, or a tenant without an account
    last4 text NOT NULL,
    holder_name text NOT NULL,
    proposal bytea, -- what was proposed as ordered, sealed JSON: an account, or of kind tenant the whole change of tenant; null: it was registered at once
    reason text NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL, -- when it becomes effective by itself; with needs_second, when it lapses
    needs_second boolean NOT NULL, -- a program proposed it: nobody proved who they are, so a second person must approve
    contact bytea, -- the merchant's phone as it was before the change, sealed: it is told of every step; null: none is known
    contact_last3 text NOT NULL,
    decided_at timestamptz,
    CONSTRAINT beneficiary_changes_pkey PRIMARY KEY (id),
    CONSTRAINT beneficiary_changes_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT beneficiary_changes_new_account_fkey FOREIGN KEY (new_account) REFERENCES accounts(id),
    CONSTRAINT beneficiary_changes_old_account_fkey FOREIGN KEY (old_account) REFERENCES accounts(id),
    CONSTRAINT beneficiary_changes_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES actors(id),
    CONSTRAINT beneficiary_changes_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT beneficiary_changes_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id),
    CONSTRAINT change_decided CHECK ((state = 'pending') = (decided_at IS NULL)),
    CONSTRAINT change_effective_on_an_account CHECK ((kind <> 'replacement') OR ((state = 'effective') = (new_account IS NOT NULL))),
    CONSTRAINT change_kind_known CHECK (kind IN ('replacement', 'addition', 'tenant')),
    CONSTRAINT change_replaces CHECK ((kind <> 'replacement') OR ((old_account IS NOT NULL) AND (proposal IS NOT NULL))),
    CONSTRAINT change_state_known CHECK (state IN ('pending', 'effective', 'cancelled', 'refused')),
    CONSTRAINT change_waits_if_it_must CHECK ((kind = 'replacement') OR needs_second OR (state = 'effective') OR ((kind = 'addition') AND (state = 'cancelled'))),
    CONSTRAINT change_waits_with_a_proposal CHECK ((state <> 'pending') OR (proposal IS NOT NULL))
);
CREATE INDEX beneficiary_changes_due ON beneficiary_changes (due_at) WHERE (state = 'pending');
CREATE INDEX beneficiary_changes_market ON beneficiary_changes (market_id, proposed_at DESC);
CREATE UNIQUE INDEX beneficiary_changes_pending ON beneficiary_changes (stall_id) WHERE (state = 'pending');
CREATE INDEX beneficiary_changes_stall ON beneficiary_changes (stall_id, proposed_at DESC);
CREATE TRIGGER beneficiary_changes_kept BEFORE DELETE ON beneficiary_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Takings in cash, in the owner's word. A line is never changed: one that is wrong is removed, and another written.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE book_cash (
    id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    day date NOT NULL, -- the business day (Asia/Ho_Chi_Minh)
    text text NOT NULL,
    amount numeric(20,0) NOT NULL,
    entered_by uuid NOT NULL,
    entered_at timestamptz NOT NULL,
    removed_at timestamptz, -- since when it stands in no book; the line itself stays
    CONSTRAINT book_cash_pkey PRIMARY KEY (id),
    CONSTRAINT book_cash_entered_by_fkey FOREIGN KEY (entered_by) REFERENCES actors(id),
    CONSTRAINT book_cash_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id),
    CONSTRAINT book_cash_positive CHECK (amount > (0)::numeric),
    CONSTRAINT book_cash_text CHECK ((length(text) >= 1) AND (length(text) <= 200))
);
CREATE INDEX book_cash_merchant ON book_cash (merchant_id, day) WHERE (removed_at IS NULL);
CREATE TRIGGER book_cash_of_nobody_erased BEFORE INSERT ON book_cash FOR EACH ROW EXECUTE FUNCTION refuse_erased();

-- Whether a payment is turnover, in its owner's word; no row: undecided. What reverses it follows it. Earlier words are in the audit trail.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (payment_id).
CREATE TABLE book_decisions (
    payment_id uuid NOT NULL, -- a payment to a tenancy of the merchant; payments are partitioned, so that no foreign key names them
    merchant_id uuid NOT NULL,
    turnover boolean NOT NULL,
    decided_by uuid NOT NULL,
    decided_at timestamptz NOT NULL,
    CONSTRAINT book_decisions_pkey PRIMARY KEY (payment_id),
    CONSTRAINT book_decisions_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES actors(id),
    CONSTRAINT book_decisions_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id)
);
CREATE INDEX book_decisions_merchant ON book_decisions (merchant_id);
CREATE TRIGGER book_decisions_of_nobody_erased BEFORE INSERT ON book_decisions FOR EACH ROW EXECUTE FUNCTION refuse_erased();

-- An order that every unit of a basis has one pilot market, or is exempt.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE campaigns (
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    legal_ref text NOT NULL,
    basis text NOT NULL, -- whose units are required
    starts_on date NOT NULL,
    ends_on date,
    due_day smallint DEFAULT 5 NOT NULL, -- day of the next month until which a period's report is due
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT campaigns_pkey PRIMARY KEY (id),
    CONSTRAINT campaign_code_unique UNIQUE (code),
    CONSTRAINT campaigns_basis_fkey FOREIGN KEY (basis) REFERENCES reporting_bases(code),
    CONSTRAINT campaigns_created_by_fkey FOREIGN KEY (created_by) REFERENCES actors(id),
    CONSTRAINT campaign_code_form CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{1,31}$'),
    CONSTRAINT campaign_due_day CHECK ((due_day >= 1) AND (due_day <= 28)),
    CONSTRAINT campaign_ends_after_start CHECK (ends_on >= starts_on),
    CONSTRAINT campaign_legal_ref_present CHECK (legal_ref <> ''),
    CONSTRAINT campaign_name_present CHECK (name <> '')
);

-- market40_app: SELECT, INSERT. Audited by (id).
CREATE TABLE case_steps (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    step text NOT NULL,
    action text NOT NULL,
    stall_id uuid,
    reason text NOT NULL,
    payment_id uuid,
    actor_id uuid NOT NULL,
    at timestamptz NOT NULL,
    conflict_id uuid,
    CONSTRAINT case_steps_pkey PRIMARY KEY (id),
    CONSTRAINT case_steps_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT case_steps_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases(id),
    CONSTRAINT case_steps_conflict_id_fkey FOREIGN KEY (conflict_id) REFERENCES notice_conflicts(id),
    CONSTRAINT case_action_known CHECK (action IN ('assign', 'return', 'dismiss', 'reopen')),
    CONSTRAINT case_step_known CHECK (step IN ('propose', 'approve', 'dismiss', 'reverse'))
);
CREATE INDEX case_steps_case ON case_steps (case_id, id);
CREATE TRIGGER case_steps_append_only BEFORE DELETE OR UPDATE ON case_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE cases (
    id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    market_id uuid,
    connection_id uuid,
    notice_id uuid,
    delivery_id uuid,
    stall_id uuid,
    detail text DEFAULT '' NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    conflict_id uuid,
    gathering uuid, -- made of the connection and the unknown account; null: a case about one thing
    notices integer DEFAULT 1 NOT NULL, -- how many notices wait in it
    CONSTRAINT cases_pkey PRIMARY KEY (id),
    CONSTRAINT cases_conflict_id_fkey FOREIGN KEY (conflict_id) REFERENCES notice_conflicts(id),
    CONSTRAINT case_has_notices CHECK (notices > 0),
    CONSTRAINT case_state_known CHECK (state IN ('open', 'proposed', 'assigned', 'returned', 'dismissed'))
);
CREATE UNIQUE INDEX cases_gathering ON cases (gathering) WHERE ((gathering IS NOT NULL) AND (state = 'open'));
CREATE INDEX cases_gathering_connection ON cases (connection_id) WHERE ((gathering IS NOT NULL) AND (state = 'open'));
CREATE INDEX cases_market ON cases (market_id, id);
CREATE INDEX cases_newest ON cases (opened_at DESC, id DESC);
CREATE INDEX cases_notice ON cases (notice_id);
CREATE INDEX cases_open ON cases (id) WHERE (state IN ('open', 'proposed'));

-- The sticker that hangs at a stall was scanned: what it was.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE code_checks (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    stall_id uuid NOT NULL,
    code text,
    verdict text NOT NULL,
    checked_at timestamptz NOT NULL,
    actor_id uuid NOT NULL,
    latitude numeric(9,6), -- where the phone said it was, if whoever checked allowed it
    longitude numeric(9,6),
    recorded_at timestamptz DEFAULT now() NOT NULL, -- when we were told: later than checked_at where the phone had no network
    CONSTRAINT code_checks_pkey PRIMARY KEY (id),
    CONSTRAINT code_checks_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT code_checks_code_fkey FOREIGN KEY (code) REFERENCES codes(code),
    CONSTRAINT code_checks_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT code_checks_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT check_latitude CHECK ((latitude >= ('-90'::integer)::numeric) AND (latitude <= (90)::numeric)),
    CONSTRAINT check_longitude CHECK ((longitude >= ('-180'::integer)::numeric) AND (longitude <= (180)::numeric)),
    CONSTRAINT check_place_whole CHECK ((latitude IS NULL) = (longitude IS NULL)),
    CONSTRAINT check_verdict_known CHECK (verdict IN ('official', 'superseded', 'own_account', 'swapped', 'foreign', 'invalid'))
);
CREATE INDEX code_checks_checked ON code_checks (checked_at);
CREATE INDEX code_checks_stall ON code_checks (stall_id, checked_at DESC);
CREATE TRIGGER counted_delete AFTER DELETE ON code_checks REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.checked_at)');
CREATE TRIGGER counted_insert AFTER INSERT ON code_checks REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.checked_at)');
CREATE TRIGGER counted_update AFTER UPDATE ON code_checks REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.checked_at)');

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (code).
CREATE TABLE codes (
    code text NOT NULL,
    kind text NOT NULL,
    market_id uuid NOT NULL,
    stall_id uuid NOT NULL,
    tenancy_id uuid NOT NULL,
    account_id uuid NOT NULL,
    state text NOT NULL,
    amount numeric(20,0),
    issued_at timestamptz NOT NULL,
    expires_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT codes_pkey PRIMARY KEY (code),
    CONSTRAINT codes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT codes_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT codes_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT codes_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id),
    CONSTRAINT code_amount_positive CHECK (amount > (0)::numeric),
    CONSTRAINT code_ended CHECK ((state = 'current') = (ended_at IS NULL)),
    CONSTRAINT code_kind_known CHECK (kind IN ('stall', 'order')),
    CONSTRAINT code_order_has_amount CHECK ((kind = 'order') = ((amount IS NOT NULL) AND (expires_at IS NOT NULL))),
    CONSTRAINT code_state_known CHECK (state IN ('current', 'superseded', 'revoked'))
);
CREATE UNIQUE INDEX codes_current ON codes (stall_id, account_id) WHERE ((kind = 'stall') AND (state = 'current'));
CREATE INDEX codes_of_stall ON codes (stall_id, issued_at) WHERE (kind = 'stall');
CREATE INDEX codes_orders ON codes (stall_id, issued_at DESC) WHERE (kind = 'order');
CREATE INDEX codes_tenancy ON codes (tenancy_id);
CREATE TRIGGER counted_delete AFTER DELETE ON codes REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('CASE x.kind WHEN ''stall'' THEN day_from(x.issued_at) END');
CREATE TRIGGER counted_insert AFTER INSERT ON codes REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('CASE x.kind WHEN ''stall'' THEN day_from(x.issued_at) END');
CREATE TRIGGER counted_update AFTER UPDATE ON codes REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('CASE x.kind WHEN ''stall'' THEN day_from(x.issued_at) END');

-- What a shopper reported on a code's page.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE complaints (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    stall_id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    reference text DEFAULT '' NOT NULL, -- the bank's reference as the shopper typed it
    amount numeric(20,0),
    detail bytea, -- sealed: the shopper's own words
    contact bytea, -- sealed: how to reach the shopper; forgotten when the complaint is closed
    state text NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by uuid,
    reason text DEFAULT '' NOT NULL,
    CONSTRAINT complaints_pkey PRIMARY KEY (id),
    CONSTRAINT complaints_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES actors(id),
    CONSTRAINT complaints_code_fkey FOREIGN KEY (code) REFERENCES codes(code),
    CONSTRAINT complaints_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT complaints_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT complaint_amount_positive CHECK (amount > (0)::numeric),
    CONSTRAINT complaint_closed CHECK ((state = 'closed') = ((closed_at IS NOT NULL) AND (closed_by IS NOT NULL))),
    CONSTRAINT complaint_contact_forgotten CHECK ((state = 'open') OR (contact IS NULL)),
    CONSTRAINT complaint_kind_known CHECK (kind IN ('swapped_sticker', 'paid_not_received', 'wrong_stall', 'other')),
    CONSTRAINT complaint_state_known CHECK (state IN ('open', 'closed'))
);
CREATE INDEX complaints_market ON complaints (market_id, opened_at DESC);

-- An owner's word that money came: evidence B, never in the ledger.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE confirmations (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    tenancy_id uuid NOT NULL,
    amount numeric(20,0) NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor_id uuid NOT NULL,
    CONSTRAINT confirmations_pkey PRIMARY KEY (id),
    CONSTRAINT confirmations_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT confirmations_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT confirmations_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id),
    CONSTRAINT confirmation_amount_positive CHECK (amount > (0)::numeric)
);
CREATE INDEX confirmations_occurred ON confirmations (occurred_at);
CREATE INDEX confirmations_tenancy ON confirmations (tenancy_id, occurred_at);
CREATE TRIGGER counted_delete AFTER DELETE ON confirmations REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.occurred_at)');
CREATE TRIGGER counted_insert AFTER INSERT ON confirmations REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.occurred_at)');
CREATE TRIGGER counted_update AFTER UPDATE ON confirmations REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.occurred_at)');
CREATE TRIGGER first_change AFTER DELETE OR UPDATE ON confirmations FOR EACH ROW EXECUTE FUNCTION keep_first_word();
CREATE TRIGGER first_insert AFTER INSERT ON confirmations FOR EACH ROW EXECUTE FUNCTION keep_first_word();

-- The accounts a connection may speak of; none: all in its owner's scope.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (connection_id, number_index, bank_bin).
CREATE TABLE connection_accounts (
    connection_id uuid NOT NULL,
    bank_bin text NOT NULL,
    number_index bytea NOT NULL,
    last4 text NOT NULL,
    CONSTRAINT connection_accounts_pkey PRIMARY KEY (connection_id, number_index, bank_bin),
    CONSTRAINT connection_accounts_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES bank_connections(id)
);
CREATE TRIGGER counted_delete AFTER DELETE ON connection_accounts REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('date ''-infinity''');
CREATE TRIGGER counted_insert AFTER INSERT ON connection_accounts REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('date ''-infinity''');
CREATE TRIGGER counted_update AFTER UPDATE ON connection_accounts REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('date ''-infinity''');

-- Rollup: a business day (Asia/Ho_Chi_Minh) on which a connection brought something that could be read. Who is paid through a connection that lives is observed, also on days without payments.
-- market40_app: SELECT, INSERT.
CREATE TABLE connection_days (
    connection_id uuid NOT NULL,
    day date NOT NULL,
    CONSTRAINT connection_days_pkey PRIMARY KEY (connection_id, day),
    CONSTRAINT connection_days_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES bank_connections(id)
);
CREATE TRIGGER counted_delete AFTER DELETE ON connection_days FOR EACH ROW EXECUTE FUNCTION day_changed();
CREATE TRIGGER counted_late AFTER INSERT OR UPDATE ON connection_days FOR EACH ROW WHEN (((new.day < ((now() AT TIME ZONE 'Asia/Ho_Chi_Minh'))::date) AND (current_setting('market40.changed_since', true) IS DISTINCT FROM '-infinity'))) EXECUTE FUNCTION day_changed();

-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE connection_health (
    connection_id uuid NOT NULL,
    last_received_at timestamptz,
    last_refused_at timestamptz,
    last_refusal text,
    CONSTRAINT connection_health_pkey PRIMARY KEY (connection_id),
    CONSTRAINT connection_health_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES bank_connections(id),
    CONSTRAINT refusal_known CHECK (last_refusal IN ('bad_signature', 'stale', 'unreadable'))
);

-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE connection_hours (
    connection_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    received bigint NOT NULL,
    refused bigint NOT NULL,
    CONSTRAINT connection_hours_pkey PRIMARY KEY (connection_id, hour),
    CONSTRAINT connection_hours_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES bank_connections(id)
);

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE connection_secrets (
    id uuid NOT NULL,
    connection_id uuid NOT NULL,
    secrets bytea NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    awaits_approval boolean DEFAULT false NOT NULL, -- takes nothing in until another person than created_by approves it
    created_by uuid,
    approved_by uuid,
    CONSTRAINT connection_secrets_pkey PRIMARY KEY (id),
    CONSTRAINT connection_secrets_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES bank_connections(id)
);
CREATE INDEX connection_secrets_active ON connection_secrets (connection_id) WHERE (retired_at IS NULL);

-- What people are asked, word for word. A changed text is a new version.
-- market40_app: SELECT. Audited by (purpose, version).
CREATE TABLE consent_texts (
    purpose text NOT NULL,
    version integer NOT NULL,
    basis text NOT NULL, -- consent: only who says yes; contract, public_task: no consent is asked (Law 91/2025/QH15, article 19), the text informs
    vi text NOT NULL,
    en text NOT NULL,
    sha256 bytea NOT NULL, -- of the Vietnamese text, a line feed and the English text, in UTF-8
    since date NOT NULL,
    CONSTRAINT consent_texts_pkey PRIMARY KEY (purpose, version),
    CONSTRAINT consent_basis_known CHECK (basis IN ('consent', 'contract', 'public_task')),
    CONSTRAINT consent_purpose_form CHECK (purpose ~ '^[a-z_]{3,40}$'),
    CONSTRAINT consent_text_hashed CHECK ((sha256 = sha256(convert_to(((vi || '
') || en), 'UTF8'::name)))),
    CONSTRAINT consent_version_positive CHECK (version > 0)
);
CREATE TRIGGER consent_texts_append_only BEFORE DELETE OR UPDATE ON consent_texts FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Every yes and every no to a text, in order of time: the last one stands. No row: never asked, which is no.
-- market40_app: SELECT, INSERT. Audited by (id).
CREATE TABLE consents (
    id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    purpose text NOT NULL,
    version integer NOT NULL,
    given boolean NOT NULL,
    how text NOT NULL, -- in_app: by the merchant; paper: signed, entered by the board; request: withdrawn because a request to restrict or to object was granted
    actor_id uuid NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT consents_pkey PRIMARY KEY (id),
    CONSTRAINT consents_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT consents_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id),
    CONSTRAINT consents_purpose_version_fkey FOREIGN KEY (purpose, version) REFERENCES consent_texts(purpose, version),
    CONSTRAINT consent_how_known CHECK (how IN ('in_app', 'paper', 'request'))
);
CREATE INDEX consents_last ON consents (merchant_id, purpose, at DESC, id DESC);
CREATE TRIGGER consents_append_only BEFORE DELETE OR UPDATE ON consents FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consents_never_truncated BEFORE TRUNCATE ON consents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consents_of_nobody_erased BEFORE INSERT ON consents FOR EACH ROW EXECUTE FUNCTION refuse_erased();

-- market40_app: SELECT, INSERT. Audited by (id).
CREATE TABLE data_request_steps (
    id uuid NOT NULL,
    request_id uuid NOT NULL,
    step text NOT NULL,
    reason bytea NOT NULL, -- sealed: what the merchant is told
    actor_id uuid NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT data_request_steps_pkey PRIMARY KEY (id),
    CONSTRAINT data_request_steps_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT data_request_steps_request_id_fkey FOREIGN KEY (request_id) REFERENCES data_requests(id),
    CONSTRAINT data_request_step_known CHECK (step IN ('receive', 'answer', 'done', 'refuse'))
);
CREATE INDEX data_request_steps_request ON data_request_steps (request_id, id);
CREATE TRIGGER data_request_steps_append_only BEFORE DELETE OR UPDATE ON data_request_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER data_request_steps_never_truncated BEFORE TRUNCATE ON data_request_steps FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a merchant asks of its own data (Law 91/2025/QH15, article 4).
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE data_requests (
    id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    kind text NOT NULL,
    note bytea NOT NULL, -- sealed: in the merchant's words
    state text NOT NULL,
    received_at timestamptz NOT NULL,
    answer_due_at timestamptz NOT NULL, -- until when it must be answered how it will be done
    due_at timestamptz NOT NULL, -- until when it must be done, or refused with a reason
    answered_at timestamptz,
    closed_at timestamptz,
    CONSTRAINT data_requests_pkey PRIMARY KEY (id),
    CONSTRAINT data_requests_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id),
    CONSTRAINT data_request_closed CHECK ((state = 'received') = (closed_at IS NULL)),
    CONSTRAINT data_request_kind_known CHECK (kind IN ('access', 'correction', 'erasure', 'restriction', 'objection')),
    CONSTRAINT data_request_state_known CHECK (state IN ('received', 'done', 'refused'))
);
CREATE INDEX data_requests_merchant ON data_requests (merchant_id);
CREATE INDEX data_requests_waiting ON data_requests (due_at) WHERE (state = 'received');
CREATE TRIGGER data_requests_of_nobody_erased BEFORE INSERT ON data_requests FOR EACH ROW EXECUTE FUNCTION refuse_erased();

-- "Trong 10 khách gần nhất, mấy khách chuyển khoản?": evidence C.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE declared_shares (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    tenancy_id uuid NOT NULL,
    asked_on date NOT NULL,
    customers smallint NOT NULL,
    transfers smallint NOT NULL,
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT declared_shares_pkey PRIMARY KEY (id),
    CONSTRAINT declared_once_a_day UNIQUE (tenancy_id, asked_on),
    CONSTRAINT declared_shares_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT declared_shares_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT declared_shares_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id),
    CONSTRAINT declared_customers CHECK ((customers >= 1) AND (customers <= 10)),
    CONSTRAINT declared_transfers CHECK ((transfers >= 0) AND (transfers <= customers))
);
CREATE INDEX declared_shares_market ON declared_shares (market_id, asked_on);
CREATE TRIGGER counted_delete AFTER DELETE ON declared_shares REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('x.asked_on + 1');
CREATE TRIGGER counted_insert AFTER INSERT ON declared_shares REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('x.asked_on + 1');
CREATE TRIGGER counted_update AFTER UPDATE ON declared_shares REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('x.asked_on + 1');

-- One request of a bank or wallet, its signature verified; the body is sealed, headers carry no secret.
-- market40_app: SELECT, INSERT.
CREATE TABLE deliveries (
    id uuid NOT NULL,
    connection_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    verdict text NOT NULL,
    headers text NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT deliveries_pkey PRIMARY KEY (id),
    CONSTRAINT delivery_verdict_known CHECK (verdict IN ('read', 'unreadable'))
) PARTITION BY RANGE (id);

-- A line a transaction that changed what reports count, with the first as-of day that it may matter to. Lines may be put together into one of the earliest day.
-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE fact_changes (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    since date NOT NULL,
    CONSTRAINT fact_changes_pkey PRIMARY KEY (id)
);
CREATE INDEX fact_changes_since ON fact_changes (since);

-- A market's fees of a month in đồng, as its operator declares them; a correction is a further version.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (market_id, month, version).
CREATE TABLE fee_summaries (
    market_id uuid NOT NULL,
    month date NOT NULL,
    version integer NOT NULL,
    due numeric(20,0) NOT NULL,
    paid numeric(20,0) NOT NULL,
    paid_by_transfer numeric(20,0) NOT NULL,
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT fee_summaries_pkey PRIMARY KEY (market_id, month, version),
    CONSTRAINT fee_summaries_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT fee_summaries_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT fee_due_not_negative CHECK (due >= (0)::numeric),
    CONSTRAINT fee_month_first CHECK (EXTRACT(day FROM month) = (1)::numeric),
    CONSTRAINT fee_paid_within_due CHECK ((paid >= (0)::numeric) AND (paid <= due)),
    CONSTRAINT fee_transfer_within_paid CHECK ((paid_by_transfer >= (0)::numeric) AND (paid_by_transfer <= paid)),
    CONSTRAINT fee_version_positive CHECK (version > 0)
);
CREATE TRIGGER counted_delete AFTER DELETE ON fee_summaries REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('(x.month + interval ''1 month'')::date');
CREATE TRIGGER counted_insert AFTER INSERT ON fee_summaries REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('(x.month + interval ''1 month'')::date');
CREATE TRIGGER counted_update AFTER UPDATE ON fee_summaries REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('(x.month + interval ''1 month'')::date');

-- Sign-ins in two steps that were finished, until they would have expired: none is finished twice. What was begun is kept by who began it, sealed.
-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE finished_steps (
    id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT finished_steps_pkey PRIMARY KEY (id)
);
CREATE INDEX finished_steps_expiry ON finished_steps (expires_at);

-- Rollup: the first business day (Asia/Ho_Chi_Minh) of a tenancy on which a bank told of payments that were not all reversed (told), and on which its owner confirmed one (word). Kept by triggers.
-- market40_app: SELECT, INSERT, UPDATE.
CREATE TABLE first_days (
    tenancy_id uuid NOT NULL,
    told date,
    word date,
    CONSTRAINT first_days_pkey PRIMARY KEY (tenancy_id),
    CONSTRAINT first_days_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id) ON DELETE CASCADE
);

-- market40_app: SELECT.
CREATE TABLE goose_db_version (
    id integer NOT NULL GENERATED BY DEFAULT AS IDENTITY,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT goose_db_version_pkey PRIMARY KEY (id)
);

-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE idempotency_keys (
    actor_id uuid NOT NULL,
    key text NOT NULL,
    route text NOT NULL,
    digest bytea NOT NULL,
    status integer,
    answer bytea, -- the first answer, sealed; null while its request is under way
    created_at timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (actor_id, key),
    CONSTRAINT idempotency_keys_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id)
);

-- What went wrong for people at a market, as found to be true: a complaint or an alert that proved right, or told in the field.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE incidents (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    stall_id uuid,
    kind text NOT NULL,
    occurred_at timestamptz NOT NULL,
    closed_at timestamptz,
    complaint_id uuid,
    alert_id uuid,
    note text DEFAULT '' NOT NULL,
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT incidents_pkey PRIMARY KEY (id),
    CONSTRAINT incident_of_a_complaint_once UNIQUE (complaint_id),
    CONSTRAINT incident_of_an_alert_once UNIQUE (alert_id),
    CONSTRAINT incidents_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT incidents_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alerts(id),
    CONSTRAINT incidents_complaint_id_fkey FOREIGN KEY (complaint_id) REFERENCES complaints(id),
    CONSTRAINT incidents_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT incidents_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT incident_closes_after CHECK (closed_at >= occurred_at),
    CONSTRAINT incident_kind_known CHECK (kind IN ('swapped_code', 'fake_transfer', 'wrong_account')),
    CONSTRAINT incident_note_short CHECK (length(note) <= 500)
);
CREATE INDEX incidents_market ON incidents (market_id, occurred_at DESC);
CREATE TRIGGER counted_delete AFTER DELETE ON incidents REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.occurred_at)');
CREATE TRIGGER counted_insert AFTER INSERT ON incidents REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.occurred_at)');
CREATE TRIGGER counted_update AFTER UPDATE ON incidents REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.occurred_at)');

-- What a market's manager prints for a stall's present merchant; it opens one session, once.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE invitations (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    stall_id uuid NOT NULL,
    tenancy_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    hash bytea NOT NULL, -- SHA-256 of the token, which is 256 random bits: no salt is needed
    created_at timestamptz NOT NULL,
    actor_id uuid NOT NULL, -- who made it
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT invitations_pkey PRIMARY KEY (id),
    CONSTRAINT invitation_hash_unique UNIQUE (hash),
    CONSTRAINT invitations_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT invitations_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT invitations_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id),
    CONSTRAINT invitations_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT invitations_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id),
    CONSTRAINT invitation_ended_once CHECK ((used_at IS NULL) OR (revoked_at IS NULL))
);
CREATE INDEX invitations_stall ON invitations (stall_id, id);

-- When backup, ledger verify and audit verify last ended.
-- market40_app: SELECT.
CREATE TABLE last_runs (
    task text NOT NULL,
    finished_at timestamptz NOT NULL,
    faults integer, -- that a proof found; null: a backup
    CONSTRAINT last_runs_pkey PRIMARY KEY (task),
    CONSTRAINT run_faults_positive CHECK (faults >= 0),
    CONSTRAINT run_task_known CHECK (task IN ('backup', 'ledger_verify', 'audit_verify'))
);

-- bank: one per beneficiary account and market (without account: money on accounts nobody registered); stall: one per tenancy; suspense, returned: one per market.
-- market40_app: SELECT, INSERT, UPDATE.
CREATE TABLE ledger_accounts (
    id uuid NOT NULL,
    kind text NOT NULL,
    market_id uuid NOT NULL,
    account_id uuid,
    tenancy_id uuid,
    debits numeric(20,0) DEFAULT 0 NOT NULL,
    credits numeric(20,0) DEFAULT 0 NOT NULL,
    version bigint DEFAULT 0 NOT NULL, -- numbers the account's payments 1, 2, 3… in commit order; taken under the row lock
    last_at timestamptz,
    CONSTRAINT ledger_accounts_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_accounts_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT ledger_accounts_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT ledger_accounts_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id),
    CONSTRAINT ledger_account_kind_known CHECK (kind IN ('bank', 'stall', 'suspense', 'returned')),
    CONSTRAINT ledger_account_owner CHECK (((tenancy_id IS NOT NULL) = (kind = 'stall')) AND ((account_id IS NULL) OR (kind = 'bank'))),
    CONSTRAINT ledger_credits_positive CHECK (credits >= (0)::numeric),
    CONSTRAINT ledger_debits_positive CHECK (debits >= (0)::numeric)
) WITH (fillfactor='60');
CREATE UNIQUE INDEX ledger_accounts_bank ON ledger_accounts (market_id, account_id) WHERE ((kind = 'bank') AND (account_id IS NOT NULL));
CREATE UNIQUE INDEX ledger_accounts_market ON ledger_accounts (market_id, kind) WHERE ((account_id IS NULL) AND (tenancy_id IS NULL));
CREATE UNIQUE INDEX ledger_accounts_stall ON ledger_accounts (tenancy_id) WHERE (kind = 'stall');
CREATE TRIGGER ledger_accounts_kept BEFORE DELETE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Deadlines and limits by day. keep_names, in days after the last payment, holds an erasure back; without a row nothing does: what must be kept stays under a pseudonym.
-- market40_app: SELECT. Audited by (name, valid, known).
CREATE TABLE legal_parameters (
    name text NOT NULL,
    value integer NOT NULL,
    unit text NOT NULL,
    valid daterange NOT NULL,
    source text NOT NULL,
    known daterange DEFAULT '[2026-01-01,)'::daterange NOT NULL, -- from the day it was published, until the day another was for the same time
    CONSTRAINT legal_parameters_pkey PRIMARY KEY (name, valid, known),
    CONSTRAINT legal_parameter_one_at_a_time EXCLUDE USING gist (name WITH =, valid WITH &&, known WITH &&),
    CONSTRAINT legal_parameter_has_source CHECK (source <> ''),
    CONSTRAINT legal_parameter_known_some CHECK (NOT isempty(known)),
    CONSTRAINT legal_parameter_not_negative CHECK (value >= 0),
    CONSTRAINT legal_parameter_valid_some CHECK (NOT isempty(valid))
);

-- An administrative unit. Official codes are reused over time, so the id is ours.
-- market40_app: SELECT.
CREATE TABLE localities (
    id uuid NOT NULL,
    CONSTRAINT localities_pkey PRIMARY KEY (id)
);

-- market40_app: SELECT.
CREATE TABLE locality_lineage (
    old_id uuid NOT NULL,
    new_id uuid NOT NULL,
    changed_on date NOT NULL,
    partial boolean NOT NULL, -- only a part of the old unit went to the new one
    CONSTRAINT locality_lineage_pkey PRIMARY KEY (old_id, new_id),
    CONSTRAINT locality_lineage_new_id_fkey FOREIGN KEY (new_id) REFERENCES localities(id),
    CONSTRAINT locality_lineage_old_id_fkey FOREIGN KEY (old_id) REFERENCES localities(id)
);

-- market40_app: SELECT.
CREATE TABLE locality_versions (
    id uuid NOT NULL,
    locality_id uuid NOT NULL,
    level text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    parent_id uuid,
    valid daterange NOT NULL,
    latitude numeric(9,6),
    longitude numeric(9,6),
    CONSTRAINT locality_versions_pkey PRIMARY KEY (id),
    CONSTRAINT locality_one_holder_of_a_code EXCLUDE USING gist (level WITH =, code WITH =, valid WITH &&),
    CONSTRAINT locality_one_version_at_a_time EXCLUDE USING gist (locality_id WITH =, valid WITH &&),
    CONSTRAINT locality_versions_locality_id_fkey FOREIGN KEY (locality_id) REFERENCES localities(id),
    CONSTRAINT locality_versions_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES localities(id),
    CONSTRAINT locality_code_digits CHECK (code ~ '^[0-9]{2,5}$'),
    CONSTRAINT locality_level_known CHECK (level IN ('province', 'district', 'commune')),
    CONSTRAINT locality_valid_not_empty CHECK (NOT isempty(valid))
);
CREATE INDEX locality_versions_parent ON locality_versions (parent_id);

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE market_operators (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    valid daterange NOT NULL,
    CONSTRAINT market_operators_pkey PRIMARY KEY (id),
    CONSTRAINT operator_one_at_a_time EXCLUDE USING gist (market_id WITH =, valid WITH &&),
    CONSTRAINT market_operators_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT operator_kind_known CHECK (kind IN ('ban_quan_ly', 'to_quan_ly', 'doanh_nghiep', 'hop_tac_xa'))
);

-- In which smallest known unit the market stood, and when: figures are grouped by it, never apportioned.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE market_places (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    locality_id uuid NOT NULL,
    valid daterange NOT NULL,
    CONSTRAINT market_places_pkey PRIMARY KEY (id),
    CONSTRAINT market_one_place_at_a_time EXCLUDE USING gist (market_id WITH =, valid WITH &&),
    CONSTRAINT market_places_locality_id_fkey FOREIGN KEY (locality_id) REFERENCES localities(id),
    CONSTRAINT market_places_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id)
);
CREATE INDEX market_places_locality ON market_places (locality_id);

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE markets (
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    class smallint NOT NULL,
    kind text NOT NULL,
    latitude numeric(9,6),
    longitude numeric(9,6),
    stall_capacity integer,
    demo boolean DEFAULT false NOT NULL, -- invented: every screen and export says "dữ liệu minh họa"
    created_at timestamptz NOT NULL,
    parts_by text, -- The dimension that the parts of the market are published along. Chosen once, with its first stalls: zones where any of them has one, otherwise goods groups. NULL: no stall yet.
    CONSTRAINT markets_pkey PRIMARY KEY (id),
    CONSTRAINT market_code_unique UNIQUE (code),
    CONSTRAINT market_capacity CHECK ((stall_capacity >= 0) AND (stall_capacity <= 20000)),
    CONSTRAINT market_class_known CHECK ((class >= 1) AND (class <= 3)),
    CONSTRAINT market_code_form CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{1,31}$'),
    CONSTRAINT market_kind_known CHECK (kind IN ('dan_sinh', 'dau_moi', 'cho_dem', 'nong_thon', 'tam', 'trung_tam', 'khac')),
    CONSTRAINT market_latitude CHECK ((latitude >= ('-90'::integer)::numeric) AND (latitude <= (90)::numeric)),
    CONSTRAINT market_longitude CHECK ((longitude >= ('-180'::integer)::numeric) AND (longitude <= (180)::numeric)),
    CONSTRAINT market_name_present CHECK (name <> ''),
    CONSTRAINT markets_parts_by_check CHECK (parts_by IN ('zone', 'goods_group'))
);

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE merchants (
    id uuid NOT NULL,
    full_name text NOT NULL,
    household_name text DEFAULT '' NOT NULL, -- the registered household business; empty: a person
    phone bytea,
    phone_index bytea,
    phone_last3 text DEFAULT '' NOT NULL,
    tax_code bytea,
    tax_index bytea,
    created_at timestamptz NOT NULL,
    erased_at timestamptz, -- since when the row is a pseudonym: it tells nobody, and nothing new is written to it
    phone_share smallint DEFAULT 0 NOT NULL, -- 0; more: another person with the phone of an earlier one
    CONSTRAINT merchants_pkey PRIMARY KEY (id),
    CONSTRAINT merchant_name_present CHECK (full_name <> ''),
    CONSTRAINT merchant_share_counted CHECK (phone_share >= 0)
);
CREATE UNIQUE INDEX merchant_phone_unique ON merchants (phone_index, phone_share);

-- What is to be told by phone, written in the transaction of what it tells; sent after it, at least once.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE messages (
    id uuid NOT NULL,
    purpose text NOT NULL,
    about uuid NOT NULL, -- the row that it tells of: one message a purpose
    phone bytea NOT NULL, -- sealed
    text text NOT NULL,
    state text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL, -- when it is tried (again)
    sent_at timestamptz,
    CONSTRAINT messages_pkey PRIMARY KEY (id),
    CONSTRAINT message_once UNIQUE (purpose, about),
    CONSTRAINT message_sent CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT message_state_known CHECK (state IN ('queued', 'sent', 'failed'))
);
CREATE INDEX messages_queued ON messages (next_at) WHERE (state = 'queued');

-- What a pilot has reached; that it was chosen is told by pilots.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE milestones (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    market_id uuid NOT NULL,
    milestone text NOT NULL,
    reached_on date NOT NULL,
    note text DEFAULT '' NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT milestones_pkey PRIMARY KEY (id),
    CONSTRAINT milestone_once UNIQUE (campaign_id, market_id, milestone),
    CONSTRAINT milestones_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(id),
    CONSTRAINT milestones_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT milestones_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES actors(id),
    CONSTRAINT milestone_known CHECK (milestone IN ('equipped', 'launched', 'habitual')),
    CONSTRAINT milestone_note_short CHECK (length(note) <= 500)
);

-- market40_app: SELECT, INSERT.
CREATE TABLE notice_conflicts (
    id uuid NOT NULL,
    notice_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    digest bytea NOT NULL,
    amount numeric(20,0) NOT NULL,
    occurred_at timestamptz NOT NULL,
    reference text NOT NULL,
    particulars bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    told_at timestamptz,
    currency text,
    "precision" text,
    telling_index bytea, -- as in notices
    CONSTRAINT notice_conflicts_pkey PRIMARY KEY (id),
    CONSTRAINT notice_conflict_once UNIQUE (notice_id, digest),
    CONSTRAINT conflict_currency_form CHECK (length(currency) <= 3),
    CONSTRAINT conflict_precision_known CHECK ("precision" IN ('second', 'minute', 'day'))
);
CREATE INDEX notice_conflicts_telling ON notice_conflicts (telling_index, occurred_at) WHERE (telling_index IS NOT NULL);
CREATE TRIGGER notice_conflicts_append_only BEFORE DELETE OR UPDATE ON notice_conflicts FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- market40_app: SELECT, INSERT.
CREATE TABLE notice_keys (
    connection_id uuid NOT NULL,
    external_id text NOT NULL,
    notice_id uuid NOT NULL,
    digest bytea NOT NULL,
    part bytea DEFAULT '\x'::bytea NOT NULL, -- empty: the id alone names the transfer; else the keyed identity of the transfer, or of what is ignored its content
    CONSTRAINT notice_keys_pkey PRIMARY KEY (connection_id, external_id, part)
);
CREATE TRIGGER notice_keys_append_only BEFORE DELETE OR UPDATE ON notice_keys FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER notice_keys_never_truncated BEFORE TRUNCATE ON notice_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The notices in state pending.
-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE notice_retries (
    notice_id uuid NOT NULL,
    attempts integer NOT NULL,
    next_at timestamptz NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT notice_retries_pkey PRIMARY KEY (notice_id),
    CONSTRAINT notice_retry_attempts CHECK (attempts >= 0)
);
CREATE INDEX notice_retries_next ON notice_retries (next_at);

-- market40_app: SELECT, INSERT, UPDATE.
CREATE TABLE notices (
    id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    external_id text NOT NULL,
    state text NOT NULL,
    why text NOT NULL,
    direction text NOT NULL,
    amount numeric(20,0) NOT NULL,
    currency text NOT NULL,
    occurred_at timestamptz NOT NULL,
    "precision" text NOT NULL,
    recorded_at timestamptz NOT NULL,
    reference text NOT NULL,
    memo_code text,
    account_last4 text NOT NULL,
    account_id uuid,
    market_id uuid,
    particulars bytea NOT NULL, -- sealed: account, virtual account, memo, order reference, bank
    repeat_index bytea, -- keyed index of (account, amount, memo) where the memo names one purchase: finds what was paid twice
    told_at timestamptz, -- the bank's own date where it lay over an hour ahead; occurred_at is then the time of receipt
    gathering uuid, -- of an unknown account: what it and the open case that it waits in have in common; null: it has a case of its own, or none
    telling_index bytea, -- keyed index of (account, amount, memo) of a credit: finds what was told in another way
    dialect text, -- which of its provider's ways told it, where there are several on one connection; null: the usual one
    CONSTRAINT notices_pkey PRIMARY KEY (id),
    CONSTRAINT dialect_length CHECK (length(dialect) <= 20),
    CONSTRAINT notice_direction_known CHECK (direction IN ('in', 'out')),
    CONSTRAINT notice_precision_known CHECK ("precision" IN ('second', 'minute', 'day')),
    CONSTRAINT notice_state_known CHECK (state IN ('posted', 'unmatched', 'ignored', 'pending'))
) PARTITION BY RANGE (id);
CREATE INDEX notices_ahead ON notices (connection_id, id) WHERE (told_at IS NOT NULL);
CREATE INDEX notices_gathering ON notices (gathering, id) WHERE (gathering IS NOT NULL);
CREATE INDEX notices_waiting ON notices (id) WHERE (state IN ('pending', 'unmatched'));
CREATE INDEX notices_repeat ON notices (repeat_index, occurred_at) WHERE (repeat_index IS NOT NULL);
CREATE INDEX notices_telling ON notices (telling_index, occurred_at) WHERE (telling_index IS NOT NULL);

-- A purchase: whose, how much and until when stands in its code. Whether it is paid is never kept: it is asked of the payments that carry its code.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE orders (
    id uuid NOT NULL,
    code text NOT NULL,
    note text DEFAULT '' NOT NULL,
    by_shopper boolean NOT NULL, -- made on the shopper's page, by nobody who signed in
    supplements uuid, -- the order whose missing part this one asks for
    after_version bigint NOT NULL, -- the stall's ledger account's version when it was made: its payments come later, and are looked for from there
    CONSTRAINT orders_pkey PRIMARY KEY (id),
    CONSTRAINT order_code_unique UNIQUE (code),
    CONSTRAINT orders_code_fkey FOREIGN KEY (code) REFERENCES codes(code),
    CONSTRAINT orders_supplements_fkey FOREIGN KEY (supplements) REFERENCES orders(id),
    CONSTRAINT order_after_version CHECK (after_version >= 0),
    CONSTRAINT order_note_short CHECK (length(note) <= 100)
);
CREATE INDEX orders_supplements ON orders (supplements) WHERE (supplements IS NOT NULL);

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE passkeys (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    credential_id bytea NOT NULL,
    record bytea NOT NULL, -- public key, flags and counter, sealed: who can write the database cannot let itself in
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT passkeys_pkey PRIMARY KEY (id),
    CONSTRAINT passkey_credential_unique UNIQUE (credential_id),
    CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX passkeys_user ON passkeys (user_id);

-- A payment is its transfer: one row, balanced by construction. Never updated, never deleted.
-- market40_app: SELECT, INSERT.
CREATE TABLE payments (
    id uuid NOT NULL, -- of the first transfer of a notice: the notice's own id, so that a notice is posted once by its primary key
    market_id uuid NOT NULL,
    debit_account uuid NOT NULL,
    credit_account uuid NOT NULL,
    amount numeric(20,0) NOT NULL,
    debit_version bigint NOT NULL,
    credit_version bigint NOT NULL,
    case_id uuid, -- the case that decided it; null: the notice itself
    reverses uuid,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    reference text NOT NULL,
    strong boolean NOT NULL, -- the reference alone names one transfer at its bank
    memo_code text,
    CONSTRAINT payments_pkey PRIMARY KEY (id),
    CONSTRAINT payment_accounts_differ CHECK (debit_account <> credit_account),
    CONSTRAINT payment_amount_positive CHECK (amount > (0)::numeric)
) PARTITION BY RANGE (id);
CREATE INDEX payments_credit ON payments (credit_account, credit_version);
CREATE INDEX payments_debit ON payments (debit_account, debit_version) WHERE (reverses IS NOT NULL);
CREATE INDEX payments_transfer ON payments (reference) WHERE strong;
CREATE INDEX payments_reverses ON payments (reverses) WHERE (reverses IS NOT NULL);
CREATE TRIGGER payments_append_only BEFORE DELETE OR UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payments_never_truncated BEFORE TRUNCATE ON payments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE periodic_reports (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    locality_id uuid, -- null: the whole campaign, by the province
    kind text NOT NULL,
    period daterange NOT NULL,
    due_on date NOT NULL, -- the last day on which it is on time (Asia/Ho_Chi_Minh)
    state text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT periodic_reports_pkey PRIMARY KEY (id),
    CONSTRAINT report_once UNIQUE NULLS NOT DISTINCT (campaign_id, locality_id, kind, period),
    CONSTRAINT periodic_reports_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(id),
    CONSTRAINT periodic_reports_created_by_fkey FOREIGN KEY (created_by) REFERENCES actors(id),
    CONSTRAINT periodic_reports_locality_id_fkey FOREIGN KEY (locality_id) REFERENCES localities(id),
    CONSTRAINT report_kind_known CHECK (kind IN ('month', 'quarter')),
    CONSTRAINT report_period_bounded CHECK ((NOT isempty(period)) AND (NOT lower_inf(period)) AND (NOT upper_inf(period))),
    CONSTRAINT report_state_known CHECK (state IN ('draft', 'submitted', 'approved', 'returned'))
);
CREATE INDEX periodic_reports_locality ON periodic_reports (locality_id, period);

-- Messages of a business day: a bound for what strangers can make us pay for.
-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE phone_code_days (
    day date NOT NULL,
    sent integer NOT NULL,
    CONSTRAINT phone_code_days_pkey PRIMARY KEY (day)
);

-- The live code of a phone and an origin, and how many were sent. Rows of one byte of origin only count: all strangers at a phone, one address for all phones. Phones nobody registered share rows of two bytes without a merchant: they cost the same work and leave nothing.
-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE phone_codes (
    phone_index bytea NOT NULL, -- keyed index of the phone, as in merchants; of an address in rows that count by address
    merchant_id uuid,
    hash bytea NOT NULL, -- keyed index of phone and code: who reads the table cannot try all six digits
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    guesses integer NOT NULL,
    hour_began timestamptz NOT NULL,
    hour_codes integer NOT NULL,
    day_began timestamptz NOT NULL,
    day_codes integer NOT NULL,
    origin bytea NOT NULL, -- keyed index of the address or of the known browser that requested the code
    CONSTRAINT phone_codes_pkey PRIMARY KEY (phone_index, origin),
    CONSTRAINT phone_codes_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id)
);
CREATE INDEX phone_codes_day ON phone_codes (day_began);

-- Which market a locality chose, and since when; a change ends the former row, so the rows are the history.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE pilots (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    locality_id uuid NOT NULL,
    market_id uuid,
    exempt_reason text DEFAULT '' NOT NULL,
    valid daterange NOT NULL, -- days on which it is the pilot; empty: replaced on the day it was designated
    designated_by uuid NOT NULL,
    designated_at timestamptz NOT NULL,
    CONSTRAINT pilots_pkey PRIMARY KEY (id),
    CONSTRAINT pilot_of_one_locality EXCLUDE USING gist (((campaign_id)::text) WITH =, ((market_id)::text) WITH =, valid WITH &&),
    CONSTRAINT pilot_one_at_a_time EXCLUDE USING gist (((campaign_id)::text) WITH =, ((locality_id)::text) WITH =, valid WITH &&),
    CONSTRAINT pilots_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(id),
    CONSTRAINT pilots_designated_by_fkey FOREIGN KEY (designated_by) REFERENCES actors(id),
    CONSTRAINT pilots_locality_id_fkey FOREIGN KEY (locality_id) REFERENCES localities(id),
    CONSTRAINT pilots_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT pilot_or_exempt CHECK ((market_id IS NULL) = (exempt_reason <> ''))
);

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE programme_costs (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    market_id uuid NOT NULL,
    spent_on date NOT NULL,
    purpose text NOT NULL,
    amount numeric(20,0) NOT NULL,
    note text DEFAULT '' NOT NULL,
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT programme_costs_pkey PRIMARY KEY (id),
    CONSTRAINT programme_costs_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT programme_costs_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(id),
    CONSTRAINT programme_costs_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT cost_note_short CHECK (length(note) <= 500),
    CONSTRAINT cost_positive CHECK (amount > (0)::numeric),
    CONSTRAINT cost_purpose_known CHECK (purpose IN ('equipment', 'printing', 'training', 'support', 'communication', 'other'))
);
CREATE INDEX programme_costs_market ON programme_costs (market_id, spent_on);
CREATE TRIGGER counted_delete AFTER DELETE ON programme_costs REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('x.spent_on + 1');
CREATE TRIGGER counted_insert AFTER INSERT ON programme_costs REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('x.spent_on + 1');
CREATE TRIGGER counted_update AFTER UPDATE ON programme_costs REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('x.spent_on + 1');

-- Each row is told of the payments of its tenancy after last_version; it ends with its session or its tenancy.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE push_subscriptions (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    stall_id uuid NOT NULL,
    tenancy_id uuid NOT NULL,
    session_id uuid NOT NULL,
    shift boolean NOT NULL, -- of staff: told of the payments of the shift alone, which is the session
    endpoint_index bytea NOT NULL, -- keyed index of the endpoint: subscribed again, it is the same phone
    subscription bytea NOT NULL, -- sealed: the browser's endpoint and keys (RFC 8291)
    last_version bigint NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    next_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT push_subscriptions_pkey PRIMARY KEY (id),
    CONSTRAINT push_once UNIQUE (endpoint_index, stall_id),
    CONSTRAINT push_subscriptions_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT push_subscriptions_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id),
    CONSTRAINT push_subscriptions_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT push_subscriptions_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id)
);
CREATE INDEX push_subscriptions_session ON push_subscriptions (session_id);

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (user_id, hash).
CREATE TABLE recovery_codes (
    user_id uuid NOT NULL,
    hash bytea NOT NULL, -- SHA-256 of a code, which is 80 random bits: no salt is needed
    used_at timestamptz,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, hash),
    CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

-- Why a merchant did not join, or left.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE refusals (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    tenancy_id uuid NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    said_on date NOT NULL,
    note text DEFAULT '' NOT NULL,
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT refusals_pkey PRIMARY KEY (id),
    CONSTRAINT refusals_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT refusals_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT refusals_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id),
    CONSTRAINT refusal_kind_known CHECK (kind IN ('refusal', 'withdrawal')),
    CONSTRAINT refusal_note_short CHECK (length(note) <= 500),
    CONSTRAINT refusal_reason_known CHECK (reason IN ('tax', 'fraud', 'no_phone', 'no_signal', 'no_account', 'shoppers_pay_cash', 'too_hard', 'fees', 'family_account', 'other'))
);
CREATE INDEX refusals_market ON refusals (market_id, said_on DESC);
CREATE INDEX refusals_tenancy ON refusals (tenancy_id);

-- market40_app: SELECT, INSERT. Audited by (id).
CREATE TABLE report_steps (
    id uuid NOT NULL,
    report_id uuid NOT NULL,
    step text NOT NULL,
    version integer NOT NULL,
    note text DEFAULT '' NOT NULL,
    actor_id uuid NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT report_steps_pkey PRIMARY KEY (id),
    CONSTRAINT report_steps_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT report_steps_report_id_fkey FOREIGN KEY (report_id) REFERENCES periodic_reports(id),
    CONSTRAINT report_steps_report_id_version_fkey FOREIGN KEY (report_id, version) REFERENCES report_versions(report_id, version),
    CONSTRAINT report_note_short CHECK (length(note) <= 1000),
    CONSTRAINT report_step_known CHECK (step IN ('submitted', 'approved', 'returned', 'reopened'))
);
CREATE INDEX report_steps_report ON report_steps (report_id, id);
CREATE TRIGGER report_steps_append_only BEFORE DELETE OR UPDATE ON report_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What a report said when it was frozen: figures, definitions, units. Never changed; a correction is a further version.
-- market40_app: SELECT, INSERT. Audited by (report_id, version).
CREATE TABLE report_versions (
    report_id uuid NOT NULL,
    version integer NOT NULL,
    basis text NOT NULL,
    as_of date NOT NULL,
    content jsonb NOT NULL,
    sha256 bytea NOT NULL, -- of the content in its canonical form
    signature bytea NOT NULL,
    reason text DEFAULT '' NOT NULL, -- why it was frozen again; empty for the first
    frozen_by uuid NOT NULL,
    frozen_at timestamptz NOT NULL,
    CONSTRAINT report_versions_pkey PRIMARY KEY (report_id, version),
    CONSTRAINT report_versions_basis_fkey FOREIGN KEY (basis) REFERENCES reporting_bases(code),
    CONSTRAINT report_versions_frozen_by_fkey FOREIGN KEY (frozen_by) REFERENCES actors(id),
    CONSTRAINT report_versions_report_id_fkey FOREIGN KEY (report_id) REFERENCES periodic_reports(id),
    CONSTRAINT report_reason_short CHECK (length(reason) <= 1000),
    CONSTRAINT report_version_positive CHECK (version > 0)
);
CREATE TRIGGER report_versions_append_only BEFORE DELETE OR UPDATE ON report_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER report_versions_never_truncated BEFORE TRUNCATE ON report_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- market40_app: SELECT.
CREATE TABLE reporting_bases (
    code text NOT NULL,
    level text NOT NULL,
    on_date date, -- the day whose units the basis uses; null: today
    provinces text[] NOT NULL, -- codes of the provinces whose units it holds
    name_vi text NOT NULL,
    CONSTRAINT reporting_bases_pkey PRIMARY KEY (code)
);

-- A draw of random half-hours in which a market's sales are counted in the field: evidence D.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE sample_plans (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    days daterange NOT NULL,
    seed bigint NOT NULL, -- of the draw: anyone can draw it again
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT sample_plans_pkey PRIMARY KEY (id),
    CONSTRAINT sample_plans_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT sample_plans_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT sample_days_bounded CHECK ((NOT isempty(days)) AND (NOT lower_inf(days)) AND (NOT upper_inf(days)))
);
CREATE TRIGGER counted_delete AFTER DELETE ON sample_plans REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('date ''-infinity''');
CREATE TRIGGER counted_update AFTER UPDATE ON sample_plans REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('date ''-infinity''');

-- A drawn half-hour of a stratum: all sales and turnover (đồng) seen in it, and those without cash. Null: not counted yet; turnover null: only sales were counted.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE sample_slots (
    id uuid NOT NULL,
    plan_id uuid NOT NULL,
    stratum text NOT NULL,
    market_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    sales integer,
    cashless_sales integer,
    turnover numeric(20,0),
    cashless_turnover numeric(20,0),
    actor_id uuid,
    counted_at timestamptz,
    CONSTRAINT sample_slots_pkey PRIMARY KEY (id),
    CONSTRAINT sample_slot_once UNIQUE (plan_id, stratum, starts_at),
    CONSTRAINT sample_slots_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT sample_slots_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT sample_slots_plan_id_stratum_fkey FOREIGN KEY (plan_id, stratum) REFERENCES sample_strata(plan_id, stratum),
    CONSTRAINT sample_cashless_turnover_within CHECK ((cashless_turnover >= (0)::numeric) AND (cashless_turnover <= turnover)),
    CONSTRAINT sample_cashless_within CHECK ((cashless_sales >= 0) AND (cashless_sales <= sales)),
    CONSTRAINT sample_sales_not_negative CHECK (sales >= 0),
    CONSTRAINT sample_slot_counted CHECK (((sales IS NULL) = (counted_at IS NULL)) AND ((sales IS NULL) = (cashless_sales IS NULL)) AND ((sales IS NULL) = (actor_id IS NULL)) AND ((turnover IS NULL) = (cashless_turnover IS NULL)) AND ((turnover IS NULL) OR (sales IS NOT NULL))),
    CONSTRAINT sample_turnover_not_negative CHECK (turnover >= (0)::numeric)
);
CREATE INDEX sample_slots_market ON sample_slots (market_id, starts_at);
CREATE TRIGGER counted_delete AFTER DELETE ON sample_slots REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.starts_at)');
CREATE TRIGGER counted_insert AFTER INSERT ON sample_slots REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.starts_at)');
CREATE TRIGGER counted_update AFTER UPDATE ON sample_slots REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.starts_at)');

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (plan_id, stratum).
CREATE TABLE sample_strata (
    plan_id uuid NOT NULL,
    stratum text NOT NULL,
    slots integer NOT NULL, -- how many half-hours the stratum has in the plan's days, of which some were drawn
    CONSTRAINT sample_strata_pkey PRIMARY KEY (plan_id, stratum),
    CONSTRAINT sample_strata_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES sample_plans(id),
    CONSTRAINT sample_slots_positive CHECK (slots > 0),
    CONSTRAINT sample_stratum_present CHECK ((length(stratum) >= 1) AND (length(stratum) <= 100))
);
CREATE TRIGGER counted_delete AFTER DELETE ON sample_strata REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('date ''-infinity''');
CREATE TRIGGER counted_update AFTER UPDATE ON sample_strata REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('date ''-infinity''');

-- data keys by month ('2026-11') and 'index', each wrapped by SECRET_KEY
-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE sealed_keys (
    id text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    old_wrapped bytea, -- the same key wrapped by the SECRET_KEY before; null: no rotation is under way
    CONSTRAINT sealed_keys_pkey PRIMARY KEY (id)
);

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    hash bytea NOT NULL, -- SHA-256 of the token, which is 256 random bits: no salt is needed
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ended_at timestamptz,
    device text NOT NULL,
    address text NOT NULL,
    method text NOT NULL,
    proved_at timestamptz NOT NULL, -- when the user last proved who it is: what moves money asks for it anew
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT session_hash_unique UNIQUE (hash),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT session_method_known CHECK (method IN ('password', 'passkey', 'oidc', 'phone', 'invitation', 'pin'))
);
CREATE INDEX sessions_user ON sessions (user_id) WHERE (ended_at IS NULL);

-- A shift is a session of staff, with its id: it ends when that, its device or the tenancy does, at ends_at at the latest.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE shifts (
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    market_id uuid NOT NULL,
    stall_id uuid NOT NULL,
    tenancy_id uuid NOT NULL,
    device_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    CONSTRAINT shifts_pkey PRIMARY KEY (id),
    CONSTRAINT shifts_device_id_fkey FOREIGN KEY (device_id) REFERENCES stall_devices(id),
    CONSTRAINT shifts_id_fkey FOREIGN KEY (id) REFERENCES sessions(id),
    CONSTRAINT shifts_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT shifts_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
    CONSTRAINT shifts_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT shifts_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id),
    CONSTRAINT shift_forward CHECK (ends_at > started_at)
);
CREATE INDEX shifts_staff ON shifts (staff_id);
CREATE INDEX shifts_tenancy ON shifts (tenancy_id, id);

-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE sign_in_failures (
    subject bytea NOT NULL, -- keyed index of a login with an address, or of a login: never of an address alone, behind which a whole market may stand
    failures integer NOT NULL,
    last_at timestamptz NOT NULL,
    CONSTRAINT sign_in_failures_pkey PRIMARY KEY (subject)
);
CREATE INDEX sign_in_failures_last_at ON sign_in_failures (last_at);

-- How many codes were tried at a stall since a time.
-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE soundbox_guesses (
    tenancy_id uuid NOT NULL,
    began_at timestamptz NOT NULL,
    guesses integer NOT NULL,
    CONSTRAINT soundbox_guesses_pkey PRIMARY KEY (tenancy_id),
    CONSTRAINT soundbox_guesses_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id)
);

-- New boxes that speak a code and wait for an owner to enter it.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE soundbox_pairings (
    id uuid NOT NULL,
    code_index bytea NOT NULL, -- keyed index of the code
    key bytea NOT NULL, -- sealed, as soundboxes.key
    expires_at timestamptz NOT NULL,
    CONSTRAINT soundbox_pairings_pkey PRIMARY KEY (id),
    CONSTRAINT soundbox_code_unique UNIQUE (code_index)
);

-- A box speaks the payments of its tenancy, and ends with it. What it has not taken is what lies after heard_version: nothing waits in MQTT.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE soundboxes (
    id uuid NOT NULL, -- the box's own, drawn when it was new: its MQTT user name and client id
    market_id uuid NOT NULL,
    stall_id uuid NOT NULL,
    tenancy_id uuid NOT NULL,
    account_id uuid NOT NULL, -- the ledger account of the tenancy, which its first payment opens
    name text NOT NULL,
    key bytea NOT NULL, -- sealed: 32 bytes of the box's own, from which its password and the key of its messages follow
    speaks boolean NOT NULL, -- the stall's phones leave a payment to the box, and speak it only when the box has not within five seconds
    heard_version bigint NOT NULL, -- up to which of the account's versions the box says it has taken payments: it keeps them, and speaks them in their turn
    line_id uuid, -- the connection that it has; null: none. One whose server died is told by seen_at
    seen_at timestamptz NOT NULL,
    paired_at timestamptz NOT NULL,
    actor_id uuid NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT soundboxes_pkey PRIMARY KEY (id),
    CONSTRAINT soundboxes_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT soundboxes_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT soundboxes_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT soundboxes_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id),
    CONSTRAINT soundbox_version_counts CHECK (heard_version >= 0)
);
CREATE INDEX soundboxes_account ON soundboxes (account_id) WHERE (revoked_at IS NULL);
CREATE INDEX soundboxes_tenancy ON soundboxes (tenancy_id);

-- Who sells at a stall for its merchant, by a PIN; gone with the tenancy, removed when users.disabled_at is set.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE staff (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    stall_id uuid NOT NULL,
    tenancy_id uuid NOT NULL,
    pin text NOT NULL, -- argon2id in PHC form (RFC 9106)
    created_at timestamptz NOT NULL,
    CONSTRAINT staff_pkey PRIMARY KEY (id),
    CONSTRAINT staff_id_fkey FOREIGN KEY (id) REFERENCES users(id),
    CONSTRAINT staff_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT staff_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT staff_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id)
);
CREATE INDEX staff_tenancy ON staff (tenancy_id);

-- Rollup: a tenancy's confirmed payments of one business day (Asia/Ho_Chi_Minh) of occurred_at, kept in the posting's own transaction.
-- market40_app: SELECT, INSERT, UPDATE.
CREATE TABLE stall_days (
    tenancy_id uuid NOT NULL,
    day date NOT NULL,
    market_id uuid NOT NULL,
    payments integer NOT NULL,
    amount numeric(20,0) NOT NULL,
    le_50k integer DEFAULT 0 NOT NULL, -- payments of at most 50,000 đồng, less those reversed; then over that up to 200,000, over that up to 1,000,000, and above: together they are payments
    le_200k integer DEFAULT 0 NOT NULL,
    le_1m integer DEFAULT 0 NOT NULL,
    over_1m integer DEFAULT 0 NOT NULL,
    last_at timestamptz, -- when the last payment of the day occurred that was not reversed; null where none stands
    CONSTRAINT stall_days_pkey PRIMARY KEY (tenancy_id, day),
    CONSTRAINT stall_days_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id)
) WITH (fillfactor='70');
CREATE INDEX stall_days_day ON stall_days (day);
CREATE TRIGGER counted_delete AFTER DELETE ON stall_days FOR EACH ROW EXECUTE FUNCTION day_changed();
CREATE TRIGGER counted_late AFTER INSERT OR UPDATE ON stall_days FOR EACH ROW WHEN (((new.day < ((now() AT TIME ZONE 'Asia/Ho_Chi_Minh'))::date) AND (current_setting('market40.changed_since', true) IS DISTINCT FROM '-infinity'))) EXECUTE FUNCTION day_changed();
CREATE TRIGGER first_delete AFTER DELETE ON stall_days FOR EACH ROW EXECUTE FUNCTION keep_first_told();
CREATE TRIGGER first_insert AFTER INSERT ON stall_days FOR EACH ROW WHEN ((new.payments > 0)) EXECUTE FUNCTION keep_first_told();
CREATE TRIGGER first_update AFTER UPDATE OF payments ON stall_days FOR EACH ROW WHEN (((old.payments > 0) <> (new.payments > 0))) EXECUTE FUNCTION keep_first_told();

-- A phone or tablet that a merchant lets staff sign in on; it ends with the tenancy.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE stall_devices (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    stall_id uuid NOT NULL,
    tenancy_id uuid NOT NULL,
    name text NOT NULL,
    hash bytea NOT NULL, -- SHA-256 of the device's cookie, which is 256 random bits: no salt is needed
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT stall_devices_pkey PRIMARY KEY (id),
    CONSTRAINT stall_device_hash_unique UNIQUE (hash),
    CONSTRAINT stall_devices_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT stall_devices_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT stall_devices_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id)
);
CREATE INDEX stall_devices_tenancy ON stall_devices (tenancy_id);

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE stall_states (
    id uuid NOT NULL,
    stall_id uuid NOT NULL,
    state text NOT NULL,
    reason text DEFAULT '' NOT NULL,
    valid tstzrange NOT NULL,
    CONSTRAINT stall_states_pkey PRIMARY KEY (id),
    CONSTRAINT stall_one_state_at_a_time EXCLUDE USING gist (((stall_id)::text) WITH =, valid WITH &&),
    CONSTRAINT stall_states_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT stall_state_known CHECK (state IN ('vacant', 'operating', 'suspended', 'closed'))
);
CREATE UNIQUE INDEX stall_states_now ON stall_states (stall_id) INCLUDE (state) WHERE upper_inf(valid);
CREATE INDEX stall_states_stall ON stall_states (stall_id);
CREATE TRIGGER counted_delete AFTER DELETE ON stall_states REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(lower(x.valid))');
CREATE TRIGGER counted_insert AFTER INSERT ON stall_states REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(lower(x.valid))');
CREATE TRIGGER counted_update AFTER UPDATE ON stall_states REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(lower(x.valid))');

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE stalls (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    number text NOT NULL,
    kind text NOT NULL,
    zone text DEFAULT '' NOT NULL,
    goods_group text NOT NULL,
    created_at timestamptz NOT NULL,
    number_twin smallint DEFAULT 0 NOT NULL, -- 0; more: a stall that was registered before numbers were compared by their key, and shares its key with an older one
    number_key text GENERATED ALWAYS AS (stall_number_key(number)) STORED NOT NULL, -- the number as it is compared; unique in its market
    CONSTRAINT stalls_pkey PRIMARY KEY (id),
    CONSTRAINT stall_number_unique UNIQUE (market_id, number),
    CONSTRAINT stalls_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT stall_goods_known CHECK (goods_group IN ('hai_san', 'thit', 'rau', 'trai_cay', 'hoa', 'do_kho', 'an_uong', 'may_mac', 'tap_hoa', 'dich_vu', 'khac')),
    CONSTRAINT stall_kind_known CHECK (kind IN ('stall', 'kiosk', 'counter', 'shop', 'lot', 'mobile')),
    CONSTRAINT stall_number_present CHECK (number <> ''),
    CONSTRAINT stall_twin_counted CHECK (number_twin >= 0)
);
CREATE UNIQUE INDEX stall_number_key_unique ON stalls (market_id, number_key, number_twin);
CREATE TRIGGER choose_parts AFTER INSERT ON stalls REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION choose_parts();
CREATE TRIGGER counted_delete AFTER DELETE ON stalls REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('date ''-infinity''');
CREATE TRIGGER counted_update AFTER UPDATE ON stalls REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('date ''-infinity''');
CREATE TRIGGER stalls_end_twin BEFORE UPDATE OF number ON stalls FOR EACH ROW WHEN ((new.number IS DISTINCT FROM old.number)) EXECUTE FUNCTION end_twin();

-- Anonymous answers at the stalls: never joined to a merchant. The id is random and no recording time is kept, so that answers cannot be put in order of a round through the market.
-- market40_app: SELECT, INSERT, UPDATE, DELETE.
CREATE TABLE survey_answers (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    asked_on date NOT NULL,
    smartphone boolean NOT NULL,
    signal boolean NOT NULL,
    active boolean NOT NULL, -- got a transfer from a shopper in the last 30 days, in the answerer's word
    sex text NOT NULL,
    aged_60 boolean, -- null: not said, like minority
    minority boolean,
    non_fixed boolean NOT NULL,
    CONSTRAINT survey_answers_pkey PRIMARY KEY (id),
    CONSTRAINT survey_answers_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT survey_sex_known CHECK (sex IN ('female', 'male', 'unsaid'))
);
CREATE INDEX survey_answers_market ON survey_answers (market_id, asked_on);
CREATE TRIGGER counted_delete AFTER DELETE ON survey_answers REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('x.asked_on + 1');
CREATE TRIGGER counted_insert AFTER INSERT ON survey_answers REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('x.asked_on + 1');
CREATE TRIGGER counted_update AFTER UPDATE ON survey_answers REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('x.asked_on + 1');

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE targets (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    indicator text NOT NULL,
    locality_id uuid, -- null: every locality of the campaign
    value numeric(20,4) NOT NULL, -- as the indicator's value: 0.6000 is 60 %
    due_on date NOT NULL,
    set_by uuid NOT NULL,
    set_at timestamptz NOT NULL,
    CONSTRAINT targets_pkey PRIMARY KEY (id),
    CONSTRAINT target_once UNIQUE NULLS NOT DISTINCT (campaign_id, indicator, locality_id, due_on),
    CONSTRAINT targets_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(id),
    CONSTRAINT targets_locality_id_fkey FOREIGN KEY (locality_id) REFERENCES localities(id),
    CONSTRAINT targets_set_by_fkey FOREIGN KEY (set_by) REFERENCES actors(id),
    CONSTRAINT target_indicator_form CHECK (indicator ~ '^I[0-9]{2}$')
);

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE tenancies (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    stall_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    valid tstzrange NOT NULL,
    approved_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT tenancies_pkey PRIMARY KEY (id),
    CONSTRAINT tenancy_one_at_a_time EXCLUDE USING gist (((stall_id)::text) WITH =, valid WITH &&),
    CONSTRAINT tenancies_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT tenancies_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id),
    CONSTRAINT tenancies_stall_id_fkey FOREIGN KEY (stall_id) REFERENCES stalls(id),
    CONSTRAINT tenancy_valid_not_empty CHECK (NOT isempty(valid))
);
CREATE INDEX tenancies_market ON tenancies (market_id);
CREATE INDEX tenancies_merchant ON tenancies (merchant_id);
CREATE UNIQUE INDEX tenancies_open ON tenancies (stall_id) WHERE upper_inf(valid);
CREATE TRIGGER counted_delete AFTER DELETE ON tenancies REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(lower(x.valid))');
CREATE TRIGGER counted_insert AFTER INSERT ON tenancies REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(lower(x.valid))');
CREATE TRIGGER counted_update AFTER UPDATE ON tenancies REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(lower(x.valid))');
CREATE TRIGGER tenancies_of_nobody_erased BEFORE INSERT ON tenancies FOR EACH ROW EXECUTE FUNCTION refuse_erased();

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (tenancy_id, account_id).
CREATE TABLE tenancy_accounts (
    tenancy_id uuid NOT NULL,
    account_id uuid NOT NULL,
    since timestamptz NOT NULL,
    virtual_index bytea, -- keyed index of the virtual account or terminal id that names this stall on that account
    replaced_at timestamptz, -- since when it receives no more: only a transfer that carries a code of the stall is still the stall's
    place timestamptz, -- its place among the tenancy's accounts, inherited from the account that it replaced; null: since
    CONSTRAINT tenancy_accounts_pkey PRIMARY KEY (tenancy_id, account_id),
    CONSTRAINT tenancy_accounts_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT tenancy_accounts_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id)
);
CREATE INDEX tenancy_accounts_account ON tenancy_accounts (account_id);
CREATE UNIQUE INDEX tenancy_accounts_virtual ON tenancy_accounts (virtual_index) WHERE (virtual_index IS NOT NULL);
CREATE TRIGGER counted_delete AFTER DELETE ON tenancy_accounts REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.since)');
CREATE TRIGGER counted_insert AFTER INSERT ON tenancy_accounts REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.since)');
CREATE TRIGGER counted_update AFTER UPDATE ON tenancy_accounts REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.since)');

-- A training session (tập huấn) at a market.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE trainings (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    held_on date NOT NULL,
    topic text NOT NULL,
    trainer text DEFAULT '' NOT NULL,
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT trainings_pkey PRIMARY KEY (id),
    CONSTRAINT trainings_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT trainings_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT training_topic_present CHECK ((length(topic) >= 1) AND (length(topic) <= 200)),
    CONSTRAINT training_trainer_short CHECK (length(trainer) <= 200)
);
CREATE INDEX trainings_market ON trainings (market_id, held_on DESC);
CREATE TRIGGER counted_delete AFTER DELETE ON trainings REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('x.held_on + 1');
CREATE TRIGGER counted_update AFTER UPDATE ON trainings REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('x.held_on + 1');

-- Never made by a login or e-mail alone: who may name itself at a provider would be anyone here.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (issuer, subject).
CREATE TABLE user_identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT user_identities_pkey PRIMARY KEY (issuer, subject),
    CONSTRAINT user_identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX user_identities_user ON user_identities (user_id);

-- What a user sees on which days: a district office ends, a commune office begins.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (user_id, scope_kind, scope_id, valid).
CREATE TABLE user_scopes (
    user_id uuid NOT NULL,
    scope_kind text NOT NULL,
    scope_id uuid NOT NULL,
    valid daterange NOT NULL,
    CONSTRAINT user_scopes_pkey PRIMARY KEY (user_id, scope_kind, scope_id, valid),
    CONSTRAINT user_scopes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT dated_scope_known CHECK (scope_kind IN ('locality', 'market')),
    CONSTRAINT dated_scope_some CHECK (NOT isempty(valid))
);

-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE users (
    id uuid NOT NULL,
    login text NOT NULL,
    full_name text NOT NULL,
    role text NOT NULL,
    scope_kind text NOT NULL,
    scope_id uuid, -- of the locality, market, stall or merchant; of the user itself where user_scopes tell
    merchant_id uuid,
    password text, -- argon2id in PHC form (RFC 9106); null: signs in another way
    totp bytea, -- the secret of the second factor (RFC 6238), sealed; null: none
    totp_step bigint DEFAULT 0 NOT NULL, -- the last time step whose code was taken: no code is taken twice
    created_at timestamptz NOT NULL,
    signed_in_at timestamptz,
    disabled_at timestamptz,
    let_in_by uuid, -- the person behind the program that made the user, its rights, its new password or the invitation that it used, or behind a user whom a program let in; null: only persons did. A renewal by a person ends it.
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT user_login_unique UNIQUE (login),
    CONSTRAINT users_id_fkey FOREIGN KEY (id) REFERENCES actors(id),
    CONSTRAINT users_let_in_by_fkey FOREIGN KEY (let_in_by) REFERENCES actors(id),
    CONSTRAINT users_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchants(id),
    CONSTRAINT user_login_form CHECK (login ~ '^[a-z0-9][a-z0-9._@+-]{1,99}$'),
    CONSTRAINT user_scope_known CHECK (scope_kind IN ('all', 'locality', 'market', 'stall', 'merchant', 'dated')),
    CONSTRAINT user_scope_named CHECK ((scope_kind = 'all') = (scope_id IS NULL))
);
CREATE UNIQUE INDEX users_of_merchant ON users (merchant_id) WHERE ((role = 'merchant') AND (scope_kind = 'merchant'));

-- A visit of the digital team (lượt hỗ trợ) to a merchant at its stall.
-- market40_app: SELECT, INSERT, UPDATE, DELETE. Audited by (id).
CREATE TABLE visits (
    id uuid NOT NULL,
    market_id uuid NOT NULL,
    tenancy_id uuid NOT NULL,
    visited_at timestamptz NOT NULL,
    outcome text NOT NULL, -- absent: nobody was there, which is no visit in I16
    note text DEFAULT '' NOT NULL,
    actor_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT visits_pkey PRIMARY KEY (id),
    CONSTRAINT visits_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actors(id),
    CONSTRAINT visits_market_id_fkey FOREIGN KEY (market_id) REFERENCES markets(id),
    CONSTRAINT visits_tenancy_id_fkey FOREIGN KEY (tenancy_id) REFERENCES tenancies(id),
    CONSTRAINT visit_note_short CHECK (length(note) <= 500),
    CONSTRAINT visit_outcome_known CHECK (outcome IN ('helped', 'follow_up', 'refused', 'absent'))
);
CREATE INDEX visits_market ON visits (market_id, visited_at DESC);
CREATE INDEX visits_tenancy ON visits (tenancy_id, visited_at);
CREATE TRIGGER counted_delete AFTER DELETE ON visits REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.visited_at)');
CREATE TRIGGER counted_insert AFTER INSERT ON visits REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.visited_at)');
CREATE TRIGGER counted_update AFTER UPDATE ON visits REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed('day_from(x.visited_at)');

CREATE FUNCTION account_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (OLD.bank_bin, OLD.number_index) IS DISTINCT FROM (NEW.bank_bin, NEW.number_index) THEN
        PERFORM fact_changed('-infinity');
    ELSIF (OLD.name_checked_at, OLD.name_checked_how) IS DISTINCT FROM (NEW.name_checked_at, NEW.name_checked_how) THEN
        PERFORM fact_changed(day_from(least(OLD.name_checked_at, NEW.name_checked_at)));
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    line  CONSTANT uuid := current_setting('market40.event');
    keys  CONSTANT bytea := decode(current_setting('market40.digest_key'), 'hex');
    inner_key CONSTANT bytea := substr(keys, 1, 64);
    outer_key CONSTANT bytea := substr(keys, 65);
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_changes (event_id, kind, object_id, after)
        SELECT line, TG_TABLE_NAME, concat_ws('/', n.j ->> TG_ARGV[0], n.j ->> TG_ARGV[1], n.j ->> TG_ARGV[2], n.j ->> TG_ARGV[3]),
            sha256(outer_key || sha256(inner_key || convert_to(n.j::text, 'UTF8')))
        FROM (SELECT to_jsonb(r) AS j FROM rows_after r) n;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO audit_changes (event_id, kind, object_id, before)
        SELECT line, TG_TABLE_NAME, concat_ws('/', o.j ->> TG_ARGV[0], o.j ->> TG_ARGV[1], o.j ->> TG_ARGV[2], o.j ->> TG_ARGV[3]),
            sha256(outer_key || sha256(inner_key || convert_to(o.j::text, 'UTF8')))
        FROM (SELECT to_jsonb(r) AS j FROM rows_before r) o;
    ELSE
        INSERT INTO audit_changes (event_id, kind, object_id, before, after)
        SELECT line, TG_TABLE_NAME, key,
            CASE WHEN o.j IS NOT NULL THEN sha256(outer_key || sha256(inner_key || convert_to(o.j::text, 'UTF8'))) END,
            CASE WHEN n.j IS NOT NULL THEN sha256(outer_key || sha256(inner_key || convert_to(n.j::text, 'UTF8'))) END
        FROM (SELECT j, concat_ws('/', j ->> TG_ARGV[0], j ->> TG_ARGV[1], j ->> TG_ARGV[2], j ->> TG_ARGV[3]) AS key FROM (SELECT to_jsonb(r) AS j FROM rows_before r) b) o
        FULL JOIN (SELECT j, concat_ws('/', j ->> TG_ARGV[0], j ->> TG_ARGV[1], j ->> TG_ARGV[2], j ->> TG_ARGV[3]) AS key FROM (SELECT to_jsonb(r) AS j FROM rows_after r) a) n
        USING (key) WHERE o.j IS DISTINCT FROM n.j;
    END IF;
    RETURN NULL;
END
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE FUNCTION campaign_days(c campaigns) RETURNS daterange
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT daterange(c.starts_on, c.ends_on + 1, '[]')
$$;

CREATE FUNCTION campaign_units(campaign uuid, on_day date) RETURNS TABLE(locality_id uuid, level text, code text, name text)
    LANGUAGE sql STABLE
    AS $$
    SELECT v.locality_id, v.level, v.code, v.name
    FROM campaigns c
    JOIN reporting_bases b ON b.code = c.basis
    CROSS JOIN LATERAL (SELECT coalesce(b.on_date, greatest(c.starts_on, least(on_day, c.ends_on))) AS day) AS at
    JOIN locality_versions v ON v.level = b.level AND v.valid @> at.day
    LEFT JOIN locality_versions p ON p.locality_id = v.parent_id AND p.valid @> at.day
    LEFT JOIN locality_versions pp ON pp.locality_id = p.parent_id AND pp.valid @> at.day
    WHERE c.id = campaign AND (CASE p.level WHEN 'province' THEN p.code END = ANY (b.provinces) OR CASE pp.level WHEN 'province' THEN pp.code END = ANY (b.provinces))
$$;

CREATE FUNCTION choose_parts() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE markets m SET parts_by = CASE WHEN s.zones THEN 'zone' ELSE 'goods_group' END
    FROM (SELECT market_id, bool_or(zone <> '') AS zones FROM added GROUP BY market_id) s
    WHERE s.market_id = m.id AND m.parts_by IS NULL;
    RETURN NULL;
END
$$;

CREATE FUNCTION connections_of(account uuid, market uuid) RETURNS TABLE(connection_id uuid, since timestamptz, open boolean)
    LANGUAGE sql STABLE
    AS $$
    SELECT c.id, c.created_at,
        c.enabled AND EXISTS (SELECT FROM connection_secrets s WHERE s.connection_id = c.id AND s.retired_at IS NULL AND NOT s.awaits_approval)
    FROM accounts a
    JOIN bank_connections c ON c.owner_kind = 'platform' OR c.owner_kind = 'merchant' AND c.owner_id = a.merchant_id
        OR c.owner_kind = 'market' AND (c.owner_id = market OR market IS NULL)
    WHERE a.id = account
    AND (market IS NOT NULL OR c.owner_kind <> 'market' OR (SELECT bool_and(t.market_id = c.owner_id)
        FROM tenancy_accounts ta JOIN tenancies t ON t.id = ta.tenancy_id WHERE ta.account_id = a.id))
    AND CASE WHEN c.provider = 'standard' THEN true WHEN c.provider IN ('momo', 'zalopay', 'vnpay', 'sepay_pg') THEN a.kind = 'ewallet' ELSE a.kind = 'bank' END
    AND (NOT EXISTS (SELECT FROM connection_accounts n WHERE n.connection_id = c.id)
        OR EXISTS (SELECT FROM connection_accounts n WHERE n.connection_id = c.id AND n.number_index = a.number_index AND (n.bank_bin IN ('', coalesce(a.bank_bin, ''))
            OR EXISTS (SELECT FROM banks x JOIN banks y ON y.code = x.code WHERE x.bin = n.bank_bin AND y.bin = a.bank_bin))))
$$;

CREATE FUNCTION consented(merchant uuid, wanted text) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce((SELECT given FROM consents WHERE merchant_id = merchant AND purpose = wanted ORDER BY at DESC, id DESC LIMIT 1), false)
$$;

CREATE FUNCTION day_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM fact_changed(CASE TG_OP WHEN 'DELETE' THEN OLD.day ELSE NEW.day END + 1);
    RETURN NULL;
END
$$;

CREATE FUNCTION day_from(at timestamptz) RETURNS date
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(((at - interval '1 microsecond') AT TIME ZONE 'Asia/Ho_Chi_Minh')::date + 1, '-infinity')
$$;

CREATE FUNCTION end_twin() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.number_twin := 0;
    RETURN NEW;
END
$$;

CREATE FUNCTION fact_changed(first date) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF first IS NULL OR first >= nullif(current_setting('market40.changed_since', true), '')::date THEN
        RETURN; -- this transaction said so already
    END IF;
    INSERT INTO fact_changes (since) VALUES (first);
    PERFORM set_config('market40.changed_since', first::text, true);
END
$$;

CREATE FUNCTION facts_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    first  date;
    before date;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        EXECUTE 'SELECT min(' || TG_ARGV[0] || ') FROM rows_after x' INTO first;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        EXECUTE 'SELECT min(' || TG_ARGV[0] || ') FROM rows_before x' INTO before;
    END IF;
    PERFORM fact_changed(least(first, before));
    RETURN NULL;
END
$$;

CREATE FUNCTION id_floor(at timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT
    AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE FUNCTION keep_first_told() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND NEW.payments > 0 THEN
        IF NOT EXISTS (SELECT FROM first_days f WHERE f.tenancy_id = NEW.tenancy_id AND f.told <= NEW.day) THEN
            INSERT INTO first_days AS f (tenancy_id, told) VALUES (NEW.tenancy_id, NEW.day)
            ON CONFLICT (tenancy_id) DO UPDATE SET told = least(f.told, excluded.told);
        END IF;
    ELSE
        UPDATE first_days f SET told = (SELECT d.day FROM stall_days d WHERE d.tenancy_id = OLD.tenancy_id AND d.payments > 0 ORDER BY d.day LIMIT 1)
        WHERE f.tenancy_id = OLD.tenancy_id AND f.told = OLD.day;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION keep_first_word() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    first CONSTANT date := CASE TG_OP WHEN 'INSERT' THEN (NEW.occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date END;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM first_days f WHERE f.tenancy_id = NEW.tenancy_id AND f.word <= first) THEN
            INSERT INTO first_days AS f (tenancy_id, word) VALUES (NEW.tenancy_id, first)
            ON CONFLICT (tenancy_id) DO UPDATE SET word = least(f.word, excluded.word);
        END IF;
    ELSE
        UPDATE first_days f SET word = (SELECT min((k.occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) FROM confirmations k WHERE k.tenancy_id = f.tenancy_id)
        WHERE f.tenancy_id = OLD.tenancy_id;
    END IF;
    RETURN NULL;
END
$$;

-- ANALYZE of every table, partitions with their parents; how many tables
CREATE FUNCTION learn_tables() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
DECLARE
    named   text;
    learned int := 0;
BEGIN
    FOR named IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition LOOP
        EXECUTE format('ANALYZE %I', named);
        learned := learned + 1;
    END LOOP;
    RETURN learned;
END
$$;

CREATE FUNCTION legal_parameter(called text, on_day date) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    SELECT value FROM legal_parameters WHERE name = called AND valid @> on_day AND upper_inf(known)
$$;

CREATE FUNCTION make_partition(parent text, month timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $_$
DECLARE
    child CONSTANT text := partition_name(parent, month);
    rest  CONSTANT text := parent || '_default';
    low   CONSTANT uuid := id_floor(month);
    high  CONSTANT uuid := id_floor(next_month(month));
    held  boolean;
    moved bigint := 0;
BEGIN
    IF parent NOT IN ('deliveries', 'notices', 'payments') OR month <> date_trunc('month', month, 'UTC') THEN
        RAISE EXCEPTION 'no partition of % begins at %', parent, month USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_regclass(child) IS NOT NULL THEN
        RETURN 0;
    END IF;
    PERFORM set_config('lock_timeout', '2s', true);
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent);
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE id >= $1 AND id < $2)', rest) INTO held USING low, high;
    IF held THEN
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent);
        EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, rest);
        EXECUTE format('WITH gone AS (DELETE FROM %I WHERE id >= $1 AND id < $2 RETURNING *) INSERT INTO %I SELECT * FROM gone', rest, child) USING low, high;
        GET DIAGNOSTICS moved = ROW_COUNT;
    END IF;
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, low, high);
    IF held THEN
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I DEFAULT', parent, rest);
    END IF;
    RETURN moved;
END
$_$;

CREATE FUNCTION market_unit(market uuid, at_level text, on_day date) RETURNS uuid
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE at_level WHEN v.level THEN v.locality_id WHEN w.level THEN w.locality_id WHEN x.level THEN x.locality_id END
    FROM market_places p
    JOIN locality_versions v ON v.locality_id = p.locality_id AND v.valid @> on_day
    LEFT JOIN locality_versions w ON w.locality_id = v.parent_id AND w.valid @> on_day
    LEFT JOIN locality_versions x ON x.locality_id = w.parent_id AND x.valid @> on_day
    WHERE p.market_id = market AND p.valid @> on_day
$$;

CREATE FUNCTION missing_partitions(until timestamptz) RETURNS TABLE(parent text, month timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $_$
DECLARE
    this_month CONSTANT timestamptz := date_trunc('month', now(), 'UTC');
    found uuid;
BEGIN
    FOREACH parent IN ARRAY ARRAY ['deliveries', 'notices', 'payments'] LOOP
        month := this_month;
        WHILE month <= until LOOP
            IF to_regclass(partition_name(parent, month)) IS NULL THEN
                RETURN NEXT;
            END IF;
            month := next_month(month);
        END LOOP;
        SELECT min((replace(right(c.relname, 7), '_', '-') || '-01 00:00:00+00')::timestamptz) INTO month
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = parent::regclass AND c.relname ~ '_\d{4}_\d\d$';
        WHILE month < this_month LOOP
            EXECUTE format('SELECT id FROM %I WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 1', parent || '_default')
                INTO found USING id_floor(month), id_floor(this_month);
            EXIT WHEN found IS NULL;
            month := date_trunc('month', to_timestamp(('x' || left(replace(found::text, '-', ''), 12))::bit(48)::bigint / 1000.0), 'UTC');
            RETURN NEXT;
            month := next_month(month);
        END LOOP;
    END LOOP;
END
$_$;

CREATE FUNCTION next_month(month timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE STRICT
    AS $$
    SELECT date_trunc('month', month + interval '32 days', 'UTC')
$$;

CREATE FUNCTION partition_name(parent text, month timestamptz) RETURNS text
    LANGUAGE sql STABLE STRICT
    AS $$
    SELECT parent || '_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM')
$$;

CREATE FUNCTION partition_state() RETURNS TABLE(parent text, months_ahead integer, default_rows bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
DECLARE
    month timestamptz;
BEGIN
    FOREACH parent IN ARRAY ARRAY['deliveries', 'notices', 'payments'] LOOP
        month := date_trunc('month', now(), 'UTC');
        months_ahead := -1;
        WHILE to_regclass(partition_name(parent, month)) IS NOT NULL LOOP
            months_ahead := months_ahead + 1;
            month := next_month(month);
        END LOOP;
        EXECUTE format('SELECT count(*) FROM (SELECT FROM %I LIMIT 10000) AS r', parent || '_default')
            INTO default_rows;
        RETURN NEXT;
    END LOOP;
END
$$;

CREATE FUNCTION person(actor uuid) RETURNS uuid
    LANGUAGE sql STABLE
    AS $$
    WITH RECURSIVE behind (id, step) AS (
        SELECT actor, 1
        UNION ALL
        SELECT coalesce(k.owner_id, u.let_in_by), step + 1
        FROM behind b LEFT JOIN api_keys k ON k.id = b.id LEFT JOIN users u ON u.id = b.id
        WHERE coalesce(k.owner_id, u.let_in_by) IS NOT NULL
    ) CYCLE id SET again USING path
    SELECT id FROM behind WHERE NOT again ORDER BY step DESC LIMIT 1
$$;

CREATE FUNCTION record_proof(proof text, faults_found integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
BEGIN
    IF proof NOT IN ('ledger_verify', 'audit_verify') THEN
        RAISE EXCEPTION '% is no proof', proof USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO last_runs (task, finished_at, faults) VALUES (proof, clock_timestamp(), faults_found)
    ON CONFLICT (task) DO UPDATE SET finished_at = excluded.finished_at, faults = excluded.faults;
END
$$;

CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE FUNCTION refuse_erased() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    erased boolean;
BEGIN
    SELECT erased_at IS NOT NULL INTO erased FROM merchants WHERE id = NEW.merchant_id FOR KEY SHARE;
    IF erased THEN
        RAISE EXCEPTION 'merchant % is erased', NEW.merchant_id USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'merchant_not_erased';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION required_units(campaign uuid, on_day date) RETURNS TABLE(locality_id uuid, level text, code text, name text)
    LANGUAGE sql STABLE
    AS $$
    SELECT u.* FROM campaigns c CROSS JOIN LATERAL campaign_units(c.id, on_day) AS u WHERE c.id = campaign AND campaign_days(c) @> on_day
$$;

CREATE FUNCTION scope_markets(scope text, named uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE
    AS $$
    SELECT m.id FROM markets m WHERE scope = 'all' OR (scope = 'market' AND m.id = named)
    UNION
    SELECT s.market_id FROM stalls s WHERE scope = 'stall' AND s.id = named
    UNION
    SELECT t.market_id FROM tenancies t WHERE scope = 'merchant' AND t.merchant_id = named
    UNION
    SELECT p.market_id
    FROM market_places p
    LEFT JOIN locality_versions v ON v.locality_id = p.locality_id
    LEFT JOIN locality_versions w ON w.locality_id = v.parent_id
    WHERE scope = 'locality' AND named IN (p.locality_id, v.parent_id, w.parent_id)
    UNION
    SELECT d.scope_id FROM user_scopes d
    WHERE scope = 'dated' AND d.user_id = named AND d.scope_kind = 'market' AND d.valid @> (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
    UNION
    SELECT p.market_id
    FROM user_scopes d, market_places p
    LEFT JOIN locality_versions v ON v.locality_id = p.locality_id
    LEFT JOIN locality_versions w ON w.locality_id = v.parent_id
    WHERE scope = 'dated' AND d.user_id = named AND d.scope_kind = 'locality' AND d.valid @> (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
    AND d.scope_id IN (p.locality_id, v.parent_id, w.parent_id)
$$;

CREATE FUNCTION scope_units(scope text, named uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE
    AS $$
    WITH offices AS (
        SELECT named AS id WHERE scope = 'locality'
        UNION
        SELECT d.scope_id FROM user_scopes d
        WHERE scope = 'dated' AND d.user_id = named AND d.scope_kind = 'locality' AND d.valid @> (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
    )
    SELECT id FROM offices
    UNION
    SELECT v.locality_id FROM offices o JOIN locality_versions v ON v.parent_id = o.id
    UNION
    SELECT w.locality_id FROM offices o JOIN locality_versions v ON v.parent_id = o.id JOIN locality_versions w ON w.parent_id = v.locality_id
$$;

CREATE FUNCTION sees_stall(scope text, named uuid, stall uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE scope WHEN 'stall' THEN stall = named
        WHEN 'merchant' THEN EXISTS (SELECT FROM tenancies t WHERE t.stall_id = stall AND t.merchant_id = named)
        ELSE true END
$$;

CREATE FUNCTION sees_unit(scope text, named uuid, campaign uuid, unit uuid, on_day date) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT scope = 'all' OR coalesce(unit IN (SELECT scope_units(scope, named)) OR EXISTS (
        SELECT FROM pilots p WHERE p.campaign_id = campaign AND p.locality_id = unit AND p.valid @> on_day
        AND p.market_id IN (SELECT scope_markets(scope, named))), false)
$$;

CREATE FUNCTION shift_span(shift uuid) RETURNS tstzrange
    LANGUAGE sql STABLE
    AS $$
    SELECT tstzrange(sh.started_at, greatest(sh.started_at, least(sh.ends_at, s.ended_at, d.revoked_at, upper(t.valid))))
    FROM shifts sh JOIN sessions s ON s.id = sh.id JOIN stall_devices d ON d.id = sh.device_id JOIN tenancies t ON t.id = sh.tenancy_id
    WHERE sh.id = shift
$$;

CREATE FUNCTION stall_number_key(number text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT coalesce(nullif(regexp_replace(normalize(regexp_replace(normalize(regexp_replace(regexp_replace(
        CASE WHEN letters ~ '^[\u0009-\u000D\u0020\u0023\u0028-\u0029\u002C-\u002F\u003A-\u003B\u005B-\u005D\u005F\u007B-\u007E\u0085\u00A0\u00AB\u00B7\u00BB\u02D7\u058A\u05BE\u1400\u1680\u1806\u2000-\u200A\u2010-\u2029\u202F\u2039-\u203A\u203F-\u2040\u2043-\u2044\u205F\u2212\u2215-\u2216\u2218-\u2219\u2236\u223C\u22C5\u2500\u2796\u2800\u29F5\u29F8-\u29F9\u2E17\u2E1A\u2E3A-\u2E3B\u2E40\u2E5D\u3000-\u3002\u3008-\u3011\u3014-\u301C\u3030\u30A0\u30FB]*\u0027'
            THEN replace(letters, '''', '') ELSE letters END,
        '[\u0009-\u000D\u0020\u0023\u0028-\u0029\u002C-\u002F\u003A-\u003B\u005B-\u005D\u005F\u007B-\u007E\u0085\u00A0\u00AB\u00B7\u00BB\u02D7\u058A\u05BE\u1400\u1680\u1806\u2000-\u200A\u2010-\u2029\u202F\u2039-\u203A\u203F-\u2040\u2043-\u2044\u205F\u2212\u2215-\u2216\u2218-\u2219\u2236\u223C\u22C5\u2500\u2796\u2800\u29F5\u29F8-\u29F9\u2E17\u2E1A\u2E3A-\u2E3B\u2E40\u2E5D\u3000-\u3002\u3008-\u3011\u3014-\u301C\u3030\u30A0\u30FB]+', '-', 'g'),
        '(?<![0-9])-|-(?![0-9])', '', 'g'), NFD),
        '(o(?=[ae])|u(?=y))(.)([\u0300\u0301\u0303\u0309\u0323])', '\1\3\2', 'g'), NFC),
        '(?<![0-9])0+(?=[0-9])', '', 'g'), ''), number)
    FROM (SELECT translate(
        normalize(regexp_replace(regexp_replace(regexp_replace(regexp_replace(number,
            '[\u00AD\u034F\u061C\u115F-\u1160\u17B4-\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFF8\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]', '', 'g'),
            '[’‘‚‛′ʼʹ`´＇｀]', '''', 'g'),
            '["“”„‟″ʺ＂]', '''''', 'g'),
            '([²³¹⁰ⁱ⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ªº])', '^\1', 'g'), NFKC),
            'ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐÐðĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸƉɖАВЕКМНОРСТХУІЈЅаеорсхуіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο',
            'abcdefghijklmnopqrstuvwxyzàáâãèéêìíòóôõùúýăđđđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđđabekmhopctxyijsaeopcxyijsabezhikmnoptyxo') AS letters) t
$$;

CREATE FUNCTION version_before(account uuid, at timestamptz) RETURNS bigint
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    low    bigint := 0; -- recorded before, or none
    high   bigint;      -- recorded later, or beyond the newest
    middle bigint;
    seen   bigint;
    moment timestamptz;
BEGIN
    IF at IS NULL THEN
        RETURN 0;
    END IF;
    SELECT credit_version + 1 INTO high FROM payments WHERE credit_account = account ORDER BY credit_version DESC LIMIT 1;
    WHILE high - low > 1 LOOP
        middle := low + (high - low) / 2;
        SELECT credit_version, recorded_at INTO seen, moment FROM payments
            WHERE credit_account = account AND credit_version >= middle ORDER BY credit_version LIMIT 1;
        IF seen < high AND moment < at - interval '1 day' THEN
            low := seen;
        ELSE
            high := middle;
        END IF;
    END LOOP;
    RETURN low;
END
$$;
