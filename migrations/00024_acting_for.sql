-- +goose Up
-- Whose a unit of a campaign is: of an office whose scope names it or a unit above it; and, because districts ended and their
-- programmes go on, of the office where the unit's pilot stands today.
-- +goose StatementBegin
CREATE FUNCTION scope_units(scope text, named uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
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

-- A null unit is the whole campaign, which lies in the scope of everything only.
CREATE FUNCTION sees_unit(scope text, named uuid, campaign uuid, unit uuid, on_day date) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT scope = 'all' OR coalesce(unit IN (SELECT scope_units(scope, named)) OR EXISTS (
        SELECT FROM pilots p WHERE p.campaign_id = campaign AND p.locality_id = unit AND p.valid @> on_day
        AND p.market_id IN (SELECT scope_markets(scope, named))), false)
$$;

-- The units that a campaign requires, as they were called on the day of its basis; of the current basis, on $2.
CREATE FUNCTION required_units(campaign uuid, on_day date) RETURNS TABLE (locality_id uuid, level text, code text, name text) LANGUAGE sql STABLE AS $$
    SELECT v.locality_id, v.level, v.code, v.name
    FROM campaigns c
    JOIN reporting_bases b ON b.code = c.basis
    JOIN locality_versions v ON v.level = b.level AND v.valid @> coalesce(b.on_date, on_day)
    LEFT JOIN locality_versions p ON p.locality_id = v.parent_id AND p.valid @> coalesce(b.on_date, on_day)
    LEFT JOIN locality_versions pp ON pp.locality_id = p.parent_id AND pp.valid @> coalesce(b.on_date, on_day)
    WHERE c.id = campaign AND b.province IN (CASE p.level WHEN 'province' THEN p.code END, CASE pp.level WHEN 'province' THEN pp.code END)
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION required_units, sees_unit, scope_units;
