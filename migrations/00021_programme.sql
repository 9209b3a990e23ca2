-- +goose Up
-- The programme: campaigns with their pilots and targets, and what people in the field report. Figures are counted from these.
CREATE TABLE campaigns (
    id         uuid PRIMARY KEY,
    code       text        NOT NULL CONSTRAINT campaign_code_unique UNIQUE CONSTRAINT campaign_code_form CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{1,31}$'),
    name       text        NOT NULL CONSTRAINT campaign_name_present CHECK (name <> ''),
    legal_ref  text        NOT NULL CONSTRAINT campaign_legal_ref_present CHECK (legal_ref <> ''),
    basis      text        NOT NULL REFERENCES reporting_bases,
    starts_on  date        NOT NULL,
    ends_on    date,
    due_day    smallint    NOT NULL DEFAULT 5 CONSTRAINT campaign_due_day CHECK (due_day BETWEEN 1 AND 28),
    created_by uuid        NOT NULL REFERENCES actors,
    created_at timestamptz NOT NULL,
    CONSTRAINT campaign_ends_after_start CHECK (ends_on >= starts_on)
);
COMMENT ON TABLE campaigns IS 'An order that every unit of a basis has one pilot market, or is exempt.';
COMMENT ON COLUMN campaigns.basis IS 'whose units are required';
COMMENT ON COLUMN campaigns.due_day IS 'day of the next month until which a period''s report is due';

CREATE TABLE pilots (
    id            uuid PRIMARY KEY,
    campaign_id   uuid        NOT NULL REFERENCES campaigns,
    locality_id   uuid        NOT NULL REFERENCES localities,
    market_id     uuid REFERENCES markets,
    exempt_reason text        NOT NULL DEFAULT '',
    valid         daterange   NOT NULL,
    designated_by uuid        NOT NULL REFERENCES actors,
    designated_at timestamptz NOT NULL,
    CONSTRAINT pilot_or_exempt CHECK ((market_id IS NULL) = (exempt_reason <> '')),
    CONSTRAINT pilot_one_at_a_time EXCLUDE USING gist ((campaign_id::text) WITH =, (locality_id::text) WITH =, valid WITH &&),
    CONSTRAINT pilot_of_one_locality EXCLUDE USING gist ((campaign_id::text) WITH =, (market_id::text) WITH =, valid WITH &&)
);
COMMENT ON TABLE pilots IS 'Which market a locality chose, and since when; a change ends the former row, so the rows are the history.';
COMMENT ON COLUMN pilots.valid IS 'days on which it is the pilot; empty: replaced on the day it was designated';

CREATE TABLE milestones (
    id          uuid PRIMARY KEY,
    campaign_id uuid        NOT NULL REFERENCES campaigns,
    market_id   uuid        NOT NULL REFERENCES markets,
    milestone   text        NOT NULL CONSTRAINT milestone_known CHECK (milestone IN ('equipped', 'launched', 'habitual')),
    reached_on  date        NOT NULL,
    note        text        NOT NULL DEFAULT '' CONSTRAINT milestone_note_short CHECK (length(note) <= 500),
    recorded_by uuid        NOT NULL REFERENCES actors,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT milestone_once UNIQUE (campaign_id, market_id, milestone)
);
COMMENT ON TABLE milestones IS 'What a pilot has reached; that it was chosen is told by pilots.';

CREATE TABLE targets (
    id          uuid PRIMARY KEY,
    campaign_id uuid           NOT NULL REFERENCES campaigns,
    indicator   text           NOT NULL CONSTRAINT target_indicator_form CHECK (indicator ~ '^I[0-9]{2}$'),
    locality_id uuid REFERENCES localities,
    value       numeric(20, 4) NOT NULL,
    due_on      date           NOT NULL,
    set_by      uuid           NOT NULL REFERENCES actors,
    set_at      timestamptz    NOT NULL,
    CONSTRAINT target_once UNIQUE NULLS NOT DISTINCT (campaign_id, indicator, locality_id, due_on)
);
COMMENT ON COLUMN targets.locality_id IS 'null: every locality of the campaign';
COMMENT ON COLUMN targets.value IS 'as the indicator''s value: 0.6000 is 60 %';

-- What people see in the field. All of it is entered by hand or imported; ids of what was recorded without a network are the phone's own.
CREATE TABLE visits (
    id          uuid PRIMARY KEY,
    market_id   uuid        NOT NULL REFERENCES markets,
    tenancy_id  uuid        NOT NULL REFERENCES tenancies,
    visited_at  timestamptz NOT NULL,
    outcome     text        NOT NULL CONSTRAINT visit_outcome_known CHECK (outcome IN ('helped', 'follow_up', 'refused', 'absent')),
    note        text        NOT NULL DEFAULT '' CONSTRAINT visit_note_short CHECK (length(note) <= 500),
    actor_id    uuid        NOT NULL REFERENCES actors,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE visits IS 'A visit of the digital team (lượt hỗ trợ) to a merchant at its stall.';
COMMENT ON COLUMN visits.outcome IS 'absent: nobody was there, which is no visit in I16';
CREATE INDEX visits_market ON visits (market_id, visited_at DESC);
CREATE INDEX visits_tenancy ON visits (tenancy_id, visited_at);

CREATE TABLE trainings (
    id          uuid PRIMARY KEY,
    market_id   uuid        NOT NULL REFERENCES markets,
    held_on     date        NOT NULL,
    topic       text        NOT NULL CONSTRAINT training_topic_present CHECK (length(topic) BETWEEN 1 AND 200),
    trainer     text        NOT NULL DEFAULT '' CONSTRAINT training_trainer_short CHECK (length(trainer) <= 200),
    actor_id    uuid        NOT NULL REFERENCES actors,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE trainings IS 'A training session (tập huấn) at a market.';
CREATE INDEX trainings_market ON trainings (market_id, held_on DESC);

CREATE TABLE attendances (
    training_id uuid        NOT NULL REFERENCES trainings,
    merchant_id uuid        NOT NULL REFERENCES merchants,
    market_id   uuid        NOT NULL REFERENCES markets,
    actor_id    uuid        NOT NULL REFERENCES actors,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (training_id, merchant_id)
);
CREATE INDEX attendances_merchant ON attendances (merchant_id);
CREATE INDEX attendances_market ON attendances (market_id);

CREATE TABLE fee_summaries (
    market_id        uuid           NOT NULL REFERENCES markets,
    month            date           NOT NULL CONSTRAINT fee_month_first CHECK (extract(day FROM month) = 1),
    version          int            NOT NULL CONSTRAINT fee_version_positive CHECK (version > 0),
    due              numeric(20, 0) NOT NULL CONSTRAINT fee_due_not_negative CHECK (due >= 0),
    paid             numeric(20, 0) NOT NULL CONSTRAINT fee_paid_within_due CHECK (paid BETWEEN 0 AND due),
    paid_by_transfer numeric(20, 0) NOT NULL CONSTRAINT fee_transfer_within_paid CHECK (paid_by_transfer BETWEEN 0 AND paid),
    actor_id         uuid           NOT NULL REFERENCES actors,
    recorded_at      timestamptz    NOT NULL,
    PRIMARY KEY (market_id, month, version)
);
COMMENT ON TABLE fee_summaries IS 'A market''s fees of a month in đồng, as its operator declares them; a correction is a further version.';

CREATE TABLE declared_shares (
    id          uuid PRIMARY KEY,
    market_id   uuid        NOT NULL REFERENCES markets,
    tenancy_id  uuid        NOT NULL REFERENCES tenancies,
    asked_on    date        NOT NULL,
    customers   smallint    NOT NULL CONSTRAINT declared_customers CHECK (customers BETWEEN 1 AND 10),
    transfers   smallint    NOT NULL CONSTRAINT declared_transfers CHECK (transfers BETWEEN 0 AND customers),
    actor_id    uuid        NOT NULL REFERENCES actors,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT declared_once_a_day UNIQUE (tenancy_id, asked_on)
);
COMMENT ON TABLE declared_shares IS '"Trong 10 khách gần nhất, mấy khách chuyển khoản?": evidence C.';
CREATE INDEX declared_shares_market ON declared_shares (market_id, asked_on);

CREATE TABLE sample_plans (
    id          uuid PRIMARY KEY,
    market_id   uuid        NOT NULL REFERENCES markets,
    days        daterange   NOT NULL CONSTRAINT sample_days_bounded CHECK (NOT isempty(days) AND NOT lower_inf(days) AND NOT upper_inf(days)),
    seed        bigint      NOT NULL,
    actor_id    uuid        NOT NULL REFERENCES actors,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE sample_plans IS 'A draw of random half-hours in which a market''s sales are counted in the field: evidence D.';
COMMENT ON COLUMN sample_plans.seed IS 'of the draw: anyone can draw it again';

CREATE TABLE sample_strata (
    plan_id uuid NOT NULL REFERENCES sample_plans,
    stratum text NOT NULL CONSTRAINT sample_stratum_present CHECK (length(stratum) BETWEEN 1 AND 100),
    slots   int  NOT NULL CONSTRAINT sample_slots_positive CHECK (slots > 0),
    PRIMARY KEY (plan_id, stratum)
);
COMMENT ON COLUMN sample_strata.slots IS 'how many half-hours the stratum has in the plan''s days, of which some were drawn';

CREATE TABLE sample_slots (
    id               uuid PRIMARY KEY,
    plan_id          uuid        NOT NULL,
    stratum          text        NOT NULL,
    market_id        uuid        NOT NULL REFERENCES markets,
    starts_at        timestamptz NOT NULL,
    sales            int CONSTRAINT sample_sales_not_negative CHECK (sales >= 0),
    cashless_sales   int CONSTRAINT sample_cashless_within CHECK (cashless_sales BETWEEN 0 AND sales),
    turnover         numeric(20, 0) CONSTRAINT sample_turnover_not_negative CHECK (turnover >= 0),
    cashless_turnover numeric(20, 0) CONSTRAINT sample_cashless_turnover_within CHECK (cashless_turnover BETWEEN 0 AND turnover),
    actor_id         uuid REFERENCES actors,
    counted_at       timestamptz,
    FOREIGN KEY (plan_id, stratum) REFERENCES sample_strata,
    CONSTRAINT sample_slot_once UNIQUE (plan_id, stratum, starts_at),
    CONSTRAINT sample_slot_counted CHECK ((sales IS NULL) = (counted_at IS NULL) AND (sales IS NULL) = (cashless_sales IS NULL) AND (sales IS NULL) = (actor_id IS NULL)
        AND (turnover IS NULL) = (cashless_turnover IS NULL) AND (turnover IS NULL OR sales IS NOT NULL))
);
COMMENT ON TABLE sample_slots IS 'A drawn half-hour of a stratum: all sales and turnover (đồng) seen in it, and those without cash. Null: not counted yet; turnover null: only sales were counted.';
CREATE INDEX sample_slots_market ON sample_slots (market_id, starts_at);

CREATE TABLE survey_answers (
    id          uuid PRIMARY KEY,
    market_id   uuid    NOT NULL REFERENCES markets,
    asked_on    date    NOT NULL,
    smartphone  boolean NOT NULL,
    signal      boolean NOT NULL,
    active      boolean NOT NULL,
    sex         text    NOT NULL CONSTRAINT survey_sex_known CHECK (sex IN ('female', 'male', 'unsaid')),
    aged_60     boolean,
    minority    boolean,
    non_fixed   boolean NOT NULL
);
COMMENT ON TABLE survey_answers IS 'Anonymous answers at the stalls: never joined to a merchant. The id is random and no recording time is kept, so that answers cannot be put in order of a round through the market.';
COMMENT ON COLUMN survey_answers.active IS 'got a transfer from a shopper in the last 30 days, in the answerer''s word';
COMMENT ON COLUMN survey_answers.aged_60 IS 'null: not said, like minority';
CREATE INDEX survey_answers_market ON survey_answers (market_id, asked_on);

CREATE TABLE refusals (
    id          uuid PRIMARY KEY,
    market_id   uuid        NOT NULL REFERENCES markets,
    tenancy_id  uuid        NOT NULL REFERENCES tenancies,
    kind        text        NOT NULL CONSTRAINT refusal_kind_known CHECK (kind IN ('refusal', 'withdrawal')),
    reason      text        NOT NULL CONSTRAINT refusal_reason_known CHECK (reason IN ('tax', 'fraud', 'no_phone', 'no_signal', 'no_account', 'shoppers_pay_cash', 'too_hard', 'fees', 'family_account', 'other')),
    said_on     date        NOT NULL,
    note        text        NOT NULL DEFAULT '' CONSTRAINT refusal_note_short CHECK (length(note) <= 500),
    actor_id    uuid        NOT NULL REFERENCES actors,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE refusals IS 'Why a merchant did not join, or left.';
CREATE INDEX refusals_market ON refusals (market_id, said_on DESC);
CREATE INDEX refusals_tenancy ON refusals (tenancy_id);

CREATE TABLE incidents (
    id           uuid PRIMARY KEY,
    market_id    uuid        NOT NULL REFERENCES markets,
    stall_id     uuid REFERENCES stalls,
    kind         text        NOT NULL CONSTRAINT incident_kind_known CHECK (kind IN ('swapped_code', 'fake_transfer', 'wrong_account')),
    occurred_at  timestamptz NOT NULL,
    closed_at    timestamptz,
    complaint_id uuid REFERENCES complaints,
    alert_id     uuid REFERENCES alerts,
    note         text        NOT NULL DEFAULT '' CONSTRAINT incident_note_short CHECK (length(note) <= 500),
    actor_id     uuid        NOT NULL REFERENCES actors,
    recorded_at  timestamptz NOT NULL,
    CONSTRAINT incident_closes_after CHECK (closed_at >= occurred_at),
    CONSTRAINT incident_of_a_complaint_once UNIQUE (complaint_id),
    CONSTRAINT incident_of_an_alert_once UNIQUE (alert_id)
);
COMMENT ON TABLE incidents IS 'What went wrong for people at a market, as found to be true: a complaint or an alert that proved right, or told in the field.';
CREATE INDEX incidents_market ON incidents (market_id, occurred_at DESC);

CREATE TABLE programme_costs (
    id          uuid PRIMARY KEY,
    campaign_id uuid           NOT NULL REFERENCES campaigns,
    market_id   uuid           NOT NULL REFERENCES markets,
    spent_on    date           NOT NULL,
    purpose     text           NOT NULL CONSTRAINT cost_purpose_known CHECK (purpose IN ('equipment', 'printing', 'training', 'support', 'communication', 'other')),
    amount      numeric(20, 0) NOT NULL CONSTRAINT cost_positive CHECK (amount > 0),
    note        text           NOT NULL DEFAULT '' CONSTRAINT cost_note_short CHECK (length(note) <= 500),
    actor_id    uuid           NOT NULL REFERENCES actors,
    recorded_at timestamptz    NOT NULL
);
CREATE INDEX programme_costs_market ON programme_costs (market_id, spent_on);

ALTER TABLE accounts ADD COLUMN name_checked_by uuid REFERENCES actors, ADD COLUMN name_checked_how text NOT NULL DEFAULT ''
    CONSTRAINT account_name_check_known CHECK (name_checked_how IN ('', 'bank_lookup', 'paper', 'test_transfer'));
COMMENT ON COLUMN accounts.name_checked_how IS 'how the holder''s name was checked: shown by a bank''s look-up, on paper, or by a test transfer; empty: not, or not recorded';

-- +goose Down
ALTER TABLE accounts DROP COLUMN name_checked_by, DROP COLUMN name_checked_how;
DROP TABLE programme_costs, incidents, refusals, survey_answers, sample_slots, sample_strata, sample_plans, declared_shares, fee_summaries, attendances, trainings, visits,
    targets, milestones, pilots, campaigns;
