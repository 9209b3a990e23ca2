-- +goose Up
-- As of which days a campaign requires anything. Every question of what is required asks this. As of a day is its 00:00, which tells of the
-- days before it: a campaign's last day is judged as of the day after it.
-- +goose StatementBegin
CREATE FUNCTION campaign_days(c campaigns) RETURNS daterange LANGUAGE sql IMMUTABLE AS $$
    SELECT daterange(c.starts_on, c.ends_on + 1, '[]')
$$;

-- The units of a campaign's basis, as they were called on the day of the basis; of the current basis on $2: before the campaign on its
-- first day, after it on its last.
CREATE FUNCTION campaign_units(campaign uuid, on_day date) RETURNS TABLE (locality_id uuid, level text, code text, name text) LANGUAGE sql STABLE AS $$
    SELECT v.locality_id, v.level, v.code, v.name
    FROM campaigns c
    JOIN reporting_bases b ON b.code = c.basis
    CROSS JOIN LATERAL (SELECT coalesce(b.on_date, greatest(c.starts_on, least(on_day, c.ends_on))) AS day) AS at
    JOIN locality_versions v ON v.level = b.level AND v.valid @> at.day
    LEFT JOIN locality_versions p ON p.locality_id = v.parent_id AND p.valid @> at.day
    LEFT JOIN locality_versions pp ON pp.locality_id = p.parent_id AND pp.valid @> at.day
    WHERE c.id = campaign AND (CASE p.level WHEN 'province' THEN p.code END = ANY (b.provinces) OR CASE pp.level WHEN 'province' THEN pp.code END = ANY (b.provinces))
$$;

-- Those that it requires as of a day: none before its first, and none once its last has been judged.
CREATE OR REPLACE FUNCTION required_units(campaign uuid, on_day date) RETURNS TABLE (locality_id uuid, level text, code text, name text) LANGUAGE sql STABLE AS $$
    SELECT u.* FROM campaigns c CROSS JOIN LATERAL campaign_units(c.id, on_day) AS u WHERE c.id = campaign AND campaign_days(c) @> on_day
$$;
-- +goose StatementEnd

-- What was designated before its campaign began counts from the first day of that.
UPDATE pilots p SET valid = p.valid * daterange(c.starts_on, NULL) FROM campaigns c WHERE c.id = p.campaign_id AND p.valid && daterange(NULL, c.starts_on);

-- +goose Down
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
DROP FUNCTION campaign_units;
DROP FUNCTION campaign_days;
