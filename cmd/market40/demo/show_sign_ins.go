package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"market40/cmd/market40/app"
	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
)

// Show fills an empty database with the demo province and prints an API key for each role. The keys
// of the last start end, so they need not be remembered. It passes a line about each step of the work to show, if that
// is not nil.
func Show(ctx context.Context, p *app.Program, out io.Writer, address string, show func(line string)) error {
	needed, err := Needed(ctx, p)
	if err != nil {
		return err
	}
	if needed {
		if err := Seed(ctx, p, show); err != nil {
			return fmt.Errorf("seeding the demo: %w", err)
		}
	}
	scopes, err := findScopes(ctx, p.DB.Pool)
	if err != nil {
		return err
	}
	// A simulation that was killed could not end its own key.
	_, err = p.DB.Pool.Exec(ctx, `UPDATE api_keys SET revoked_at = $1 WHERE revoked_at IS NULL
		AND (name LIKE 'demo %' OR name = 'simulate')`, p.Now())
	if err != nil {
		return fmt.Errorf("revoking the keys of the last start: %w", err)
	}
	fmt.Fprintln(out, "demo data; one API key for each role, until the next start:")
	for _, role := range roles.Roles() {
		key, err := p.APIKeys.Create(ctx, signin.Order{
			Name: "demo " + string(role), Role: string(role),
			Scope: scopes[role],
		})
		if err != nil {
			return err
		}
		scope := scopes[role]
		if scope == "" {
			scope = "everything"
		}
		fmt.Fprintf(out, "  %-16s %s  %s\n", role, key, scope)
	}
	if err := showSignIns(ctx, p.People, out, scopes); err != nil {
		return err
	}
	fmt.Fprintf(out, "a merchant's phone %s: its codes are printed here\n", inventedPhone(1))
	_, err = fmt.Fprintf(
		out,
		"start page %s/\nsign in    %s/sign-in\nroutes     %s/docs, for programs %s/openapi.json\n",
		address,
		address,
		address,
		address,
	)
	return err
}

// showSignIns makes, or makes anew, a user for each role of people, and prints how to sign in.
func showSignIns(ctx context.Context, people *signin.People, out io.Writer, scopes map[roles.Role]string) error {
	fmt.Fprintln(out, "sign-ins, until the next start: login, password, secret of the second factor")
	for _, role := range roles.Roles() {
		if role == roles.Integration {
			continue // a program: it has a key
		}
		login, password := "demo."+string(role), rand.Text()
		made, err := people.Renew(ctx, login, password)
		if errors.Is(err, problem.Missing("user")) {
			made, err = people.Create(ctx, signin.UserOrder{
				Login: login, FullName: "Demo " + string(role), Role: string(role),
				Scopes: []signin.ScopeOrder{{Scope: scopes[role]}}, Password: password,
			})
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %-21s %s  %s\n", login, password, made.Secret)
	}
	return nil
}

// findScopes returns the scopes of the roles that see only a part: the first demo market, its unit,
// and its first stall with a tenant. A role without a scope sees everything.
func findScopes(ctx context.Context, pool *pgxpool.Pool) (map[roles.Role]string, error) {
	var market, stall, commune string
	err := pool.QueryRow(ctx, `SELECT m.code, s.id::text, v.code
		FROM markets m
		JOIN stalls s ON s.market_id = m.id
		JOIN tenancies t ON t.stall_id = s.id AND upper_inf(t.valid)
		JOIN market_places p ON p.market_id = m.id AND upper_inf(p.valid)
		JOIN locality_versions v ON v.locality_id = p.locality_id AND upper_inf(v.valid)
		WHERE m.demo
		ORDER BY m.code, s.number LIMIT 1`).Scan(&market, &stall, &commune)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNoDemo
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the demo market: %w", err)
	}
	return map[roles.Role]string{
		roles.LocalityOfficer: "locality:" + commune,
		roles.Manager:         "market:" + market,
		roles.Team:            "market:" + market,
		roles.Merchant:        "stall:" + stall,
	}, nil
}

// errNoDemo is the refusal of demo keys in a register that is in use.
var errNoDemo = errors.New("this database contains markets but no demo data: serve it without --demo")
