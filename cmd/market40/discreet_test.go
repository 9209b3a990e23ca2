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
)

// TestNoLogTellsASecretOrAnAccount plays a busy while on a private database, with all that goes
// wrong in one, and looks in what the program said at its most talkative, in PostgreSQL's own log
// and in what the commands said.
func TestNoLogTellsASecretOrAnAccount(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	env := []string{"DATA_DIR=" + dir, "LOG_LEVEL=debug"}
	s := serve(t, env, "--demo")
	keys := demoKeys(t, s)
	admin := "Bearer " + keys["admin"]
	secret := map[string]string{"a connection's secret": "hook-secret-8f2c1d", "another's": "spare-secret-77aa10"}
	for role, key := range keys {
		secret[role+"'s key"] = key
	}
	for _, found := range regexp.MustCompile(`(demo\.\w+) +(\S+)  ([A-Z2-7]{32})`).FindAllStringSubmatch(
		strings.Join(s.told, "\n"), -1) {
		secret[found[1]+"'s password"], secret[found[1]+"'s second factor"] = found[2], found[3]
	}
	secret["a session"] = s.signInAndGoWrong(secret)
	s.goWrong(admin, secret)
	played := call(t, env, "simulate", "--server", s.address, "--connection", "demo", "--rate", "40", "--for", "3s",
		"--faults", "duplicate=10%,late=5%,disorder,mangle,unsigned=10%,debit=5%")
	if played.code != 0 {
		t.Errorf("simulate: exit %d: %s%s", played.code, played.out, played.err)
	}
	refused := command(t, env, "users", "create", "--role", "admin", "--login", "Not A Login", "--name", "x")
	refused.Stdin = strings.NewReader("a-password-of-nobody\n")
	said, _ := refused.CombinedOutput()
	secret["a refused user's password"] = "a-password-of-nobody"
	for _, market := range s.ask(admin, "GET", "/api/v1/markets", nil, 200).items() {
		m, _ := market.(map[string]any)
		for after := ""; ; {
			page := s.ask(admin, "GET", "/api/v1/markets/"+object(m).text("id")+"/stalls?limit=200&after="+after, nil,
				200)
			raw, err := json.Marshal(page)
			must(t, err)
			for _, found := range regexp.MustCompile(`"(account_number|phone)":"([^"*•]{6,})"`).FindAllStringSubmatch(
				string(raw), -1) {
				secret[found[1]+" "+found[2]] = found[2]
			}
			if after = page.text("next"); after == "" {
				break
			}
		}
	}
	if code := s.stop(); code != 0 {
		t.Errorf("it ended with exit %d", code)
	}
	logs := map[string]string{
		"the program's log": s.said.String(), "simulate": played.out + played.err,
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
				t.Errorf("%s tells %s: %q", name, what, log[max(0, i-100):min(len(log), i+100)])
			}
		}
		t.Logf("%s: %d bytes", name, len(log))
	}
}

// signInAndGoWrong signs in, after trying with what is wrong, and gives the session's token.
func (s *serving) signInAndGoWrong(secret map[string]string) string {
	s.t.Helper()
	code, err := totp.GenerateCode(secret["demo.manager's second factor"], time.Now())
	must(s.t, err)
	in := object{"login": "demo.manager", "password": secret["demo.manager's password"]}
	for _, wrong := range []string{"000000", "AAAAAAAAAAAAAAAA"} {
		in["code"] = wrong
		s.visit("POST", "/api/v1/sessions", in)
	}
	// in the wrong field
	s.visit("POST", "/api/v1/sessions", object{"login": in["password"], "password": in["password"]})
	in["code"] = code
	res, _ := s.visit("POST", "/api/v1/sessions", in)
	if res.StatusCode != 201 || len(res.Cookies()) != 1 {
		s.t.Fatalf("signing in: %d", res.StatusCode)
	}
	token := res.Cookies()[0].Value
	s.visit("GET", "/api/v1/me", nil, "Cookie", "__Host-m40="+token)
	s.visit("POST", "/api/v1/me", nil, "Cookie", "__Host-m40="+token, "Origin", "https://evil.example")
	return token
}

// goWrong makes a connection, and every kind of mistake with it and with a stall.
func (s *serving) goWrong(admin string, secret map[string]string) {
	s.t.Helper()
	hook, spare := secret["a connection's secret"], secret["another's"]
	made := s.ask(admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "busy",
		"secrets": object{"api_key": hook},
	}, 201)
	s.ask(admin, "POST", "/api/v1/bank-connections/"+made.text("id")+"/secrets",
		object{"secrets": object{"api_key": spare}}, 204)
	s.ask(admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "busy",
		"secrets": object{"apikey": hook},
	}, 422)
	for _, body := range []object{nil, {"id": "x"}, {
		"id": 1, "accountNumber": "113366668888\x00", "content": "x",
		"transferType": "in", "transferAmount": 1, "transactionDate": "2026-11-20 10:11:12",
	}} {
		s.visit("POST", made.text("webhook_path"), body, "Authorization", "Apikey "+hook)
		s.visit("POST", made.text("webhook_path"), body, "Authorization", "Apikey wrong-"+hook)
	}
	markets := s.ask(admin, "GET", "/api/v1/markets", nil, 200).items()
	market, _ := markets[0].(map[string]any)
	stalls := "/api/v1/markets/" + object(market).text("id") + "/stalls"
	for _, name := range []string{"LAN", "LAN\x00", strings.Repeat("ệ", 100)} {
		for range 2 {
			s.visit("POST", stalls, object{
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
		s.visit("GET", "/api/v1/notices?"+query, nil, "Authorization", admin)
	}
	s.visit("GET", "/api/v1/stalls/99887766554433", nil, "Authorization", admin)
	s.visit("GET", "/api/v1/audit?actor_id="+spare, nil, "Authorization", "Bearer "+spare)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("file", "99887766554433.csv")
	must(s.t, err)
	_, err = io.WriteString(
		file,
		"Sạp số,Họ tên,SĐT,Ngân hàng,Số tài khoản\nLOG2,Lan,0987654321,MB,99887766554433\nLOG2,Lan,0987654321,MB,99887766554433\n",
	)
	must(s.t, err)
	must(s.t, w.Close())
	req, err := http.NewRequestWithContext(s.t.Context(), "POST", s.address+stalls+"/import", &form)
	must(s.t, err)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Authorization", admin)
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	res.Body.Close()
}
