package main_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	market40 "market40/cmd/market40"
	"market40/frontend/apptest/program"
)

func TestAllFaultySettingsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	a := program.Want(t, 2, []string{
		"LISTEN_ADDR=nowhere", "PUBLIC_URL=ftp://example.vn", "DATABASE_URL=postgres://u:hunter2@host:port/x",
		"MIGRATE_DATABASE_URL=postgres://u:hunter3@host:port/x", "SECRET_KEY=hunter4", "LOG_LEVEL=loud",
		"TRUSTED_PROXIES=10.0.0.1,0.0.0.0/0", "OUTGOING_ALLOW=https://sms.example",
		"DEMO_MONTHS=many",
	}, "serve")
	for _, name := range []string{
		"LISTEN_ADDR", "PUBLIC_URL", "DATABASE_URL", "MIGRATE_DATABASE_URL", "SECRET_KEY",
		"LOG_LEVEL", "TRUSTED_PROXIES", "OUTGOING_ALLOW", "DEMO_MONTHS",
	} {
		if !strings.Contains(a.Err, "\n  "+name+" ") {
			t.Errorf("%s is not reported: %s", name, a.Err)
		}
	}
	if strings.Contains(a.Err, "hunter") {
		t.Errorf("a secret is printed: %s", a.Err)
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	short := filepath.Join(dir, "short.key")
	must(t, os.WriteFile(short, []byte("c2hvcnQ="), 0o600))
	for name, c := range map[string]struct {
		env  []string
		says string
	}{
		"no key with DATABASE_URL": {
			[]string{"DATABASE_URL=postgres://u@127.0.0.1:1/x"},
			"SECRET_KEY or SECRET_KEY_FILE is required",
		},
		"key and file":           {[]string{"SECRET_KEY=" + program.SecretKey(1), "SECRET_KEY_FILE=" + short}, "both set"},
		"short key file":         {[]string{"SECRET_KEY_FILE=" + short}, "must be 32 bytes"},
		"missing key file":       {[]string{"SECRET_KEY_FILE=" + filepath.Join(dir, "none")}, "cannot be read"},
		"owner without server":   {[]string{"MIGRATE_DATABASE_URL=postgres://u@127.0.0.1:1/x"}, "needs DATABASE_URL"},
		"port out of range":      {[]string{"LISTEN_ADDR=127.0.0.1:70000"}, "LISTEN_ADDR"},
		"public URL with a path": {[]string{"PUBLIC_URL=https://example.vn/cho"}, "PUBLIC_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := program.Want(t, 2, append(c.env, "DATA_DIR="+filepath.Join(dir, "none")), "serve")
			if !strings.Contains(a.Err, c.says) {
				t.Errorf("said %q, not %q", a.Err, c.says)
			}
		})
	}
}

func TestLibpqURLHasNoPassword(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ url, address, password string }{
		"plain": {"postgres://u:p%40ss@db:5433/x", "postgres://u@db:5433/x", "p@ss"},
		"socket": {
			"postgres://u:p@/x?host=%2Frun%2Fpg&port=5432&sslmode=disable",
			"postgres://u@/x?host=%2Frun%2Fpg&port=5432&sslmode=disable", "p",
		},
		"schema": {
			"postgres://u@db:5433/x?search_path=tinh%20a&pool_max_conns=4",
			"postgres://u@db:5433/x?options=-c%20search_path%3Dtinh%5C%20a", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, password, err := market40.LibpqURL(c.url)
			must(t, err)
			if address != c.address || password != c.password {
				t.Errorf("got %q and %q, want %q and %q", address, password, c.address, c.password)
			}
			if _, err := url.Parse(address); err != nil {
				t.Error(err)
			}
		})
	}
	for _, text := range []string{"host=db dbname=x", "postgres://u:hunter2@db:port/x"} {
		if _, _, err := market40.LibpqURL(text); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q is answered by %v", text, err)
		}
	}
}
