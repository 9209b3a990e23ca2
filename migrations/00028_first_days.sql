-- +goose Up
-- When a tenancy was first paid: a report asks it of every tenancy, and finding it among the days cost it a fourth of its time.
CREATE TABLE first_days (
    tenancy_id uuid PRIMARY KEY REFERENCES tenancies ON DELETE CASCADE,
    told       date,
    word       date
);
COMMENT ON TABLE first_days IS 'Rollup: the first business day (Asia/Ho_Chi_Minh) of a tenancy on which a bank told of payments that were not all reversed (told), and on which its owner confirmed one (word). Kept by triggers.';

-- +goose StatementBegin
CREATE FUNCTION keep_first_told() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION keep_first_word() RETURNS trigger LANGUAGE plpgsql AS $$
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
-- +goose StatementEnd
CREATE TRIGGER first_insert AFTER INSERT ON stall_days FOR EACH ROW WHEN (NEW.payments > 0) EXECUTE FUNCTION keep_first_told();
CREATE TRIGGER first_update AFTER UPDATE OF payments ON stall_days FOR EACH ROW WHEN ((OLD.payments > 0) <> (NEW.payments > 0)) EXECUTE FUNCTION keep_first_told();
CREATE TRIGGER first_delete AFTER DELETE ON stall_days FOR EACH ROW EXECUTE FUNCTION keep_first_told();
CREATE TRIGGER first_insert AFTER INSERT ON confirmations FOR EACH ROW EXECUTE FUNCTION keep_first_word();
CREATE TRIGGER first_change AFTER UPDATE OR DELETE ON confirmations FOR EACH ROW EXECUTE FUNCTION keep_first_word();

INSERT INTO first_days (tenancy_id, told, word)
SELECT coalesce(t.tenancy_id, w.tenancy_id), t.day, w.day
FROM (SELECT tenancy_id, min(day) AS day FROM stall_days WHERE payments > 0 GROUP BY tenancy_id) t
FULL JOIN (SELECT tenancy_id, min((occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) AS day FROM confirmations GROUP BY tenancy_id) w ON w.tenancy_id = t.tenancy_id;

-- +goose Down
DROP TRIGGER first_change ON confirmations;
DROP TRIGGER first_insert ON confirmations;
DROP TRIGGER first_delete ON stall_days;
DROP TRIGGER first_update ON stall_days;
DROP TRIGGER first_insert ON stall_days;
DROP FUNCTION keep_first_word, keep_first_told;
DROP TABLE first_days;
