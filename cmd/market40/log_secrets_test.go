package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"market40/frontend/apptest/program"
)

// TestLogsContainNoSecretOrAccount plays a busy while on a private database, with all that goes
// wrong in one, and looks in what the program said at its most talkative, in PostgreSQL's own log
// and in what the commands said.
func TestLogsContainNoSecretOrAccount(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	env := []string{"DATA_DIR=" + dir, "LOG_LEVEL=debug"}
	s := program.Serve(t, env, "--demo")
	keys := program.DemoKeys(t, s)
	admin := "Bearer " + keys["admin"]
	secret := map[string]string{"a connection's secret": "hook-secret-8f2c1d", "another's": "spare-secret-77aa10"}
	for role, key := range keys {
		secret[role+"'s key"] = key
	}
	for _, found := range regexp.MustCompile(`(demo\.\w+) +(\S+)  ([A-Z2-7]{32})`).FindAllStringSubmatch(
		strings.Join(s.Printed, "\n"), -1) {
		secret[found[1]+"'s password"], secret[found[1]+"'s second factor"] = found[2], found[3]
	}
	secret["a session"] = signInWithErrors(s, secret)
	provokeErrors(s, admin, secret)
	played := program.Call(
		t,
		env,
		"simulate",
		"--server",
		s.Address,
		"--connection",
		"demo",
		"--rate",
		"40",
		"--for",
		"3s",
		"--faults",
		"duplicate=10%,late=5%,disorder,mangle,unsigned=10%,debit=5%",
	)
	if played.Code != 0 {
		t.Errorf("simulate: exit %d: %s%s", played.Code, played.Out, played.Err)
	}
	refused := program.Command(t, env, "users", "create", "--role", "admin", "--login", "Not A Login", "--name", "x")
	refused.Stdin = strings.NewReader("a-password-of-no-account\n")
	said, _ := refused.CombinedOutput()
	secret["a refused user's password"] = "a-password-of-no-account"
	for _, market := range s.CallAs(admin, "GET", "/api/v1/markets", nil, 200).Items() {
		m, _ := market.(map[string]any)
		for after := ""; ; {
			page := s.CallAs(
				admin,
				"GET",
				"/api/v1/markets/"+object(m).Text("id")+"/stalls?limit=200&after="+after,
				nil,
				200,
			)
			raw, err := json.Marshal(page)
			must(t, err)
			for _, found := range regexp.MustCompile(`"(account_number|phone)":"([^"*•]{6,})"`).FindAllStringSubmatch(
				string(raw), -1) {
				secret[found[1]+" "+found[2]] = found[2]
			}
			if after = page.Text("next"); after == "" {
				break
			}
		}
	}
	if code := s.Stop(); code != 0 {
		t.Errorf("it ended with exit %d", code)
	}
	logs := map[string]string{
		"the program's log": s.Log.String(), "simulate": played.Out + played.Err,
		"users create": string(said),
	}
	must(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".log") && !entry.IsDir() {
			var raw []byte
			raw, err = os.ReadFile(path)
			logs[filepath.Base(path)] = string(raw)
		}
		return err
	}))
	if len(logs) < 4 || len(secret) < 300 {
		t.Errorf("%d secrets were looked for in %d logs", len(secret), len(logs))
	}
	for name, log := range logs {
		for what, text := range secret {
			if i := strings.Index(log, text); i >= 0 {
				t.Errorf("%s reveals %s: %q", name, what, log[max(0, i-100):min(len(log), i+100)])
			}
		}
		t.Logf("%s: %d bytes", name, len(log))
	}
}

// signInWithErrors signs in, after trying with what is wrong, and gives the session's token.
func signInWithErrors(s *program.Server, secret map[string]string) string {
	s.T.Helper()
	code, err := totp.GenerateCode(secret["demo.manager's second factor"], time.Now())
	must(s.T, err)
	in := object{"login": "demo.manager", "password": secret["demo.manager's password"]}
	for _, wrong := range []string{"000000", "AAAAAAAAAAAAAAAA"} {
		in["code"] = wrong
		s.Visit("POST", "/api/v1/sessions", in)
	}
	// in the wrong field
	s.Visit("POST", "/api/v1/sessions", object{"login": in["password"], "password": in["password"]})
	in["code"] = code
	res, _ := s.Visit("POST", "/api/v1/sessions", in)
	if res.StatusCode != 201 || len(res.Cookies()) != 1 {
		s.T.Fatalf("signing in: %d", res.StatusCode)
	}
	token := res.Cookies()[0].Value
	s.Visit("GET", "/api/v1/me", nil, "Cookie", "__Host-m40="+token)
	s.Visit("POST", "/api/v1/me", nil, "Cookie", "__Host-m40="+token, "Origin", "https://evil.example")
	return token
}

// provokeErrors makes a connection, and every kind of mistake with it and with a stall.
func provokeErrors(s *program.Server, admin string, secret map[string]string) {
	s.T.Helper()
	hook, spare := secret["a connection's secret"], secret["another's"]
	made := s.CallAs(admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "busy",
		"secrets": object{"api_key": hook},
	}, 201)
	s.CallAs(admin, "POST", "/api/v1/bank-connections/"+made.Text("id")+"/secrets",
		object{"secrets": object{"api_key": spare}}, 204)
	s.CallAs(admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "busy",
		"secrets": object{"apikey": hook},
	}, 422)
	for _, body := range []object{nil, {"id": "x"}, {
		"id": 1, "accountNumber": "113366668888\x00", "content": "x",
		"transferType": "in", "transferAmount": 1, "transactionDate": "2026-11-20 10:11:12",
	}} {
		s.Visit("POST", made.Text("webhook_path"), body, "Authorization", "Apikey "+hook)
		s.Visit("POST", made.Text("webhook_path"), body, "Authorization", "Apikey wrong-"+hook)
	}
	markets := s.CallAs(admin, "GET", "/api/v1/markets", nil, 200).Items()
	market, _ := markets[0].(map[string]any)
	stalls := "/api/v1/markets/" + object(market).Text("id") + "/stalls"
	for _, name := range []string{"LAN", "LAN\x00", strings.Repeat("ệ", 100)} {
		for range 2 {
			s.Visit("POST", stalls, object{
				"number": "LOG1", "kind": "stall", "goods_group": "khac", "merchant": object{
					"full_name": name,
					"phone":     "0987654321",
				},
				"account": object{
					"bank_bin": "970422", "account_number": "99887766554433", "holder_name": name,
					"holder_kind": "ca_nhan",
				},
			}, "Authorization", admin, "Idempotency-Key", "k"+name[:1])
		}
	}
	secret["a merchant's phone"], secret["an account"] = "0987654321", "99887766554433"
	for _, query := range []string{
		"connection_id=99887766554433", "external_id=99887766554433%00",
		"after=99887766554433",
	} {
		s.Visit("GET", "/api/v1/notices?"+query, nil, "Authorization", admin)
	}
	s.Visit("GET", "/api/v1/stalls/99887766554433", nil, "Authorization", admin)
	s.Visit("GET", "/api/v1/audit?actor_id="+spare, nil, "Authorization", "Bearer "+spare)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("file", "99887766554433.csv")
	must(s.T, err)
	_, err = io.WriteString(
		file,
		"Sạp số,Họ tên,SĐT,Ngân hàng,Số tài khoản\nLOG2,Lan,0987654321,MB,99887766554433\nLOG2,Lan,0987654321,MB,99887766554433\n",
	)
	must(s.T, err)
	must(s.T, w.Close())
	req, err := http.NewRequestWithContext(s.T.Context(), "POST", s.Address+stalls+"/import", &form)
	must(s.T, err)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Authorization", admin)
	res, err := http.DefaultClient.Do(req)
	must(s.T, err)
	res.Body.Close()
}
