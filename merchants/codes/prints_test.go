package codes_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"market40/merchants/platform/web/webtest"
	"market40/merchants/registertest"
)

// printed requests a PDF and returns the codes that an independent reader finds on its pages, and
// how many pages it has.
func (w *world) printed(key, path string) (codes []string, pages int) {
	w.T.Helper()
	rec := w.Send(key, "GET", path, nil)
	if rec.Code != 200 || rec.Header().Get("Content-Type") != "application/pdf" {
		w.T.Fatalf("%s is answered %d %s", path, rec.Code, rec.Body)
	}
	folder := w.T.TempDir()
	file := filepath.Join(folder, "x.pdf")
	must(w.T, os.WriteFile(file, rec.Body.Bytes(), 0o600))
	must(w.T, exec.CommandContext(w.T.Context(), "pdftoppm", "-png", "-gray", "-r", "150", file,
		filepath.Join(folder, "page")).Run())
	names, err := filepath.Glob(filepath.Join(folder, "page*.png"))
	must(w.T, err)
	for _, name := range names {
		raw, err := os.ReadFile(name)
		must(w.T, err)
		codes = append(codes, strings.Split(readWithZbar(w.T, raw), "\n")...)
	}
	slices.Sort(codes)
	return codes, len(names)
}

func TestPostersPayTheirStalls(t *testing.T) {
	w := newWorld(t)
	first, second := w.Stall("A1", "1111"), w.Stall("A2", "2222")
	// without a code
	w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", object{
		"number": "A3", "kind": "stall",
		"goods_group": "rau", "zone": "Khu rau",
	}, 201)
	both := []string{first.Text("code.payload"), second.Text("code.payload")}
	slices.Sort(both)

	market := "/api/v1/markets/" + w.Market + "/posters.pdf"
	for query, want := range map[string]int{
		"": 1, "?size=a5": 1, "?size=sticker": 1, "?size=a4": 2,
		"?layout=single": 2, "?size=a6&stalls=" + first.Text("id") + "," + second.Text("id"): 1,
		"?stalls=a1,%20A2": 1,
	} {
		if codes, pages := w.printed(w.Admin, market+query); !slices.Equal(codes, both) || pages != want {
			t.Errorf("%s prints %d pages with %q, want %d with %q", query, pages, codes, want, both)
		}
	}
	if codes, _ := w.printed(w.Key("manager", "market:CHODAM"), "/api/v1/codes/"+first.Text("code.code")+
		"/poster.pdf"); !slices.Equal(codes, []string{first.Text("code.payload")}) {
		t.Errorf("the manager's poster pays %q", codes)
	}
	merchant := w.Key("merchant", "stall:"+first.Text("id"))
	if codes, _ := w.printed(merchant, market); !slices.Equal(codes, []string{first.Text("code.payload")}) {
		t.Errorf("a merchant prints %q of the market", codes)
	}
}

func TestPostersAreRefused(t *testing.T) {
	w := newWorld(t)
	first, second := w.Stall("A1", "1111"), w.Stall("A2", "2222")
	path := "/api/v1/codes/" + first.Text("code.code") + "/poster.pdf"
	market := "/api/v1/markets/" + w.Market + "/posters.pdf"
	w.Call(w.Key("merchant", "stall:"+second.Text("id")), "GET", path, nil, 404)
	w.Call(w.Key("manager", "market:"+w.RegisterMarket(w.Admin, "CHODINH", "22366")), "GET", path, nil, 404)
	w.Call(w.Key("locality_officer", "locality:568"), "GET", path, nil, 403)
	w.Call("", "GET", path, nil, 401)
	webtest.CheckIndependentReaders(t, w.Edge.Engine, market, w.Admin, w.Key("manager", "market:"+w.Market))
	for _, query := range []string{"?size=a3", "?layout=wall", "?stalls=x"} {
		w.Call(w.Admin, "GET", market+query, nil, 422)
	}
	w.Call(w.Admin, "GET", market+"?zone=nowhere", nil, 404)
	w.Call(w.Admin, "GET", "/api/v1/codes/nothing/poster.pdf", nil, 404)
	w.Call(w.Admin, "POST", "/api/v1/stalls/"+first.Text("id")+"/codes", object{}, 201)
	w.Call(w.Admin, "GET", path, nil, 410)
}

// TestPostersAreInTheOrderOfTheMarket: by zone, each on sheets of its own, and by number as people
// count.
func TestPostersAreInTheOrderOfTheMarket(t *testing.T) {
	w := newWorld(t)
	for i, at := range [][2]string{
		{"B-1", "Khu thịt"},
		{"A-10", "Khu cá"},
		{"A-2", "Khu cá"},
		{"B-1a", "Khu cá"},
		{"7", "Khu cá"},
		{"A-1", "Khu cá"},
		{"9", "Khu 10"},
		{"8", "Khu 9"},
	} {
		w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", object{
			"number":      at[0],
			"kind":        "stall",
			"goods_group": "hai_san",
			"zone":        at[1],
			"merchant": w.Merchant(
				fmt.Sprint("Lan ", i),
			),
			"account": registertest.Account("970436", fmt.Sprint("33330000", i)),
		}, 201)
	}
	read := func(query string) (pages []string) {
		rec := w.Send(w.Admin, "GET", "/api/v1/markets/"+w.Market+"/posters.pdf"+query, nil)
		file := filepath.Join(t.TempDir(), "x.pdf")
		must(t, os.WriteFile(file, rec.Body.Bytes(), 0o600))
		text, err := exec.CommandContext(t.Context(), "pdftotext", file, "-").Output()
		must(t, err)
		for page := range strings.SplitSeq(strings.TrimSuffix(string(text), "\f"), "\f") {
			var stalls []string
			for line := range strings.Lines(page) {
				if number, is := strings.CutPrefix(strings.TrimSpace(line), "Sạp "); is {
					stalls = append(stalls, number)
				}
			}
			pages = append(pages, strings.Join(stalls, " "))
		}
		return pages
	}
	if got, want := read("?layout=single"), []string{"8", "9", "7", "A-1", "A-2", "A-10", "B-1a", "B-1"}; !slices.Equal(
		got, want) {
		t.Errorf("one by one they are %q, want %q", got, want)
	}
	if got := read(""); len(got) != 5 || got[0] != "8" || got[1] != "9" || len(strings.Fields(got[2])) != 4 ||
		got[3] != "B-1a" || got[4] != "B-1" {
		t.Errorf("the sheets hold %q", got)
	}
	if got := read("?zone=Khu+thịt"); !slices.Equal(got, []string{"B-1"}) {
		t.Errorf("a zone's sheets hold %q", got)
	}
}
