package main_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// What a hostile client tries against a real server. Tested elsewhere: signing in from another
// site, a fixed session, cookies (sign_in_test.go); floods (flood_test.go); what logs reveal
// (log_secrets_test.go); ids of other scopes (merchants/roles_test.go,
// payments/cases/cases_test.go); zip bombs (merchants/roster/xlsx_test.go); webhooks that were
// signed for another (hostile_hooks_test.go).

// attacked is a server with a market, a stall and its code.
type attacked struct {
	*program.Server
	admin, market, stall, code string
}

func startAttacked(t *testing.T, settings ...string) *attacked {
	t.Helper()
	env := append([]string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}, settings...)
	a := &attacked{Server: program.Serve(t, env), admin: program.AdminKey(t, env)}
	a.market = a.CallAs(a.admin, "POST", "/api/v1/markets", hostileMarket("CHODAM"), 201).Text("id")
	a.stall, a.code = a.register("A1", "0123456789", "NGUYEN THI LAN", "Nguyễn Thị Lan")
	return a
}

func hostileMarket(code string) object {
	return object{
		"code": code, "name": evil + code, "class": 1, "kind": "dan_sinh", "commune_code": "22366",
		"operator": object{"kind": "ban_quan_ly", "name": evil},
	}
}

func (a *attacked) register(number, account, holder, name string) (id, code string) {
	a.T.Helper()
	stall := a.CallAs(a.admin, "POST", "/api/v1/markets/"+a.market+"/stalls", object{
		"number": number, "kind": "stall", "zone": evil, "goods_group": "hai_san",
		"merchant": object{"full_name": name, "phone": "09050" + account[len(account)-5:]},
		"account": object{
			"bank_bin": "970422", "account_number": account, "holder_name": holder,
			"holder_kind": "ca_nhan",
		},
	}, 201)
	printed, _ := stall["code"].(map[string]any)
	return stall.Text("id"), object(printed).Text("code")
}

// evil is a text that every reader of it must show as text: HTML, a header's end, a log's line.
const evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\r\nSet-Cookie: evil=1\nlevel=ERROR msg=forged "

// sendRaw sends bytes as they are and gives the whole answer.
func sendRaw(s *program.Server, request string) string {
	s.T.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.Address, "http://"))
	must(s.T, err)
	defer c.Close()
	must(s.T, c.SetDeadline(time.Now().Add(program.Patience)))
	_, err = c.Write([]byte(request))
	must(s.T, err)
	answer, _ := io.ReadAll(c)
	return string(answer)
}

// fetchPage is the answer to a request without following where it leads.
func fetchPage(s *program.Server, method, path string, headers ...string) (*http.Response, string) {
	s.T.Helper()
	req, err := http.NewRequestWithContext(s.T.Context(), method, s.Address+path, nil)
	must(s.T, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	must(s.T, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(s.T, err)
	return res, string(body)
}

func TestHostileBodies(t *testing.T) {
	t.Parallel()
	a := startAttacked(t)
	stalls, one := "/api/v1/markets/"+a.market+"/stalls", "/api/v1/stalls/"+a.stall
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"a name twice": {"PATCH", one, `{"zone":"A","zone":"B"}`, 422, "duplicate_key"},
		"a nested name twice": {
			"POST", stalls,
			`{"number":"X","kind":"stall","goods_group":"khac","merchant":{"phone":"0905","phone":"0906"}}`, 422,
			"duplicate_key",
		},
		"an escaped name twice": {"PATCH", one, `{"zone":"A","\u007aone":"B"}`, 422, "duplicate_key"},
		"in what is stored unchanged": {
			"POST", "/api/v1/bank-connections",
			`{"provider":"sepay","name":"x","secrets":{"api_key":"a","api_key":"b"}}`, 422, "duplicate_key",
		},
		"a stranger's name twice": {
			"POST", "/api/v1/codes/verify", `{"payload":"a","payload":"b"}`, 422,
			"duplicate_key",
		},
		"another market's stall": {
			"PATCH", one, `{"market_id":"01a20719-9e93-7392-b7f6-bb9fee7e12a1"}`, 422,
			"unknown_field",
		},
		"a state of one's choice": {"PATCH", one, `{"state":"closed"}`, 422, "unknown_field"},
		"an id of one's choice": {
			"POST", "/api/v1/markets",
			`{"id":"01a20719-9e93-7392-b7f6-bb9fee7e12a1","code":"X1","name":"x","class":1,"kind":"khac","commune_code":"22366"}`, 422, "unknown_field",
		},
		"a name in capitals": {"PATCH", one, `{"Zone":"A"}`, 422, "unknown_field"},
		"what marks the demo": {
			"POST", "/api/v1/markets",
			`{"demo":true,"code":"X1","name":"x","class":1,"kind":"khac","commune_code":"22366"}`, 422,
			"unknown_field",
		},
		"a role while signing in": {
			"POST", "/api/v1/sessions",
			`{"login":"x","password":"y","role":"admin","scope":"all"}`, 422, "",
		},
		"an owner in a session": {
			"POST", "/api/v1/sessions", `{"login":"x","password":"y","user_id":"1"}`, 422,
			"unknown_field",
		},
		"a nested id": {
			"POST", stalls,
			`{"number":"X","kind":"stall","goods_group":"khac","merchant":{"full_name":"x","phone":"0905","role":"admin"}}`, 422, "unknown_field",
		},
		"a name in both": {"PATCH", one, `{"zone":"A","ZONE":"B"}`, 422, "unknown_field"},
		"__proto__":      {"PATCH", one, `{"__proto__":{"state":"closed"}}`, 422, "unknown_field"},
		"no JSON":        {"PATCH", one, `zone=A`, 400, "unreadable"},
		"a list":         {"PATCH", one, `[{"zone":"A"}]`, 422, ""},
		"deep":           {"PATCH", one, strings.Repeat(`{"zone":`, 10_000), 400, "too_deep"},
		"large":          {"PATCH", one, `{"zone":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "too_large"},
		"a number as no float": {
			"POST", one + "/confirmations",
			`{"amount":1e400,"occurred_at":"2026-11-20T10:00:00+07:00"}`, 400, "unreadable",
		},
		"an amount in another form": {
			"POST", one + "/confirmations",
			`{"amount":"4.5e4","occurred_at":"2026-11-20T10:00:00+07:00"}`, 422, "",
		},
		"NUL":              {"PATCH", one, `{"zone":"A\u0000B"}`, 422, "text_form"},
		"half a surrogate": {"POST", "/api/v1/codes/verify", `{"payload":"\ud800"}`, 400, "unreadable"},
		"SQL":              {"PATCH", one, `{"zone":"'; DROP TABLE stalls; --"}`, 200, ""},
	} {
		res, o := a.send(c.method, c.path, "application/json", c.body)
		if res.StatusCode != c.status || c.code != "" && o.Text("code") != c.code {
			t.Errorf("%s: %d %v", name, res.StatusCode, o)
		}
	}
	for _, kind := range []string{
		"application/xml", "application/x-www-form-urlencoded", "text/plain",
		"application/cbor", "application/yaml",
	} {
		if res, o := a.send("PATCH", one, kind,
			`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><zone>&e;</zone>`); res.StatusCode < 400 ||
			res.StatusCode > 422 {
			t.Errorf("%s: %d %v", kind, res.StatusCode, o)
		}
	}
}

// send is a request with the admin's key and a body as it is.
func (a *attacked) send(method, path, kind, body string) (*http.Response, object) {
	a.T.Helper()
	req, err := http.NewRequestWithContext(a.T.Context(), method, a.Address+path, strings.NewReader(body))
	must(a.T, err)
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Authorization", a.admin)
	res, err := http.DefaultClient.Do(req)
	must(a.T, err)
	defer res.Body.Close()
	var o object
	_ = json.NewDecoder(res.Body).Decode(&o)
	return res, o
}

// TestHostileNamesStayText: what people entered is text wherever it is shown, and ends no header
// and no line of a log.
func TestHostileNamesStayText(t *testing.T) {
	t.Parallel()
	a := startAttacked(t)
	_, code := a.register("<b>1", "9876543210", "<svg/onload=alert(1)>", evil)
	pages := []string{"/q/" + code, "/q/" + code + ".svg", "/docs"}
	for _, query := range []string{"?x=" + url.QueryEscape(evil), "?px=" + url.QueryEscape(evil)} {
		pages = append(pages, "/q/"+code+query, "/q/"+code+".png"+query, "/q/"+url.PathEscape(evil), "/docs"+query)
	}
	for _, path := range pages {
		res, body := fetchPage(a.Server, "GET", path, "User-Agent", "<script>alert(1)</script>", "Accept-Language",
			"<script>alert(1)</script>", "Referer", "<script>alert(1)</script>")
		if strings.Contains(res.Header.Get("Content-Type"), "html") || strings.Contains(res.Header.Get("Content-Type"),
			"svg") {
			for _, tag := range []string{"<script>alert", "<img src=x", "<svg/onload", "<b>1"} {
				if strings.Contains(body, tag) {
					t.Errorf("%s holds %s", path, tag)
				}
			}
		}
		policy := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") ||
			res.Header.Get("X-Content-Type-Options") != "nosniff" ||
			res.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: headers %v", path, res.Header)
		}
		if len(res.Cookies()) > 0 {
			t.Errorf("%s sets %v", path, res.Cookies())
		}
	}
	stall := a.CallAs(a.admin, "GET", "/api/v1/stalls/"+a.stall, nil, 200)
	if strings.ContainsAny(stall.Text("zone"), "\r\n") {
		t.Errorf("a line's end is stored: %q", stall.Text("zone"))
	}
	for _, path := range []string{
		"/%0d%0aSet-Cookie:%20evil=1", "/q/x%0d%0aSet-Cookie:%20evil=1",
		"/api/v1/stalls/x%0d%0aSet-Cookie:%20evil=1",
		"/api/v1/reports/adoption.csv?basis=x%0d%0aSet-Cookie:%20evil=1",
	} {
		if res, _ := fetchPage(
			a.Server,
			"GET",
			path,
			"Authorization",
			a.admin,
		); len(res.Cookies()) > 0 ||
			res.StatusCode < 400 {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
	}
	if lines := regexp.MustCompile(`(?m)^level=ERROR|forged`).FindAllString(a.Log.String(), -1); lines != nil {
		t.Errorf("the log holds %v", lines)
	}
}

// TestNoWayThroughPaths: nothing is served from the disk, no path leads to another site, no header
// names another path.
func TestNoWayThroughPaths(t *testing.T) {
	t.Parallel()
	a := startAttacked(t)
	for _, path := range []string{
		"/../../etc/passwd", "/q/../../etc/passwd", "/q/..%2f..%2fetc%2fpasswd", "/q/%2e%2e/%2e%2e/etc/passwd",
		"/docs/../../etc/passwd", "/docs/..%5c..%5cetc",
		"/demo/../../../etc/passwd", "/q/" + a.code + ".svg/../../etc/passwd", "/q/" + a.code + ".%2e%2e%2fx",
		"/api/v1/reports/../../../etc/passwd",
		"/api/v1/reports/adoption.csv?basis=../../etc/passwd", "//evil.example/%2e%2e", "//evil.example/docs/",
		"/\\evil.example", "/docs/", "/q/", "/healthz/",
		"/.git/config", "/.env", "/server-status", "/debug/pprof/", "/secret.key", "/data/secret.key",
	} {
		answer := sendRaw(a.Server, "GET "+path+
			" HTTP/1.1\r\nHost: x\r\nX-Forwarded-Prefix: //evil.example\r\nX-Original-Url: /api/v1/markets\r\nX-Rewrite-Url: /metrics\r\nConnection: close\r\n\r\n")
		status := strings.SplitN(answer, " ", 3)
		if len(status) < 3 || !slices.Contains([]string{"400", "401", "404"}, status[1]) ||
			strings.Contains(answer, "\r\nLocation:") || strings.Contains(answer, "root:") {
			t.Errorf("%s: %.300s", path, answer)
		}
	}
	for _, path := range []string{"/docs", "/q/" + a.code, "/openapi.json", "/q/" + a.code + ".svg"} {
		answer := sendRaw(a.Server, "GET "+path+
			" HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 200") || strings.Contains(answer, "evil.example") {
			t.Errorf("%s repeats a host of the caller's choice: %.200s", path, answer)
		}
	}
}

// TestMalformedRequests: what proxies and servers have been made to read in two ways is refused,
// and a large header is.
func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	a := startAttacked(t)
	const post = "POST /api/v1/codes/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	for name, c := range map[string]struct{ request, status string }{
		"two lengths":         {post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "400"},
		"a doubtful length":   {post + "Content-Length: +2\r\n\r\n{}", "400"},
		"an unknown encoding": {post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "501"},
		"a space in a header": {post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "400"},
		"no host":             {"GET /healthz HTTP/1.1\r\n\r\n", "400"},
		"two hosts":           {"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
		"a large header": {
			"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n",
			"431",
		},
		"TRACE": {"TRACE /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405"},
		"CONNECT": {
			"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n",
			"404",
		},
		"as a proxy": {"GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r\n\r\n", "404"},
	} {
		if answer := sendRaw(a.Server, c.request); !strings.HasPrefix(answer, "HTTP/1.1 "+c.status) ||
			strings.Count(answer, "HTTP/1.1 ") != 1 {
			t.Errorf("%s: %.200s", name, answer)
		}
	}
	for _, header := range []string{"X-HTTP-Method-Override", "X-Method-Override", "_method"} {
		if res, _ := fetchPage(a.Server, "POST", "/api/v1/markets/"+a.market, "Authorization", a.admin, header,
			"GET"); res.StatusCode != 405 {
			t.Errorf("%s: %d", header, res.StatusCode)
		}
	}
}

// TestOtherSitesReadNothing: no route answers another origin's question whether it may read.
func TestOtherSitesReadNothing(t *testing.T) {
	t.Parallel()
	a := startAttacked(t)
	for _, path := range []string{"/api/v1/markets", "/api/v1/sessions", "/api/v1/codes/verify", "/q/" + a.code, "/q/" +
		a.code + ".svg", "/docs", "/openapi.json", "/healthz", "/webhooks/sepay/x"} {
		for _, method := range []string{"OPTIONS", "GET", "POST"} {
			res, _ := fetchPage(
				a.Server,
				method,
				path,
				"Origin",
				"https://evil.example",
				"Access-Control-Request-Method",
				"POST",
				"Access-Control-Request-Headers",
				"authorization",
			)
			for name := range res.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s: %s: %s", method, path, name, res.Header.Get(name))
				}
			}
		}
	}
}

// TestNoCellOfAnExportIsAFormula: spreadsheets run what begins with = + - @ or a tab (CWE-1236).
func TestNoCellOfAnExportIsAFormula(t *testing.T) {
	t.Parallel()
	a := startAttacked(t)
	for _, code := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", `="x"`} {
		a.CallAs(a.admin, "POST", "/api/v1/markets", hostileMarket(code), 422)
	}
	a.CallAs(a.admin, "POST", "/api/v1/markets", object{
		"code": "F1", "name": "=cmd|' /C calc'!A0", "class": 1,
		"kind": "khac", "commune_code": "22366",
	}, 201)
	for _, export := range []string{
		"/api/v1/reports/adoption.csv?basis=current",
		"/api/v1/reports/adoption.csv?basis=districts_2024",
	} {
		res, body := fetchPage(a.Server, "GET", export, "Authorization", a.admin)
		rows, err := csv.NewReader(
			bufio.NewReader(bytes.NewReader([]byte(strings.TrimPrefix(body, "\uFEFF"))))).ReadAll()
		if err != nil || len(rows) < 2 || res.Header.Get("Content-Disposition") == "" ||
			res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Fatalf("%s: %d %v %v", export, res.StatusCode, err, res.Header)
		}
		for _, cell := range slices.Concat(rows...) {
			// -0.12 is a number
			if _, err := strconv.ParseFloat(cell, 64); err != nil && cell != "" && strings.Contains("=+-@\t\r",
				cell[:1]) {
				t.Errorf("%s holds %q", export, cell)
			}
		}
	}
}

// TestTheCallersAddressIsNoWordOfItsOwn: a session and the trail show where a request came from,
// whatever it says.
func TestTheCallersAddressIsNoWordOfItsOwn(t *testing.T) {
	t.Parallel()
	for trusted, want := range map[string]string{
		"": "127.0.0.1", "10.0.0.0/8": "127.0.0.1",
		"127.0.0.0/8": "198.51.100.7",
	} {
		s := startAttacked(t, "TRUSTED_PROXIES="+trusted)
		res, _ := s.Visit("POST", "/api/v1/sessions", object{"login": "x", "password": "y"}, "X-Forwarded-For",
			"6.6.6.6, 198.51.100.7", "X-Real-Ip", "6.6.6.6", "Forwarded", "for=6.6.6.6")
		if res.StatusCode != 401 {
			t.Errorf("signing in: %d", res.StatusCode)
		}
		last, _ := s.CallAs(s.admin, "GET", "/api/v1/audit?limit=1", nil, 200).Items()[0].(map[string]any)
		at, port, err := net.SplitHostPort(object(last).Text("address"))
		if err != nil || at != want || port == "0" || object(last).Text("route") != "/api/v1/sessions" {
			t.Errorf("with %q trusted the trail says %v", trusted, last)
		}
	}
}

// TestFalseUploads: a file is what its bytes say, whatever it is called and said to be.
func TestFalseUploads(t *testing.T) {
	t.Parallel()
	a := startAttacked(t)
	for name, c := range map[string]struct {
		file, content string
		status        int
		code          string
	}{
		"a picture":               {"sap.csv", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", 422, "encoding_unknown"},
		"a program":               {"sap.csv", "\x7fELF\x02\x01\x01\x00\x00", 422, "encoding_unknown"},
		"a page":                  {"sap.csv", "<html><script>alert(1)</script></html>", 422, "header_missing"},
		"a page as a workbook":    {"sap.xlsx", "<html><script>alert(1)</script></html>", 422, "file_unreadable"},
		"gzip as a workbook":      {"sap.xlsx", "\x1f\x8b\x08\x00\x00\x00\x00\x00", 422, "file_unreadable"},
		"any archive":             {"sap.xlsx", emptyArchive(t, "x.txt"), 422, "file_unreadable"},
		"an archive with a way":   {"sap.xlsx", emptyArchive(t, "../../../etc/cron.d/x"), 422, "file_unreadable"},
		"half an archive":         {"sap.xlsx", "PK\x03\x04\x14\x00", 422, "file_unreadable"},
		"an old workbook":         {"sap.csv", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 422, "unsupported_file"},
		"another kind":            {"sap.svg", "<svg/>", 422, "unsupported_file"},
		"a name that is a way":    {"../../../../etc/passwd", "x", 422, "header_missing"},
		"nothing":                 {"sap.csv", "", 422, "header_missing"},
		"formulas are only text":  {"sap.csv", "Sạp số,Họ tên\n=1+1,=cmd|' /C calc'!A0\n", 200, ""},
		"more than a list may be": {"sap.csv", strings.Repeat("x", 6<<20), 413, "too_large"},
	} {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		file, err := w.CreateFormFile("file", c.file)
		must(t, err)
		_, err = io.WriteString(file, c.content)
		must(t, err)
		must(t, w.Close())
		if res, o := a.send("POST", "/api/v1/markets/"+a.market+"/stalls/import?dry_run=true", w.FormDataContentType(),
			form.String()); res.StatusCode != c.status || o.Text("code") != c.code {
			t.Errorf("%s: %d %v", name, res.StatusCode, o)
		}
	}
}

// emptyArchive is a zip file with one empty part.
func emptyArchive(t *testing.T, part string) string {
	t.Helper()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	_, err := w.Create(part)
	must(t, err)
	must(t, w.Close())
	return archive.String()
}
