-- +goose Up
-- The parts of a market are published along one dimension: two partitions laid over each other single people out.
ALTER TABLE markets ADD COLUMN parts_by text CHECK (parts_by IN ('zone', 'goods_group'));
COMMENT ON COLUMN markets.parts_by IS 'The dimension that the parts of the market are published along. Chosen once, with its first stalls: zones where any of them has one, otherwise goods groups. NULL: no stall yet.';

UPDATE markets m SET parts_by = CASE WHEN s.zones THEN 'zone' ELSE 'goods_group' END
FROM (SELECT market_id, bool_or(zone <> '') AS zones FROM stalls GROUP BY market_id) s WHERE s.market_id = m.id;

-- +goose StatementBegin
CREATE FUNCTION choose_parts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE markets m SET parts_by = CASE WHEN s.zones THEN 'zone' ELSE 'goods_group' END
    FROM (SELECT market_id, bool_or(zone <> '') AS zones FROM added GROUP BY market_id) s
    WHERE s.market_id = m.id AND m.parts_by IS NULL;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER choose_parts AFTER INSERT ON stalls REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION choose_parts();
