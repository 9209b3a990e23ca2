package codes_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"market40/merchants/vietqr"
)

func (w *world) verify(payload string) object {
	w.T.Helper()
	return w.Call("", "POST", "/api/v1/codes/verify", object{"payload": payload}, 200)
}

func encodeText(t *testing.T, p vietqr.Payment) string {
	t.Helper()
	text, err := vietqr.Encode(p)
	must(t, err)
	return text
}

func TestVerifyNamesTheStallOfACode(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path := "/api/v1/stalls/" + s.Text("id")
	payload, code := s.Text("code.payload"), s.Text("code.code")
	expect := func(name, payload string, want map[string]string) {
		t.Helper()
		v := w.verify(payload)
		for field, value := range want {
			if v.Text(field) != value {
				t.Errorf("%s: %s is %q, want %q: %v", name, field, v.Text(field), value, v)
			}
		}
		if strings.Contains(strings.ToLower(v.Text("stall")), "đậm") {
			t.Errorf("%s: a name is shown: %v", name, v)
		}
	}
	expect("current", payload, map[string]string{
		"verdict": "official", "state": "current", "stall.id": s.Text("id"), "stall.number": "A1",
		"stall.market": "Chợ CHODAM",
	})
	w.Call(w.Admin, "POST", path+"/codes", nil, 201)
	expect("superseded", payload, map[string]string{"verdict": "official", "state": "superseded"})
	expect("swapped", encodeText(t, vietqr.Payment{BIN: "970436", Account: "6666", Purpose: code}),
		map[string]string{"verdict": "swapped", "state": "", "stall.number": "A1"})
	expect("swapped to another bank", encodeText(t, vietqr.Payment{BIN: "970415", Account: "1111", Purpose: code}),
		map[string]string{"verdict": "swapped"})
	expect("own account", encodeText(t, vietqr.Payment{BIN: "970436", Account: "1111", Purpose: "mua ca"}),
		map[string]string{"verdict": "own_account", "stall.number": "A1"})
	expect("foreign", encodeText(t, vietqr.Payment{BIN: "970436", Account: "7777"}),
		map[string]string{"verdict": "foreign", "scheme": "vietqr-ibft-account", "stall": ""})
	expect("empty", "", map[string]string{"verdict": "invalid", "code": "EMPTY", "offset": "0", "lenient": "false"})
	expect("one character changed", strings.Replace(payload, "1111", "1112", 1), map[string]string{
		"verdict": "invalid",
		"code":    "CRC_MISMATCH", "lenient": "false",
	})
	expect("too long", strings.Repeat("9", 600), map[string]string{"verdict": "invalid", "code": "TOO_LONG"})
	expect("lower-case CRC", payload[:len(payload)-4]+"beef", map[string]string{"verdict": "invalid"})

	w.Call(w.SignInAdmin(), "POST", path+"/close", nil, 200)
	expect("revoked", payload, map[string]string{"verdict": "official", "state": "revoked"})
	expect("account without a stall now", encodeText(t, vietqr.Payment{BIN: "970436", Account: "1111"}),
		map[string]string{"verdict": "foreign"})
	w.Call("", "POST", "/api/v1/codes/verify", object{}, 422)
}

func TestAStickerIsCheckedAtItsStall(t *testing.T) {
	w := newWorld(t)
	a, b := w.Stall("A1", "1111"), w.Stall("B1", "2222")
	team := w.Key("team", "market:CHODAM")
	path := "/api/v1/stalls/" + a.Text("id") + "/checks"
	old := a.Text("code.payload")
	current := w.Call(w.Admin, "POST", "/api/v1/stalls/"+a.Text("id")+"/codes", nil, 201).Text("payload")
	for _, c := range []struct{ payload, verdict, found string }{
		{current, "official", "official"},
		{old, "superseded", "official"},
		{b.Text("code.payload"), "swapped", "official"},
		{encodeText(t, vietqr.Payment{BIN: "970436", Account: "9", Purpose: a.Text("code.code")}), "swapped", "swapped"},
		{encodeText(t, vietqr.Payment{BIN: "970436", Account: "1111"}), "own_account", "own_account"},
		{encodeText(t, vietqr.Payment{BIN: "970436", Account: "2222"}), "foreign", "own_account"},
		{"", "invalid", "invalid"},
	} {
		check := w.Call(team, "POST", path, object{"payload": c.payload}, 201)
		if check.Text("verdict") != c.verdict || check.Text("found.verdict") != c.found {
			t.Errorf("%q at A1 is %v, want %s", c.payload, check, c.verdict)
		}
	}
	var recorded, named int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*), count(code) FROM code_checks WHERE stall_id = $1`,
		a.Text("id")).Scan(&recorded, &named))
	if recorded != 7 || named != 4 {
		t.Errorf("%d checks are recorded, %d with a code of ours", recorded, named)
	}
	w.Refuse(w.Key("auditor", ""), "POST", path, object{"payload": ""}, 403, "not_allowed")
	w.Call(w.Key("team", "stall:"+b.Text("id")), "POST", path, object{"payload": ""}, 404)
}

func TestPrintedCodesReadAsTheirText(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	url := s.Text("code.url")
	text := string(w.Fetch("", url+".txt", 200))
	if text != s.Text("code.payload") {
		t.Errorf("the text is %q", text)
	}
	for _, px := range []string{"", "?px=200", "?px=1024"} {
		if got := readWithZbar(t, w.Fetch("", url+".png"+px, 200)); got != text {
			t.Errorf("zbar reads %q from the image%s, want %q", got, px, text)
		}
	}
	if svg := w.Fetch("", url+".svg", 200); !bytes.HasPrefix(svg, []byte("<svg")) {
		t.Errorf("the SVG begins %.40q", svg)
	}
	page := string(w.Fetch("", strings.ToLower(url), 200)) // as someone types it
	for _, want := range []string{
		"Sạp A1", "Chợ CHODAM", "Trần Thị Đậm", "Vietcombank ••••11", url + ".png",
		"/q/shop.css", "Mã chính thức",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	w.Fetch("", "/q/shop.css", 200)
	for _, px := range []string{"0", "20", "4097", "wide"} {
		w.Fetch("", url+".png?px="+px, 422)
	}
	for _, missing := range []string{"/q/M4J2222222AB", "/q/nothing", "/q/.png", url + ".gif", "/q/%00.png"} {
		w.Fetch("", missing, 404)
	}
	w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+s.Text("id")+"/close", nil, 200)
	w.Fetch("", url, 410)
	w.Fetch("", url+".png", 410)
	w.Fetch("", url+".txt", 410)
}

// readWithZbar reads an image with an independent reader (Debian zbar-tools).
func readWithZbar(t testing.TB, image []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "code.png")
	must(t, os.WriteFile(name, image, 0o600))
	out, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable",
		name).Output()
	must(t, err)
	return strings.TrimSpace(string(out))
}
