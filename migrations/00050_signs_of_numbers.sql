-- +goose Up
-- A sign that makes another stall number of one counts: A1', A1+, A1* and A² are no A1 or A2. Each key says more than before, so that
-- no two stalls meet that did not, and some twins are none any more.
ALTER TABLE stalls DROP COLUMN number_key;

-- stall_number_key returns the form in which stall numbers are compared: without case, leading zeros, characters that are not seen, spaces
-- and marks that separate. A mark between two digits counts, so that 1-12 and 11-2 are two stalls; quotes around a number or before it are
-- none of it. merchants/roster.NumberKey is the same rule in Go; a test holds them against each other. Letters are mapped one by one:
-- lower() would follow the database's locale.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION stall_number_key(number text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(regexp_replace(regexp_replace(regexp_replace(
        CASE WHEN letters ~ '^[\u0009-\u000D\u0020\u0023\u0028\u0029\u002C-\u002F\u003A\u003B\u005B-\u005D\u005F\u007B-\u007D\u0085\u00A0\u00B7\u1680\u2000-\u200A\u2010-\u2029\u202F\u205F\u2212\u3000]*\u0027'
            THEN replace(letters, '''', '') ELSE letters END,
        '[\u0009-\u000D\u0020\u0023\u0028\u0029\u002C-\u002F\u003A\u003B\u005B-\u005D\u005F\u007B-\u007D\u0085\u00A0\u00B7\u1680\u2000-\u200A\u2010-\u2029\u202F\u205F\u2212\u3000]+', '-', 'g'),
        '(?<![0-9])-|-(?![0-9])', '', 'g'),
        '(?<![0-9])0+(?=[0-9])', '', 'g'), ''), number)
    FROM (SELECT translate(
        normalize(regexp_replace(regexp_replace(regexp_replace(regexp_replace(number,
            '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF]', '', 'g'),
            '[’‘‚‛′ʼʹ`´＇｀]', '''', 'g'),
            '["“”„‟″ʺ＂]', '''''', 'g'),
            '([²³¹⁰ⁱ⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ªº])', '^\1', 'g'), NFKC),
            'ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐÐðĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ',
            'abcdefghijklmnopqrstuvwxyzàáâãèéêìíòóôõùúýăđđđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ') AS letters) t
$$;
-- +goose StatementEnd

ALTER TABLE stalls ADD COLUMN number_key text NOT NULL GENERATED ALWAYS AS (stall_number_key(number)) STORED;
COMMENT ON COLUMN stalls.number_key IS 'the number as it is compared; unique in its market';
UPDATE stalls s SET number_twin = o.place - 1
FROM (SELECT id, row_number() OVER (PARTITION BY market_id, number_key ORDER BY number_twin, created_at, id) AS place FROM stalls) o
WHERE o.id = s.id AND s.number_twin <> o.place - 1;
CREATE UNIQUE INDEX stall_number_key_unique ON stalls (market_id, number_key, number_twin);

-- +goose Down
ALTER TABLE stalls DROP COLUMN number_key;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION stall_number_key(number text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
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
ALTER TABLE stalls ADD COLUMN number_key text NOT NULL GENERATED ALWAYS AS (stall_number_key(number)) STORED;
COMMENT ON COLUMN stalls.number_key IS 'the number as it is compared; unique in its market';
UPDATE stalls s SET number_twin = o.place - 1
FROM (SELECT id, row_number() OVER (PARTITION BY market_id, number_key ORDER BY number_twin, created_at, id) AS place FROM stalls) o
WHERE o.id = s.id AND s.number_twin <> o.place - 1;
CREATE UNIQUE INDEX stall_number_key_unique ON stalls (market_id, number_key, number_twin);
