-- +goose Up
-- Stall numbers that look the same are one: with a blank, a dot, a slash, a hyphen or a bracket of any kind, with the tone on either vowel
-- (Hoà 1, Hòa 1), with the African Ɖ for Đ, with capitals of other alphabets that look like Latin ones, with tags that nobody sees. Stalls
-- that meet so become twins, as in 00050: both stay, and no third joins them.
ALTER TABLE stalls DROP COLUMN number_key;

-- stall_number_key returns the form in which stall numbers are compared: without case, leading zeros, characters that are not seen, spaces
-- and marks that separate. A mark between two digits counts, so that 1-12 and 11-2 are two stalls; quotes around a number or before it are
-- none of it. merchants/roster.NumberKey is the same rule in Go; a test holds them against each other. Letters are mapped one by one:
-- lower() would follow the database's locale.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION stall_number_key(number text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
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
