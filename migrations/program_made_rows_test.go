package migrations_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"market40/migrations"
	"market40/migrations/database/dbtest"
)

// TestTrailShowsWhatProgramsMade brings up databases in which keys made keys before that
// was written down.
func TestTrailShowsWhatProgramsMade(t *testing.T) {
	t.Parallel()
	for _, version := range []int64{44, 46} {
		t.Run(fmt.Sprint("from ", version), func(t *testing.T) {
			t.Parallel()
			url := dbtest.Empty(t)
			db := openDatabase(t, url)
			conns := stdlib.OpenDBFromPool(db.Pool)
			defer func() { must(t, conns.Close()) }()
			provider, err := goose.NewProvider(goose.DialectPostgres, conns, os.DirFS("."),
				goose.WithDisableGlobalRegistry(true))
			must(t, err)
			_, err = provider.UpTo(t.Context(), version)
			must(t, err)
			_, err = db.Pool.Exec(t.Context(), madeByPrograms)
			must(t, err)
			must(t, migrations.Up(t.Context(), url))
			var owners string
			must(t, db.Pool.QueryRow(t.Context(), `SELECT string_agg(k.name || ' ' || coalesce(o.name, u.login, '-'),
				', ' ORDER BY k.name)
				FROM api_keys k LEFT JOIN api_keys o ON o.id = k.owner_id LEFT JOIN users u ON u.id = k.owner_id`).
				Scan(&owners))
			if want := "k1 -, k2 k1, k3 k2, k4 boss"; owners != want {
				t.Errorf("the keys are of %s, not of %s", owners, want)
			}
		})
	}
}

// TestStallsThatLookTheSameBecomeTwins brings up a register in which numbers that look the same
// were two stalls.
func TestStallsThatLookTheSameBecomeTwins(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	db := openDatabase(t, url)
	conns := stdlib.OpenDBFromPool(db.Pool)
	defer func() { must(t, conns.Close()) }()
	provider, err := goose.NewProvider(goose.DialectPostgres, conns, os.DirFS("."),
		goose.WithDisableGlobalRegistry(true))
	must(t, err)
	_, err = provider.UpTo(t.Context(), 53)
	must(t, err)
	_, err = db.Pool.Exec(t.Context(), `INSERT INTO markets (id, code, name, class, kind, created_at)
			VALUES ('22222222-0000-0000-0000-000000000001', 'MONE', 'x', 1, 'dan_sinh', now());
		INSERT INTO stalls (id, market_id, number, kind, zone, goods_group, created_at, number_twin)
		SELECT gen_random_uuid(), '22222222-0000-0000-0000-000000000001', number, 'stall', '', 'rau',
		'2026-01-01'::timestamptz + place * interval '1 day', twin
		FROM unnest('{Hoà 1,hoà1,Hòa 1,A・1,А1,A1,A1+,Đ1,Ɖ1}'::text[], '{0,1,0,0,0,0,0,0,0}'::int[]) WITH ORDINALITY n
		(number, twin, place)`)
	must(t, err)
	twins := func() (numbers string) {
		must(t, db.Pool.QueryRow(t.Context(), `SELECT string_agg(number || ' ' || number_twin, ', ' ORDER BY number_key,
			number_twin, created_at) FROM stalls`).Scan(&numbers))
		return numbers
	}
	_, err = provider.UpTo(t.Context(), 54)
	must(t, err)
	if got, want := twins(), "A・1 0, А1 1, A1 2, A1+ 0, Hoà 1 0, Hòa 1 1, hoà1 2, Đ1 0, Ɖ1 1"; got != want {
		t.Errorf("up they are %s, want %s", got, want)
	}
	_, err = provider.DownTo(t.Context(), 53)
	must(t, err)
	if _, err = provider.UpTo(t.Context(), 54); err != nil {
		t.Errorf("down and up again: %v", err)
	}
}

// madeByPrograms are three keys that made each other, and one of a person.
const madeByPrograms = `
INSERT INTO actors (id, role) SELECT ('00000000-0000-7000-8000-0000000000' || n)::uuid, 'admin'
FROM unnest('{01,02,03,04,11}'::text[]) n;
INSERT INTO users (id, login, full_name, role, scope_kind, password, totp, created_at)
	VALUES ('00000000-0000-7000-8000-000000000011', 'boss', 'boss', 'admin', 'all', '', '', now());
INSERT INTO api_keys (id, name, role, scope_kind, prefix, hash, created_at, owner_id)
	SELECT ('00000000-0000-7000-8000-0000000000' || n)::uuid, 'k' || right(n, 1), 'admin', 'all', '', n::bytea, now(),
		CASE WHEN n = '04' THEN '00000000-0000-7000-8000-000000000011'::uuid END FROM unnest('{01,02,03,04}'::text[]) n;
WITH notices (n, actor, object) AS (VALUES (1, '01', '02'), (2, '02', '03')),
events AS (INSERT INTO audit_events (id, at, actor_id, session_id, address, method, route, object)
	SELECT ('00000000-0000-7000-8000-00000000aa' || to_char(n, 'FM00'))::uuid, now(),
	('00000000-0000-7000-8000-0000000000' || actor)::uuid, NULL, '', 'POST', '/api/v1/api-keys', '/api/v1/api-keys'
	FROM notices)
INSERT INTO audit_changes (event_id, kind, object_id, after)
	SELECT ('00000000-0000-7000-8000-00000000aa' || to_char(n, 'FM00'))::uuid, 'api_keys',
	'00000000-0000-7000-8000-0000000000' || object, 'b' FROM notices`
