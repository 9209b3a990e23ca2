package main_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
	"market40/reports/exports"
	"market40/reports/exports/document"
	"market40/reports/periodic"
)

// TestReportsVerify proves files with the public key alone: 0 proven, 1 not, 2 wrong use.
func TestReportsVerify(t *testing.T) {
	t.Parallel()
	signer := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	public, _ := signer.Public().(ed25519.PublicKey)
	key := base64.StdEncoding.EncodeToString(public)
	content, err := periodic.Canonical(
		[]byte(
			`{"period":"2026-10","as_of":"2026-11-01","frozen":{"report":"r","version":3,"at":"2026-11-03T08:15:00Z","reason":""},` +
				`"report":{"total":{"I05":{"numerator":1425,"denominator":2458,"value":"0.5797","definition":1}}}}`,
		),
	)
	must(t, err)
	digest := sha256.Sum256(content)
	seal := &document.Seal{SHA256: hex.EncodeToString(digest[:]), Signature: base64.StdEncoding.EncodeToString(
		ed25519.Sign(signer, digest[:])), Content: content}
	d, err := document.Open(seal)
	must(t, err)
	folder := t.TempDir()
	file := func(name string, raw []byte) string {
		path := filepath.Join(folder, name)
		must(t, os.WriteFile(path, raw, 0o600))
		return path
	}
	raw, err := json.Marshal(seal)
	must(t, err)
	whole := file("report.json", raw)
	for kind, k := range exports.Kinds {
		var out bytes.Buffer
		must(t, k.Write(&out, d))
		if a := program.Want(t, 0, nil, "reports", "verify", file("x."+kind, out.Bytes()), "--key", key, "--content",
			whole); !strings.Contains(a.Out, "proven: report r, version 3, 2026-10 as of 2026-11-01") {
			t.Errorf("%s: %s", kind, a.Out)
		}
		if kind == "csv" {
			changed := file("changed.csv", bytes.Replace(out.Bytes(), []byte("1425"), []byte("1925"), 1))
			if a := program.Want(
				t,
				1,
				nil,
				"reports",
				"verify",
				changed,
				"--key",
				key,
				"--content",
				whole,
			); !strings.Contains(
				a.Out,
				"numerator): the file says “1925”, the signed content “1425”",
			) {
				t.Errorf("%s", a.Out)
			}
			program.Want(t, 1, nil, "reports", "verify", changed, "--key", key) // without the content
		}
	}
	if a := program.Want(t, 0, nil, "reports", "verify", whole, "--key", key); !strings.Contains(a.Out,
		"no database was used") {
		t.Error(a.Out)
	}
	program.Want(t, 1, nil, "reports", "verify", whole, "--key", base64.StdEncoding.EncodeToString(make([]byte, 32)))
	program.Want(
		t,
		1,
		nil,
		"reports",
		"verify",
		file("forged.json", bytes.Replace(raw, []byte("1425"), []byte("1926"), 1)),
		"--key",
		key,
	)
	program.Want(t, 2, nil, "reports", "verify", whole, "--key", "short")
	program.Want(t, 2, nil, "reports", "verify", filepath.Join(folder, "nowhere"), "--key", key)
	program.Want(t, 2, nil, "reports", "verify")
}

// TestReportsVerifyAsksTheDatabase freezes at the server, takes files away by the API, and proves
// them with its database.
func TestReportsVerifyAsksTheDatabase(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env)
	key := program.AdminKey(t, env)
	s.CallAs(key, "POST", "/api/v1/campaigns", object{
		"code": "CHO40", "name": "Chợ 4.0", "legal_ref": "05/UBCĐS",
		"starts_on": "2024-05-28",
	}, 201)
	frozen := program.Want(
		t,
		0,
		env,
		strings.Fields("reports freeze --campaign CHO40 --kind month --period 2026-09")...)
	report := strings.Fields(frozen.Out)[1]
	for kind := range exports.Kinds {
		res, body := s.Visit("GET", "/api/v1/periodic-reports/"+report+"/versions/1."+kind, nil, "Authorization", key)
		if res.StatusCode != 200 {
			t.Fatalf("%s is answered %d %v", kind, res.StatusCode, body)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Address+"/api/v1/periodic-reports/"+report+
		"/versions/1.csv", http.NoBody)
	must(t, err)
	req.Header.Set("Authorization", key)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(t, err)
	path := filepath.Join(t.TempDir(), "report.csv")
	must(t, os.WriteFile(path, raw, 0o600))
	if a := program.Want(t, 0, env, "reports", "verify", path); !strings.Contains(a.Out,
		"version 1 is the newest of the report") {
		t.Error(a.Out)
	}
	s.CallAs(key, "POST", "/api/v1/periodic-reports/"+report+"/correct", object{"reason": "thiếu một chợ"}, 200)
	s.CallAs(key, "POST", "/api/v1/periodic-reports/"+report+"/correct", object{"reason": "thiếu phí chợ"}, 200)
	if a := program.Want(t, 0, env, "reports", "verify", path); !strings.Contains(a.Out,
		"\nNEWER this is version 1; version 3 of the report was submitted on ") ||
		!strings.Contains(a.Out, ": thiếu phí chợ\n") {
		t.Error(a.Out)
	}
	must(t, os.WriteFile(path, bytes.Replace(raw, []byte(",I05,1,0,0,"), []byte(",I05,1,1,0,"), 1), 0o600))
	program.Want(t, 1, env, "reports", "verify", path)
}
