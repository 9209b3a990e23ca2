package main_test

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"market40/frontend/apptest/program"
	"market40/merchants/platform/seal"
	"market40/migrations/database/dbtest"
	"market40/migrations/database/private"
)

// readEverything reads what is sealed: the stall's account number, and the bank connection's
// secret, by which the signature of a notice is checked.
func readEverything(s *program.Server, key, stall, hook, when string) {
	s.T.Helper()
	found := s.CallAs(key, "GET", "/api/v1/stalls/"+stall, nil, 200)
	accounts, _ := found["accounts"].([]any)
	if len(accounts) != 1 {
		s.T.Fatalf("%s: the stall is %v", when, found)
	}
	if account, _ := accounts[0].(map[string]any); object(account).Text("account_number") != "0123456789" {
		s.T.Fatalf("%s: the account is %v", when, account)
	}
	notice := object{
		"id": 1, "gateway": "MBBank", "transactionDate": "2026-11-20 10:11:12", "accountNumber": "0123456789",
		"code": nil, "content": "x",
		"transferType": "in", "transferAmount": 45000, "accumulated": 0, "subAccount": nil,
		"referenceCode": "FT26324000000001", "description": "",
	}
	s.CallAs(program.SepayKey, "POST", hook, notice, 200)
	s.CallAs("Apikey another", "POST", hook, notice, http.StatusUnauthorized)
}

// webhookOf is the webhook of the connection that register made.
func webhookOf(s *program.Server, key string) string {
	s.T.Helper()
	connection, _ := s.CallAs(key, "GET", "/api/v1/bank-connections", nil, 200).Items()[0].(map[string]any)
	return object(connection).Text("webhook_path")
}

// TestRotationSurvivesKills kills `secrets rotate` at moments all over its run, beside a server
// that goes on: that server and each one started anew read all that is sealed.
func TestRotationSurvivesKills(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	env := []string{"DATA_DIR=" + dir, "LISTEN_ADDR=" + freeAddress(t)}
	s := program.Serve(t, env)
	key, stall := program.AdminKey(t, env), registerPaidStall(t, s, env)
	hook := webhookOf(s, key)
	file := filepath.Join(dir, "secret.key")
	first, err := os.ReadFile(file)
	must(t, err)
	seen := map[string]int{}
	for n := range 18 {
		if stateOf(t, dir) == "drawn" {
			must(t, os.Remove(file+".next")) // its appearance shows how far a rotation is
		}
		began := time.Now()
		rotation := program.Command(t, env, "secrets", "rotate")
		var said bytes.Buffer
		rotation.Stderr = &said
		must(t, rotation.Start())
		if n%3 == 0 {
			time.Sleep(rand.N(time.Second)) // anywhere
		} else {
			waitForFile(file+".next", began.Add(program.Patience))
			time.Sleep(rand.N(25 * time.Millisecond)) // where it matters
		}
		_ = rotation.Process.Kill()
		_ = rotation.Wait()
		if code := rotation.ProcessState.ExitCode(); code > 0 {
			t.Fatalf("a rotation failed: %d, %s", code, said.String())
		}
		seen[stateOf(t, dir)]++
		readEverything(s, key, stall, hook, "while it goes on")
		if n%6 == 5 {
			killServer(s)
			s = program.Serve(t, env)
			readEverything(s, key, stall, hook, "started anew")
		}
	}
	t.Logf("killed in the states %v", seen)
	program.Want(t, 0, env, "secrets", "rotate")
	if left, _ := filepath.Glob(filepath.Join(dir, ".secret*")); len(left) > 0 {
		t.Errorf("keys are left behind: %v", left)
	}
	if state := stateOf(t, dir); state != "settled" {
		t.Errorf("after a whole rotation it is %s", state)
	}
	last, err := os.ReadFile(file)
	must(t, err)
	info, err := os.Stat(file)
	must(t, err)
	if bytes.Equal(first, last) || info.Mode().Perm() != 0o600 {
		t.Errorf("the key is the same: %v, mode %o", bytes.Equal(first, last), info.Mode().Perm())
	}
	s.Stop()
	if a := program.Want(
		t,
		2,
		append(env, "SECRET_KEY="+strings.TrimSpace(string(first))),
		"serve",
	); !strings.Contains(
		a.Err,
		"does not open",
	) {
		t.Errorf("the first key is answered by %q", a.Err)
	}
	readEverything(program.Serve(t, env), key, stall, hook, "in the end")
}

// waitForFile returns once a file is there; it looks often, because what follows is quick.
func waitForFile(path string, until time.Time) {
	for time.Now().Before(until) {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(200 * time.Microsecond)
	}
}

// stateOf is how far a rotation of a directory's key came.
func stateOf(t *testing.T, dir string) string {
	t.Helper()
	server, err := private.Use(t.Context(), dir, private.Options{})
	must(t, err)
	defer func() { _ = server.Stop(t.Context()) }()
	pool, err := pgxpool.New(t.Context(), server.ServingURL())
	must(t, err)
	defer pool.Close()
	var both bool
	must(t, pool.QueryRow(t.Context(), `SELECT bool_or(old_wrapped IS NOT NULL) FROM sealed_keys`).Scan(&both))
	_, err = os.Stat(filepath.Join(dir, "secret.key.next"))
	switch next := err == nil; {
	case next && both:
		return "wrapped by both, not renamed"
	case next:
		return "drawn"
	case both:
		return "renamed, not finished"
	}
	return "settled"
}

// TestEachStepOfARotationMayBeTheLast leaves a directory as a kill between two steps does.
func TestEachStepOfARotationMayBeTheLast(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	env := []string{"DATA_DIR=" + dir}
	s := program.Serve(t, env)
	key, stall := program.AdminKey(t, env), registerPaidStall(t, s, env)
	hook := webhookOf(s, key)
	server, err := private.Use(t.Context(), dir, private.Options{})
	must(t, err)
	pool, err := pgxpool.New(t.Context(), server.ServingURL())
	must(t, err)
	file := filepath.Join(dir, "secret.key")
	next := func(n byte) {
		must(t, os.WriteFile(file+".next", []byte(program.SecretKey(n)), 0o600))
	}
	rotate := func(from, to [32]byte) { must(t, seal.Rotate(t.Context(), pool, from, to, time.Now())) }

	next(5) // drawn only: the server and a start take the old one, the next rotation takes it up
	readEverything(s, key, stall, hook, "drawn")
	program.Want(t, 0, env, "secrets", "rotate")
	if text, _ := os.ReadFile(file); string(text) != program.SecretKey(5) {
		t.Errorf("a key that was drawn is not taken up")
	}
	five, six, seven := [32]byte(bytes.Repeat([]byte{5}, 32)), [32]byte(bytes.Repeat([]byte{6}, 32)),
		[32]byte(bytes.Repeat([]byte{7}, 32))
	next(6)
	rotate(five, six)
	readEverything(s, key, stall, hook, "wrapped by both")
	killServer(s)
	pool.Close()
	s = program.Serve(t, env) // which renames and finishes
	readEverything(s, key, stall, hook, "wrapped by both, started anew")
	if state := stateOf(t, dir); state != "settled" {
		t.Errorf("a start leaves it %s", state)
	}
	if text, _ := os.ReadFile(file); string(text) != program.SecretKey(6) {
		t.Errorf("the new key is not in place")
	}
	server, err = private.Use(t.Context(), dir, private.Options{})
	must(t, err)
	pool, err = pgxpool.New(t.Context(), server.ServingURL())
	must(t, err)
	defer pool.Close()
	next(7)
	rotate(six, seven)
	must(t, os.Rename(file+".next", file))
	readEverything(s, key, stall, hook, "renamed")
	program.Want(t, 0, env, "secrets", "rotate") // finishes, and rotates once more
	readEverything(s, key, stall, hook, "rotated once more")
}

// TestRotationOfAGivenKey is what an operator does with several servers on one database.
func TestRotationOfAGivenKey(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	oldFile, newFile := filepath.Join(folder, "old.key"), filepath.Join(folder, "new.key")
	must(t, os.WriteFile(oldFile, []byte(program.SecretKey(1)), 0o600))
	must(t, os.WriteFile(newFile, []byte(program.SecretKey(2)), 0o600))
	database := "DATABASE_URL=" + dbtest.URL(t)
	before, after := []string{database, "SECRET_KEY_FILE=" + oldFile}, []string{database, "SECRET_KEY_FILE=" + newFile}
	s := program.Serve(t, before)
	key, stall := program.AdminKey(t, before), registerPaidStall(t, s, before)
	hook := webhookOf(s, key)
	program.Want(t, 2, before, "secrets", "rotate")
	program.Want(t, 2, before, "secrets", "rotate", "--new-key-file", oldFile)
	program.Want(t, 2, before, "secrets", "rotate", "--new-key-file", filepath.Join(folder, "none"))
	program.Want(t, 2, after, "secrets", "rotate", "--new-key-file", oldFile)
	program.Want(
		t,
		2,
		[]string{"DATA_DIR=" + filepath.Join(folder, "none")},
		"secrets",
		"rotate",
		"--new-key-file",
		newFile,
	)
	program.Want(t, 0, before, "secrets", "rotate", "--new-key-file", newFile)
	program.Want(t, 0, before, "secrets", "rotate", "--new-key-file", newFile)
	readEverything(s, key, stall, hook, "the old server")
	readEverything(program.Serve(t, before), key, stall, hook, "an old server that starts again")
	readEverything(program.Serve(t, after), key, stall, hook, "a new server")
	trail, _ := s.CallAs(key, "GET", "/api/v1/audit?object=market40%20secrets", nil, 200)["items"].([]any)
	if line, _ := trail[0].(map[string]any); len(trail) != 3 || line["object"] != "market40 secrets rotate" ||
		line["outcome"] != "done" {
		t.Errorf("the trail has %v", trail)
	}
	program.Want(t, 2, before, "secrets", "finish")
	program.Want(t, 0, after, "secrets", "finish")
	readEverything(s, key, stall, hook, "the old server after the end")
	program.Want(t, 2, before, "serve")
	readEverything(program.Serve(t, after), key, stall, hook, "a new server after the end")
}
