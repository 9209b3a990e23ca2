-- +goose Up
-- A basis may hold units of several provinces: Ninh Thuận (58) joined Khánh Hòa (56) on 1 July 2025.
ALTER TABLE reporting_bases ALTER COLUMN province TYPE text[] USING ARRAY[province];
ALTER TABLE reporting_bases RENAME COLUMN province TO provinces;
COMMENT ON COLUMN reporting_bases.provinces IS 'codes of the provinces whose units it holds';
INSERT INTO reporting_bases (code, level, on_date, provinces, name_vi) VALUES
    ('districts_2024_merged', 'district', '2024-05-28', '{56,58}', '16 huyện, thị xã, thành phố cũ của Khánh Hòa và Ninh Thuận (28/05/2024)');

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION required_units(campaign uuid, on_day date) RETURNS TABLE (locality_id uuid, level text, code text, name text) LANGUAGE sql STABLE AS $$
    SELECT v.locality_id, v.level, v.code, v.name
    FROM campaigns c
    JOIN reporting_bases b ON b.code = c.basis
    JOIN locality_versions v ON v.level = b.level AND v.valid @> coalesce(b.on_date, on_day)
    LEFT JOIN locality_versions p ON p.locality_id = v.parent_id AND p.valid @> coalesce(b.on_date, on_day)
    LEFT JOIN locality_versions pp ON pp.locality_id = p.parent_id AND pp.valid @> coalesce(b.on_date, on_day)
    WHERE c.id = campaign AND (CASE p.level WHEN 'province' THEN p.code END = ANY (b.provinces) OR CASE pp.level WHEN 'province' THEN pp.code END = ANY (b.provinces))
$$;
-- +goose StatementEnd

-- Six communes were recorded as older than they are: they began on 1 November 2024, each from several (resolutions 1196 and
-- 1198/NQ-UBTVQH15). What refers to them means the unit that began then. Where a market stood before is known by district only.
CREATE TEMPORARY TABLE begun_later (old_id, new_id) ON COMMIT DROP AS VALUES
    ('aee44701-a8e8-545e-b7f9-a4cc6796a75d'::uuid, 'db27b0b2-18c9-5981-b6ca-000605ebbc99'::uuid), -- 22348 Phường Vạn Thạnh
    ('078c8e51-7772-5c19-ae96-f9d151f8751f', 'e011c1b7-f0f0-537d-a3be-3f1624afa972'), -- 22351 Phường Phương Sài
    ('447d8913-90ec-52e0-ac59-293762931d56', 'a13ee67b-4a01-50e1-af8f-631750c23f10'), -- 22606 Xã Ninh Phước
    ('9d53fec2-b658-5c29-bc92-6992127283c6', 'b0a5fa3a-355d-5112-9bd0-39b005ff8424'), -- 22660 Xã Xuân Đồng
    ('a16d93b2-b4d8-5d14-81e0-c0071324435b', '78631f0b-f321-5731-88e2-3451fae38108'), -- 22750 Phường Phủ Hà
    ('600f3d08-c1ce-50dc-97ec-797370f11438', '3e829639-f6b9-5920-ae4d-6e015cc4116b'); -- 22759 Phường Kinh Dinh
CREATE TEMPORARY TABLE former_version ON COMMIT DROP AS
    SELECT b.new_id, v.* FROM begun_later b JOIN locality_versions v ON v.locality_id = b.old_id;
INSERT INTO localities (id) SELECT new_id FROM former_version;
UPDATE market_places p SET locality_id = f.parent_id FROM former_version f WHERE p.locality_id = f.locality_id AND p.valid << daterange('2024-11-01', NULL);
CREATE TEMPORARY TABLE split_place ON COMMIT DROP AS
    SELECT p.market_id, f.parent_id, p.valid * daterange(NULL, '2024-11-01') AS valid
    FROM market_places p JOIN former_version f ON f.locality_id = p.locality_id AND p.valid && daterange(NULL, '2024-11-01');
UPDATE market_places p SET locality_id = f.new_id, valid = p.valid * daterange('2024-11-01', NULL) FROM former_version f WHERE p.locality_id = f.locality_id;
INSERT INTO market_places (id, market_id, locality_id, valid) SELECT gen_random_uuid(), market_id, parent_id, valid FROM split_place;
DELETE FROM locality_versions v USING former_version f WHERE v.locality_id = f.locality_id;
INSERT INTO locality_versions (id, locality_id, level, code, name, kind, parent_id, valid, latitude, longitude)
    SELECT new_id, new_id, level, code, name, kind, parent_id, daterange('2024-11-01', upper(valid)), latitude, longitude FROM former_version;
UPDATE locality_lineage l SET old_id = b.new_id FROM begun_later b WHERE l.old_id = b.old_id;
UPDATE pilots p SET locality_id = b.new_id FROM begun_later b WHERE p.locality_id = b.old_id;
UPDATE targets t SET locality_id = b.new_id FROM begun_later b WHERE t.locality_id = b.old_id;
UPDATE periodic_reports r SET locality_id = b.new_id FROM begun_later b WHERE r.locality_id = b.old_id;
UPDATE api_keys k SET scope_id = b.new_id FROM begun_later b WHERE k.scope_kind = 'locality' AND k.scope_id = b.old_id;
UPDATE users u SET scope_id = b.new_id FROM begun_later b WHERE u.scope_kind = 'locality' AND u.scope_id = b.old_id;
UPDATE user_scopes s SET scope_id = b.new_id FROM begun_later b WHERE s.scope_kind = 'locality' AND s.scope_id = b.old_id;
DELETE FROM localities l USING former_version f WHERE l.id = f.locality_id;

-- +goose Down
-- The reference data of the program that is gone back to cannot be told from here: its units stay as they stood.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION required_units(campaign uuid, on_day date) RETURNS TABLE (locality_id uuid, level text, code text, name text) LANGUAGE sql STABLE AS $$
    SELECT v.locality_id, v.level, v.code, v.name
    FROM campaigns c
    JOIN reporting_bases b ON b.code = c.basis
    JOIN locality_versions v ON v.level = b.level AND v.valid @> coalesce(b.on_date, on_day)
    LEFT JOIN locality_versions p ON p.locality_id = v.parent_id AND p.valid @> coalesce(b.on_date, on_day)
    LEFT JOIN locality_versions pp ON pp.locality_id = p.parent_id AND pp.valid @> coalesce(b.on_date, on_day)
    WHERE c.id = campaign AND b.province IN (CASE p.level WHEN 'province' THEN p.code END, CASE pp.level WHEN 'province' THEN pp.code END)
$$;
-- +goose StatementEnd
DELETE FROM reporting_bases WHERE code = 'districts_2024_merged';
ALTER TABLE reporting_bases RENAME COLUMN provinces TO province;
ALTER TABLE reporting_bases ALTER COLUMN province TYPE text USING province[1];
