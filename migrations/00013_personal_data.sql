-- +goose Up
-- What people allowed, what they ask of their own data, until when it must be done, and who is erased.

-- Numbers that the law or the project's owner sets, with their days and their source: never constants in code.
CREATE TABLE legal_parameters (
    name   text      NOT NULL,
    value  int       NOT NULL CONSTRAINT legal_parameter_not_negative CHECK (value >= 0),
    unit   text      NOT NULL,
    valid  daterange NOT NULL CONSTRAINT legal_parameter_valid_some CHECK (NOT isempty(valid)),
    source text      NOT NULL CONSTRAINT legal_parameter_has_source CHECK (source <> ''),
    PRIMARY KEY (name, valid),
    CONSTRAINT legal_parameter_one_at_a_time EXCLUDE USING gist (name WITH =, valid WITH &&)
);
COMMENT ON TABLE legal_parameters IS 'Deadlines and limits by day. keep_names, in days after the last payment, holds an erasure back; without a row nothing does: what must be kept stays under a pseudonym.';
INSERT INTO legal_parameters (name, value, unit, valid, source) VALUES
    ('answer', 2, 'working days', '[2026-01-01,)', 'Luật 91/2025/QH15; Nghị định 356/2025/NĐ-CP: phản hồi và cho biết trình tự trong 02 ngày làm việc'),
    ('access', 10, 'days', '[2026-01-01,)', 'Nghị định 356/2025/NĐ-CP: xem, cung cấp dữ liệu trong 10 ngày'),
    ('correction', 10, 'days', '[2026-01-01,)', 'Nghị định 356/2025/NĐ-CP: chỉnh sửa dữ liệu trong 10 ngày'),
    ('restriction', 15, 'days', '[2026-01-01,)', 'Nghị định 356/2025/NĐ-CP: hạn chế xử lý dữ liệu trong 15 ngày'),
    ('objection', 15, 'days', '[2026-01-01,)', 'Nghị định 356/2025/NĐ-CP: phản đối xử lý dữ liệu trong 15 ngày'),
    ('erasure', 20, 'days', '[2026-01-01,)', 'Nghị định 356/2025/NĐ-CP: xóa dữ liệu trong 20 ngày'),
    ('data_subjects_near', 8000, 'people', '[2026-01-01,)', 'Chủ dự án: báo trước khi chạm mức 10.000'),
    ('data_subjects_limit', 10000, 'people', '[2026-01-01,)', 'Chủ dự án: mức phải rà soát nghĩa vụ theo Luật 91/2025/QH15');

-- +goose StatementBegin
CREATE FUNCTION legal_parameter(called text, on_day date) RETURNS int LANGUAGE sql STABLE AS $$
    SELECT value FROM legal_parameters WHERE name = called AND valid @> on_day
$$;
-- +goose StatementEnd

CREATE TABLE consent_texts (
    purpose text    NOT NULL CONSTRAINT consent_purpose_form CHECK (purpose ~ '^[a-z_]{3,40}$'),
    version int     NOT NULL CONSTRAINT consent_version_positive CHECK (version > 0),
    basis   text    NOT NULL CONSTRAINT consent_basis_known CHECK (basis IN ('consent', 'contract', 'public_task')),
    vi      text    NOT NULL,
    en      text    NOT NULL,
    sha256  bytea   NOT NULL,
    since   date    NOT NULL,
    PRIMARY KEY (purpose, version),
    CONSTRAINT consent_text_hashed CHECK (sha256 = sha256(convert_to(vi || E'\n' || en, 'UTF8')))
);
COMMENT ON TABLE consent_texts IS 'What people are asked, word for word. A changed text is a new version.';
COMMENT ON COLUMN consent_texts.basis IS 'consent: only who says yes; contract, public_task: no consent is asked (Law 91/2025/QH15, article 19), the text informs';
COMMENT ON COLUMN consent_texts.sha256 IS 'of the Vietnamese text, a line feed and the English text, in UTF-8';
INSERT INTO consent_texts (purpose, version, basis, since, vi, en, sha256)
SELECT purpose, 1, basis, '2026-01-01', vi, en, sha256(convert_to(vi || E'\n' || en, 'UTF8')) FROM (VALUES
    ('operate', 'contract',
     'Để sạp nhận chuyển khoản bằng mã QR, hệ thống giữ họ tên, số điện thoại, mã số thuế (nếu có), tài khoản nhận tiền và các khoản tiền vào của bạn. Việc này cần để thực hiện thỏa thuận với bạn nên không hỏi sự đồng ý riêng. Bạn được xem, sửa, nhận bản sao và yêu cầu xóa dữ liệu của mình.',
     'So that your stall is paid by QR code, the system keeps your name, phone, tax code (if any), receiving accounts and the money that came in. This is needed for what was agreed with you, so no separate consent is asked. You may see, correct, take away and have erased what is kept about you.'),
    ('aggregate_reports', 'public_task',
     'Báo cáo của chợ và địa phương chỉ đếm số tiểu thương, không nêu tên ai và ẩn mọi con số dưới 5. Việc đếm phục vụ quản lý nhà nước nên không hỏi sự đồng ý riêng.',
     'Reports of markets and localities only count merchants, name nobody and hide every figure under 5. Counting serves the administration of the market, so no separate consent is asked.'),
    ('public_page', 'consent',
     'Tôi đồng ý để trang mở ra khi khách quét mã QR của sạp ghi tên hộ kinh doanh hoặc họ tên của tôi. Nếu tôi không đồng ý, trang chỉ ghi tên chủ tài khoản mà ứng dụng ngân hàng của khách vẫn hiện.',
     'I agree that the page behind my stall''s QR code shows my household business or my name. Without my consent it shows only the account holder''s name, which the shopper''s banking app shows anyway.'),
    ('notifications', 'consent',
     'Tôi đồng ý nhận thông báo về sạp của mình qua số điện thoại hoặc ứng dụng, ngoài thông báo tiền vào.',
     'I agree to be told about my stall by phone or app, besides being told of payments.'),
    ('dormant_list', 'consent',
     'Tôi đồng ý để ban quản lý chợ và tổ công nghệ số cộng đồng thấy tên sạp của tôi trong danh sách sạp lâu chưa có thanh toán, để đến hỗ trợ.',
     'I agree that the market''s board and the digital team see my stall in the list of stalls without recent payments, so that they can help.'),
    ('research', 'consent',
     'Tôi đồng ý để dữ liệu về sạp của tôi, đã bỏ tên và số tài khoản, được dùng cho nghiên cứu về chợ.',
     'I agree that data about my stall, without names and account numbers, is used for research about markets.')
) AS t (purpose, basis, vi, en);

CREATE TABLE consents (
    id          uuid PRIMARY KEY,
    merchant_id uuid        NOT NULL REFERENCES merchants,
    purpose     text        NOT NULL,
    version     int         NOT NULL,
    given       boolean     NOT NULL,
    how         text        NOT NULL CONSTRAINT consent_how_known CHECK (how IN ('in_app', 'paper', 'request')),
    actor_id    uuid        NOT NULL REFERENCES actors,
    at          timestamptz NOT NULL,
    FOREIGN KEY (purpose, version) REFERENCES consent_texts
);
COMMENT ON TABLE consents IS 'Every yes and every no to a text, in order of time: the last one stands. No row: never asked, which is no.';
COMMENT ON COLUMN consents.how IS 'in_app: by the merchant; paper: signed, entered by the board; request: withdrawn because a request to restrict or to object was granted';
CREATE INDEX consents_last ON consents (merchant_id, purpose, at DESC, id DESC);

-- +goose StatementBegin
CREATE FUNCTION consented(merchant uuid, wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT given FROM consents WHERE merchant_id = merchant AND purpose = wanted ORDER BY at DESC, id DESC LIMIT 1), false)
$$;
-- +goose StatementEnd

CREATE TABLE data_requests (
    id            uuid PRIMARY KEY,
    merchant_id   uuid        NOT NULL REFERENCES merchants,
    kind          text        NOT NULL CONSTRAINT data_request_kind_known CHECK (kind IN ('access', 'correction', 'erasure', 'restriction', 'objection')),
    note          bytea       NOT NULL,
    state         text        NOT NULL CONSTRAINT data_request_state_known CHECK (state IN ('received', 'done', 'refused')),
    received_at   timestamptz NOT NULL,
    answer_due_at timestamptz NOT NULL,
    due_at        timestamptz NOT NULL,
    answered_at   timestamptz,
    closed_at     timestamptz,
    CONSTRAINT data_request_closed CHECK ((state = 'received') = (closed_at IS NULL))
);
COMMENT ON TABLE data_requests IS 'What a merchant asks of its own data (Law 91/2025/QH15, article 4).';
COMMENT ON COLUMN data_requests.note IS 'sealed: in the merchant''s words';
COMMENT ON COLUMN data_requests.answer_due_at IS 'until when it must be answered how it will be done';
COMMENT ON COLUMN data_requests.due_at IS 'until when it must be done, or refused with a reason';
CREATE INDEX data_requests_merchant ON data_requests (merchant_id);
CREATE INDEX data_requests_waiting ON data_requests (due_at) WHERE state = 'received';

CREATE TABLE data_request_steps (
    id         uuid PRIMARY KEY,
    request_id uuid        NOT NULL REFERENCES data_requests,
    step       text        NOT NULL CONSTRAINT data_request_step_known CHECK (step IN ('receive', 'answer', 'done', 'refuse')),
    reason     bytea       NOT NULL,
    actor_id   uuid        NOT NULL REFERENCES actors,
    at         timestamptz NOT NULL
);
COMMENT ON COLUMN data_request_steps.reason IS 'sealed: what the merchant is told';
CREATE INDEX data_request_steps_request ON data_request_steps (request_id, id);

CREATE TRIGGER consent_texts_append_only BEFORE UPDATE OR DELETE ON consent_texts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consents_append_only BEFORE UPDATE OR DELETE ON consents FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consents_never_truncated BEFORE TRUNCATE ON consents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER data_request_steps_append_only BEFORE UPDATE OR DELETE ON data_request_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER data_request_steps_never_truncated BEFORE TRUNCATE ON data_request_steps FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE merchants ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN merchants.erased_at IS 'since when the row is a pseudonym: it tells nobody, and nothing new is written to it';

-- A stall changes hands while an erasure looks whether it may: whichever comes second sees the first.
-- +goose StatementBegin
CREATE FUNCTION refuse_erased() RETURNS trigger LANGUAGE plpgsql AS $$
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
-- +goose StatementEnd
CREATE TRIGGER tenancies_of_nobody_erased BEFORE INSERT ON tenancies FOR EACH ROW EXECUTE FUNCTION refuse_erased();
CREATE TRIGGER accounts_of_nobody_erased BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION refuse_erased();
CREATE TRIGGER consents_of_nobody_erased BEFORE INSERT ON consents FOR EACH ROW EXECUTE FUNCTION refuse_erased();
CREATE TRIGGER data_requests_of_nobody_erased BEFORE INSERT ON data_requests FOR EACH ROW EXECUTE FUNCTION refuse_erased();

-- +goose Down
DROP TRIGGER tenancies_of_nobody_erased ON tenancies;
DROP TRIGGER accounts_of_nobody_erased ON accounts;
DROP TABLE data_request_steps, data_requests, consents, consent_texts, legal_parameters;
DROP FUNCTION refuse_erased, consented, legal_parameter;
ALTER TABLE merchants DROP COLUMN erased_at;
