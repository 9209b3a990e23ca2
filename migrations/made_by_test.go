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

// TestWhatProgramsMadeIsKnownFromTheTrail brings up databases in which keys made keys and users before that was written down.
func TestWhatProgramsMadeIsKnownFromTheTrail(t *testing.T) {
	t.Parallel()
	for _, version := range []int64{44, 46} {
		t.Run(fmt.Sprint("from ", version), func(t *testing.T) {
			t.Parallel()
			url := dbtest.Empty(t)
			db := open(t, url)
			conns := stdlib.OpenDBFromPool(db.Pool)
			defer func() { must(t, conns.Close()) }()
			provider, err := goose.NewProvider(goose.DialectPostgres, conns, os.DirFS("."), goose.WithDisableGlobalRegistry(true))
			must(t, err)
			_, err = provider.UpTo(t.Context(), version)
			must(t, err)
			_, err = db.Pool.Exec(t.Context(), madeByPrograms)
			must(t, err)
			must(t, migrations.Up(t.Context(), url))
			var owners, users string
			must(t, db.Pool.QueryRow(t.Context(), `SELECT string_agg(k.name || ' ' || coalesce(o.name, u.login, '-'), ', ' ORDER BY k.name)
				FROM api_keys k LEFT JOIN api_keys o ON o.id = k.owner_id LEFT JOIN users u ON u.id = k.owner_id`).Scan(&owners))
			if want := "k1 -, k2 k1, k3 k2, k4 boss"; owners != want {
				t.Errorf("the keys are of %s, not of %s", owners, want)
			}
			must(t, db.Pool.QueryRow(t.Context(), `SELECT string_agg(u.login || ' ' || coalesce(k.name, o.login, '-'), ', ' ORDER BY u.login)
				FROM users u LEFT JOIN api_keys k ON k.id = u.let_in_by LEFT JOIN users o ON o.id = u.let_in_by`).Scan(&users))
			if want := "boss -, clerk -, friend boss, guest k1, heir -, named -, puppet k1, raised boss, renewed k1"; users != want {
				t.Errorf("the users were let in by %s, not by %s", users, want)
			}
		})
	}
}

// madeByPrograms are three keys that made each other, one of a person, and users: in each row of the second list who, by which
// route, to whom, and what else changed.
const madeByPrograms = `
INSERT INTO actors (id, role) SELECT ('00000000-0000-7000-8000-0000000000' || n)::uuid, 'admin' FROM unnest('{01,02,03,04,11,12,13,14,15,16,17,18,19}'::text[]) n;
INSERT INTO users (id, login, full_name, role, scope_kind, password, totp, created_at)
	SELECT ('00000000-0000-7000-8000-0000000000' || n)::uuid, login, login, 'admin', 'all', '', '', now() FROM (VALUES ('11', 'boss'), ('12', 'clerk'), ('13', 'puppet'),
		('14', 'guest'), ('15', 'friend'), ('16', 'heir'), ('17', 'named'), ('18', 'raised'), ('19', 'renewed')) u (n, login);
INSERT INTO api_keys (id, name, role, scope_kind, prefix, hash, created_at, owner_id)
	SELECT ('00000000-0000-7000-8000-0000000000' || n)::uuid, 'k' || right(n, 1), 'admin', 'all', '', n::bytea, now(),
		CASE WHEN n = '04' THEN '00000000-0000-7000-8000-000000000011'::uuid END FROM unnest('{01,02,03,04}'::text[]) n;
WITH told (n, actor, method, route, object, kind, made, also) AS (VALUES
	(1, '01', 'POST', '/api/v1/api-keys', '02', 'api_keys', true, ''), (2, '02', 'POST', '/api/v1/api-keys', '03', 'api_keys', true, ''),
	(3, '11', 'POST', '/api/v1/users', '12', 'users', true, 'actors'), -- a person's
	(4, '01', 'POST', '/api/v1/users', '13', 'users', true, 'actors'), -- a key's
	(5, '13', 'POST', '/api/v1/users', '14', 'users', true, 'actors'), -- of whom a key let in
	(6, '04', 'POST', '/api/v1/users', '15', 'users', true, 'actors'), -- a person's key's
	(7, '01', 'POST', '/api/v1/users', '16', 'users', true, 'actors'), (8, '11', 'POST', '/api/v1/users/{id}/renewal', '16', 'users', false, 'recovery_codes'),
	(9, '11', 'POST', '/api/v1/users', '17', 'users', true, 'actors'), (10, '01', 'PATCH', '/api/v1/users/{id}', '17', 'users', false, ''), -- its name alone
	(11, '11', 'POST', '/api/v1/users', '18', 'users', true, 'actors'), (12, '04', 'PATCH', '/api/v1/users/{id}', '18', 'users', false, 'user_scopes'),
	(13, '11', 'POST', '/api/v1/users', '19', 'users', true, 'actors'), (14, '01', 'POST', '/api/v1/users/{id}/renewal', '19', 'users', false, 'recovery_codes')),
events AS (INSERT INTO audit_events (id, at, actor_id, session_id, address, method, route, object)
	SELECT ('00000000-0000-7000-8000-00000000aa' || to_char(n, 'FM00'))::uuid, now(), ('00000000-0000-7000-8000-0000000000' || actor)::uuid, NULL, '', method, route, route FROM told)
INSERT INTO audit_changes (event_id, kind, object_id, before, after)
	SELECT ('00000000-0000-7000-8000-00000000aa' || to_char(n, 'FM00'))::uuid, k.kind, '00000000-0000-7000-8000-0000000000' || object, CASE WHEN NOT made THEN 'a'::bytea END, 'b'
	FROM told, unnest(ARRAY[kind, nullif(also, '')]) k (kind) WHERE k.kind IS NOT NULL`
