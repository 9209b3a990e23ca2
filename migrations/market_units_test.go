package migrations_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"market40/migrations"
	"market40/migrations/database/dbtest"
)

// A database with units that were recorded as older than they are retains its markets, keys and
// programmes in the units that they meant.
func TestUnitsThatBeganLaterAreCarriedOver(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	db := openDatabase(t, url)
	conns := stdlib.OpenDBFromPool(db.Pool)
	defer func() { must(t, conns.Close()) }()
	provider, err := goose.NewProvider(goose.DialectPostgres, conns, os.DirFS("."),
		goose.WithDisableGlobalRegistry(true))
	must(t, err)
	_, err = provider.UpTo(t.Context(), 32)
	must(t, err)
	_, err = db.Pool.Exec(t.Context(), `
		INSERT INTO localities VALUES ('11111111-0000-0000-0000-000000000001'),
		('11111111-0000-0000-0000-000000000002'), ('447d8913-90ec-52e0-ac59-293762931d56');
		INSERT INTO locality_versions (id, locality_id, level, code, name, kind, parent_id, valid) VALUES
			('11111111-0000-0000-0000-000000000001', '11111111-0000-0000-0000-000000000001', 'district', '999',
			'Thị xã Ninh Hòa', 'thi-xa', NULL, '(,2025-07-01)'),
			('11111111-0000-0000-0000-000000000002', '11111111-0000-0000-0000-000000000002', 'commune', '99999',
			'Phường Đông Ninh Hòa', 'phuong', NULL, '[2025-07-01,)'),
			('447d8913-90ec-52e0-ac59-293762931d56', '447d8913-90ec-52e0-ac59-293762931d56', 'commune', '22606',
			'Xã Ninh Phước', 'xa', '11111111-0000-0000-0000-000000000001', '(,2025-07-01)');
		INSERT INTO locality_lineage VALUES ('447d8913-90ec-52e0-ac59-293762931d56',
		'11111111-0000-0000-0000-000000000002', '2025-07-01', false);
		INSERT INTO markets (id, code, name, class, kind, created_at) VALUES
			('22222222-0000-0000-0000-000000000001', 'MONE', 'x', 1, 'dan_sinh', now()),
			('22222222-0000-0000-0000-000000000002', 'MTWO', 'x', 1, 'dan_sinh', now());
		INSERT INTO market_places (id, market_id, locality_id, valid) VALUES
			(gen_random_uuid(), '22222222-0000-0000-0000-000000000001', '447d8913-90ec-52e0-ac59-293762931d56',
			'(,2025-07-01)'),
			(gen_random_uuid(), '22222222-0000-0000-0000-000000000002', '447d8913-90ec-52e0-ac59-293762931d56',
			'(,2024-06-01)');
		INSERT INTO actors (id, role) VALUES ('33333333-0000-0000-0000-000000000001', 'locality_officer');
		INSERT INTO api_keys (id, name, role, scope_kind, scope_id, prefix, hash, created_at) VALUES
			('33333333-0000-0000-0000-000000000001', 'x', 'locality_officer', 'locality',
			'447d8913-90ec-52e0-ac59-293762931d56', '', '1', now())`)
	must(t, err)
	must(t, migrations.Up(t.Context(), url))
	for query, want := range map[string]string{
		`SELECT string_agg(v.name || ' ' || p.valid::text, ', ' ORDER BY p.valid) FROM market_places p
			JOIN locality_versions v USING (locality_id)
			WHERE market_id = '22222222-0000-0000-0000-000000000001'`: "Thị xã Ninh Hòa (,2024-11-01), Xã Ninh Phước [2024-11-01,2025-07-01)",
		`SELECT string_agg(v.name || ' ' || p.valid::text, ', ') FROM market_places p
			JOIN locality_versions v USING (locality_id)
			WHERE market_id = '22222222-0000-0000-0000-000000000002'`: "Thị xã Ninh Hòa (,2024-06-01)",
		`SELECT string_agg(code || ' ' || v.valid::text, ', ') FROM api_keys k
			JOIN locality_versions v ON v.locality_id = k.scope_id`: "22606 [2024-11-01,2025-07-01)",
		`SELECT string_agg(code || ' ' || valid::text, ', ' ORDER BY valid) FROM locality_versions
			WHERE name = 'Xã Ninh Phước' AND NOT upper_inf(valid)`: "22579 (,2024-11-01), 22606 [2024-11-01,2025-07-01)",
		`SELECT name FROM locality_versions WHERE code = '22606' AND valid @> '2024-05-28'::date`: "Xã Ninh Vân",
		`SELECT string_agg(o.name, ', ' ORDER BY o.name) FROM locality_lineage l
			JOIN locality_versions o ON o.locality_id = l.old_id
			JOIN locality_versions n ON n.locality_id = l.new_id WHERE n.name = 'Xã Ninh Phước'
			AND l.changed_on = '2024-11-01'`: "Xã Ninh Phước, Xã Ninh Vân",
	} {
		var got string
		must(t, db.Pool.QueryRow(t.Context(), query).Scan(&got))
		if got != want {
			t.Errorf("%s\nis %s, not %s", query, got, want)
		}
	}
}

// The communes of 28 May 2024 are those of that day, before the mergers of 1 November 2024
// (resolutions 1196 and 1198).
func TestUnitsAsTheyStood(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for _, tt := range []struct {
		province, day string
		want          int
	}{
		{"56", "2024-05-28", 139},
		{"56", "2024-10-31", 139},
		{"56", "2024-11-01", 132},
		{"58", "2024-05-28", 65},
		{"58", "2024-11-01", 62},
		{"56", "2025-07-01", 65},
	} {
		var got int
		must(t, db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM locality_versions v
			LEFT JOIN locality_versions d ON d.locality_id = v.parent_id
			LEFT JOIN locality_versions p ON p.locality_id = d.parent_id
			WHERE v.level = 'commune' AND v.valid @> $2::text::date AND $1 = CASE d.level WHEN 'province' THEN d.code
			ELSE p.code END`, tt.province, tt.day).Scan(&got))
		if got != tt.want {
			t.Errorf("province %s has %d communes on %s, not %d", tt.province, got, tt.day, tt.want)
		}
	}
	var without string
	must(t, db.Pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(v.name, ', '), '') FROM locality_versions v
		WHERE v.level = 'commune' AND NOT upper_inf(v.valid) AND NOT EXISTS (SELECT FROM locality_lineage l
		WHERE l.old_id = v.locality_id AND l.changed_on = upper(v.valid))`).Scan(&without))
	if without != "" {
		t.Errorf("no successor is known of %s", without)
	}
}
