-- +goose Up
-- One stall number, one stall, however it is spelled; several people may share a phone.

-- stall_number_key returns the form in which stall numbers are compared: without case, leading zeros, characters that are not seen, spaces
-- and marks. A mark between two digits counts, so that 1-12 and 11-2 are two stalls. merchants/roster.NumberKey is the same rule in Go; a
-- test holds them against each other. Letters are mapped one by one: lower() would follow the database's locale.
-- +goose StatementBegin
CREATE FUNCTION stall_number_key(number text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(regexp_replace(regexp_replace(regexp_replace(translate(
        normalize(regexp_replace(number,
            '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF]', '', 'g'), NFKC),
            'ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐÐðĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ',
            'abcdefghijklmnopqrstuvwxyzàáâãèéêìíòóôõùúýăđđđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ'),
        '[\u0009-\u000D\u0020-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u007E\u0085\u00A0\u00B7\u1680\u2000-\u200A\u2010-\u2029\u202F\u205F\u2212\u3000]+', '-', 'g'),
        '(?<![0-9])-|-(?![0-9])', '', 'g'),
        '(?<![0-9])0+(?=[0-9])', '', 'g'), ''), number)
$$;
-- +goose StatementEnd

ALTER TABLE stalls
    ADD COLUMN number_key text NOT NULL GENERATED ALWAYS AS (stall_number_key(number)) STORED,
    ADD COLUMN number_twin smallint NOT NULL DEFAULT 0 CONSTRAINT stall_twin_counted CHECK (number_twin >= 0);
COMMENT ON COLUMN stalls.number_key IS 'the number as it is compared; unique in its market';
COMMENT ON COLUMN stalls.number_twin IS '0; more: a stall that was registered before numbers were compared by their key, and shares its key with an older one';

UPDATE stalls s SET number_twin = o.place - 1
FROM (SELECT id, row_number() OVER (PARTITION BY market_id, number_key ORDER BY created_at, id) AS place FROM stalls) o
WHERE o.id = s.id AND o.place > 1;
CREATE UNIQUE INDEX stall_number_key_unique ON stalls (market_id, number_key, number_twin);

-- A twin that gets another number is a twin no more.
-- +goose StatementBegin
CREATE FUNCTION end_twin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.number_twin := 0;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER stalls_end_twin BEFORE UPDATE OF number ON stalls FOR EACH ROW WHEN (NEW.number IS DISTINCT FROM OLD.number) EXECUTE FUNCTION end_twin();

-- Boards learn of the stalls that may be one.
ALTER TABLE alerts DROP CONSTRAINT alert_kind_known;
ALTER TABLE alerts ADD CONSTRAINT alert_kind_known CHECK (kind IN
    ('many_accounts', 'shared_account', 'before_peak', 'account_added', 'tenant_changed', 'swapped_code', 'number_twice'));
INSERT INTO alerts (id, kind, key, state, market_id, stall_id, detail, opened_at)
SELECT gen_random_uuid(), 'number_twice', 'number_twice:' || s.id, 'open', s.market_id, s.id,
    'Sạp ' || s.number || ' và sạp ' || f.number || ' có cùng số, chỉ khác cách viết. Nếu là một sạp thì đóng bớt một; nếu là hai thì đổi số cho rõ.', now()
FROM stalls s JOIN stalls f ON f.market_id = s.market_id AND f.number_key = s.number_key AND f.number_twin = 0
WHERE s.number_twin > 0;

-- Who has a phone first has share 0; another person whom the board names as such has the next.
ALTER TABLE merchants ADD COLUMN phone_share smallint NOT NULL DEFAULT 0 CONSTRAINT merchant_share_counted CHECK (phone_share >= 0);
COMMENT ON COLUMN merchants.phone_share IS '0; more: another person with the phone of an earlier one';
ALTER TABLE merchants DROP CONSTRAINT merchant_phone_unique;
CREATE UNIQUE INDEX merchant_phone_unique ON merchants (phone_index, phone_share);

-- +goose Down
DROP INDEX merchant_phone_unique;
ALTER TABLE merchants DROP COLUMN phone_share, ADD CONSTRAINT merchant_phone_unique UNIQUE (phone_index);
DELETE FROM alerts WHERE kind = 'number_twice';
ALTER TABLE alerts DROP CONSTRAINT alert_kind_known;
ALTER TABLE alerts ADD CONSTRAINT alert_kind_known CHECK (kind IN
    ('many_accounts', 'shared_account', 'before_peak', 'account_added', 'tenant_changed', 'swapped_code'));
DROP TRIGGER stalls_end_twin ON stalls;
DROP FUNCTION end_twin;
ALTER TABLE stalls DROP COLUMN number_twin, DROP COLUMN number_key;
DROP FUNCTION stall_number_key;
