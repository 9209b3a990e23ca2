package exports_test

import (
	"bytes"
	"compress/zlib"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/migrations/database/worldtest"
	"market40/reports"
	"market40/reports/exports"
	"market40/reports/exports/document"
	"market40/reports/figures"
	"market40/reports/periodic"
	"market40/reports/scope"
)

var must = worldtest.Must

// signer is the platform's signing key in these tests.
var signer = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{40}, ed25519.SeedSize))

func publicKey() ed25519.PublicKey { return signer.Public().(ed25519.PublicKey) }

// sealContent freezes a content as the program does.
func sealContent(t testing.TB, content *document.Content) *document.Seal {
	t.Helper()
	raw, err := json.Marshal(content)
	must(t, err)
	raw, err = periodic.Canonical(raw)
	must(t, err)
	return signRaw(raw)
}

// signRaw returns a seal, signed by the test key, around content in canonical form.
func signRaw(raw []byte) *document.Seal {
	digest := sha256.Sum256(raw)
	return &document.Seal{
		SHA256:    hex.EncodeToString(digest[:]),
		Signature: base64.StdEncoding.EncodeToString(ed25519.Sign(signer, digest[:])),
		Content:   raw,
	}
}

func newDocument(t testing.TB, content *document.Content) *document.Document {
	t.Helper()
	d, err := document.Open(sealContent(t, content))
	must(t, err)
	return d
}

func writeDocument(t testing.TB, d *document.Document, kind string) []byte {
	t.Helper()
	var out bytes.Buffer
	must(t, exports.Kinds[kind].Write(&out, d))
	return out.Bytes()
}

func text(s string) *string { return &s }

// rate returns a share of merchants, with its evidence.
func rate(n, of int, mix figures.Evidence) figures.Figure {
	f := figures.Figure{Numerator: figures.Count(n), Denominator: figures.Count(of), Evidence: &mix, Definition: 1}
	if of > 0 {
		f.Value = text(fmt.Sprintf("%.4f", float64(n)/float64(of)))
	}
	return f
}

func hiddenFigure(of int) figures.Figure {
	return figures.Figure{Denominator: figures.Count(of), Suppressed: true, Definition: 1}
}

func coveredFigure(f figures.Figure, n, of int) figures.Figure {
	f.Coverage = &figures.Share{
		Numerator: &n, Denominator: of,
		Value: text(fmt.Sprintf("%.4f", float64(n)/float64(of))),
	}
	return f
}

// unitFigures returns the figures of a unit with mop merchants.
func unitFigures(mop int) figures.Figures {
	active, ready := mop*58/100, mop*76/100
	i05 := coveredFigure(rate(active, mop, figures.Evidence{A: active - 6, B: 6}), mop*8/10, mop)
	i05.Parts = map[string]figures.Figure{"strict": rate(active/2, mop, figures.Evidence{A: active / 2})}
	money := figures.Count(1_234_567_000)
	money.Money = true
	fresh := time.Date(2026, 10, 31, 16, 59, 0, 0, time.UTC)
	i09 := figures.Figure{
		Numerator: figures.Count(active * 11), Denominator: figures.Count(active),
		Value: text("11.0000"), Definition: 1, FreshAt: &fresh,
	}
	return figures.Figures{
		"I01": rate(mop*92/100, mop, figures.Evidence{C: mop * 92 / 100}), "I02": rate(mop/2, mop,
			figures.Evidence{A: mop / 2}), "I03": rate(ready, mop, figures.Evidence{B: 10, D: ready - 10}),
		"I04": coveredFigure(rate(active*2/3, mop, figures.Evidence{A: active * 2 / 3}), mop*8/10, mop), "I05": i05,
		"I06": {
			Numerator: figures.Count(ready - active), Denominator: figures.Count(mop),
			Value: text(fmt.Sprintf("%.4f", float64(ready-active)/float64(mop))), Definition: 1,
		},
		"I07": {
			Numerator: figures.Count(182), Denominator: figures.Count(410), Value: text("0.4439"),
			Interval: &figures.Interval{Low: "0.3120", High: "0.5715"}, Evidence: &figures.Evidence{D: 182},
			Definition: 2,
		},
		"I09": i09,
		"I10": {
			Denominator: figures.Count(active * 11), Definition: 1,
			Parts: map[string]figures.Figure{
				"to_50k":  rate(active*6, active*11, figures.Evidence{A: active * 6}),
				"to_200k": rate(active*5, active*11, figures.Evidence{A: active * 5}),
			},
		},
		"I13": {Definition: 1}, "I18": coveredFigure(rate(mop/5, mop, figures.Evidence{A: mop / 5}), mop*8/10, mop),
		"I23": {Numerator: money, Denominator: figures.Count(active), Value: text("152341.1234"), Definition: 1},
	}
}

// octoberReport returns the report of the eight districts for October 2026. It is invented and has every
// form of figure.
func octoberReport() *document.Content {
	district := func(code, name string) scope.Locality {
		return scope.Locality{ID: uuid.NewSHA1(uuid.Nil, []byte(code)), Level: "district", Code: code, Name: name}
	}
	c := &document.Content{
		Campaign: &document.Campaign{
			Code:     "CHO40-2024",
			Name:     "Mô hình chợ 4.0 – chợ thanh toán không dùng tiền mặt trên địa bàn tỉnh Khánh Hòa",
			LegalRef: "Kế hoạch số 5683/KH-UBND ngày 28/5/2024",
		},
		Kind: "month", Period: "2026-10", Basis: "districts_2024", AsOf: "2026-11-01", Demo: true,
		Definitions: []document.Definition{
			{
				Code:    "I05",
				Version: 1,
				Name:    "Tỷ lệ tiểu thương có giao dịch không tiền mặt trong 30 ngày",
				English: "active_30d_rate",
				Unit:    "share",
				Formula: "tiểu thương có ít nhất 1 giao dịch được xác nhận trong [d−30, d) ÷ tiểu thương đang kinh doanh",
				Prose:   "Tính mỗi tiểu thương một lần; giao dịch đã hoàn lại không tính.",
				Parts:   []document.Part{{Key: "strict", Name: "trên ít nhất 4 ngày khác nhau"}},
			},
			{
				Code: "I10", Version: 1, Name: "Cơ cấu giao dịch theo mức tiền", Unit: "bands",
				Parts: []document.Part{
					{Key: "to_50k", Name: "đến 50.000 đ"},
					{Key: "to_200k", Name: "50.000 – 200.000 đ"},
				},
			},
		},
	}
	add := func(l scope.Locality, f figures.Figures, status string, markets ...string) {
		row := reports.Row{Locality: l, Indicators: f, Markets: []scope.Market{}}
		if status != "" {
			row.Status.Code = &status
		}
		for _, name := range markets {
			row.Markets = append(row.Markets, scope.Market{ID: uuid.NewSHA1(uuid.Nil, []byte(name)), Code: "CHO-" +
				l.Code, Name: name, Demo: true})
		}
		c.Report.Rows = append(c.Report.Rows, row)
		c.Units = append(c.Units, document.Unit{Locality: l, Markets: row.Markets})
	}
	add(district("568", "Thành phố Nha Trang"), unitFigures(964), "dat", "Chợ Đầm")
	add(district("569", "Thành phố Cam Ranh"), unitFigures(338), "chua_dat", "Chợ Ba Ngòi")
	add(district("570", "Huyện Cam Lâm"), unitFigures(171), "can_chu_y", "Chợ Cam Đức")
	add(district("571", "Huyện Vạn Ninh"), unitFigures(244), "chua_dat", "Chợ Vạn Giã")
	add(district("572", "Thị xã Ninh Hòa"), unitFigures(401), "dat", "Chợ Dinh")
	small := unitFigures(52)
	for _, code := range []string{"I01", "I02", "I03", "I04", "I05", "I06", "I18"} {
		small[code] = hiddenFigure(52)
	}
	add(district("573", "Huyện Khánh Vĩnh"), small, "chua_du_du_lieu", "Chợ Khánh Vĩnh")
	add(district("574", "Huyện Diên Khánh"), unitFigures(288), "chua_dat", "Chợ Thành")
	add(district("575", "Huyện Khánh Sơn"), figures.Figures{
		"I01": rate(0, 41, figures.Evidence{}),
		"I05": {Definition: 1},
	}, "chua_du_du_lieu", "Chợ Tô Hạp")
	add(district("576", "Huyện Trường Sa"), figures.Figures{
		"I01": rate(0, 0, figures.Evidence{}),
		"I05": rate(0, 0, figures.Evidence{}),
	}, "")
	c.Report.Basis, c.Report.AsOf, c.Report.Campaign = c.Basis, c.AsOf, &c.Campaign.Code
	c.Report.Total = unitFigures(2458)
	reason := "không có chợ trên đảo"
	c.Statuses = []document.Standing{{Locality: c.Report.Rows[8].Locality, State: "exempt", ExemptReason: &reason}}
	c.Frozen = &document.Frozen{
		Report:  "01a20719-5a3c-7d20-9b1f-3f2a7c9e4d10",
		Version: 2,
		At: time.Date(2026, 11, 3, 8,
			15, 0, 0, time.UTC),
		Reason: "bổ sung sao kê tháng 10",
	}
	for i := range c.Report.Rows[:5] {
		n := func(n int) *int { n -= i * 50; return &n }
		c.Report.Rows[i].Funnel = &figures.Funnel{
			Registered: n(880), Verified: n(800), Printed: n(760),
			FirstPayment: n(640), Active: n(560), Habitual: n(310),
		}
	}
	return c
}

// convertFile converts a file to another kind with LibreOffice, which shares no code with this program.
func convertFile(t testing.TB, name string, raw []byte, to string) []byte {
	t.Helper()
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, name), raw, 0o600))
	cmd := exec.CommandContext(t.Context(), "soffice", "-env:UserInstallation=file://"+filepath.Join(folder, "profile"),
		"--headless", "--convert-to", to, "--outdir", filepath.Join(folder, "out"), filepath.Join(folder, name))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v: %s", err, out)
	}
	made, err := filepath.Glob(filepath.Join(folder, "out", "*"))
	must(t, err)
	if len(made) != 1 {
		t.Fatalf("soffice made %v of %s", made, name)
	}
	out, err := os.ReadFile(made[0])
	must(t, err)
	return out
}

// TestShots writes every kind of file to the folder SHOTS, for people to look at.
func TestShots(t *testing.T) {
	folder := os.Getenv("SHOTS")
	if folder == "" {
		t.Skip("SHOTS names no folder")
	}
	d := newDocument(t, octoberReport())
	for kind := range exports.Kinds {
		must(t, os.WriteFile(filepath.Join(folder, "report."+kind), writeDocument(t, d, kind), 0o600))
	}
}

// redrawPDF replaces a text in the first page of a PDF and rewrites the file with correct object
// offsets.
func redrawPDF(t testing.TB, raw []byte, old, next string) []byte {
	t.Helper()
	wide := func(s string) []byte {
		b := []byte{}
		for _, r := range s {
			b = append(b, byte(r>>8), byte(r))
		}
		return b
	}
	var out bytes.Buffer
	done := false
	places := []int{}
	at := bytes.Index(raw, []byte(" 0 obj"))
	for raw[at-1] != '\n' {
		at--
	}
	out.Write(raw[:at])
	for !bytes.HasPrefix(raw[at:], []byte("xref")) {
		places = append(places, out.Len())
		end := at + bytes.Index(raw[at:], []byte("endobj\n")) + len("endobj\n")
		object := raw[at:end]
		if head, rest, has := bytes.Cut(object, []byte("stream\n")); has && !done &&
			bytes.Contains(head, []byte("/FlateDecode")) {
			packed, err := zlib.NewReader(bytes.NewReader(rest))
			must(t, err)
			stream, err := io.ReadAll(packed)
			if err == nil && bytes.Contains(stream, wide(old)) {
				var again bytes.Buffer
				w := zlib.NewWriter(&again)
				_, err = w.Write(bytes.Replace(stream, wide(old), wide(next), 1))
				must(t, err)
				must(t, w.Close())
				head = regexp.MustCompile(`/Length \d+`).ReplaceAll(head, fmt.Appendf(nil, "/Length %d", again.Len()))
				object = slices.Concat(head, []byte("stream\n"), again.Bytes(), []byte("\nendstream\nendobj\n"))
				done = true
			}
		}
		out.Write(object)
		at = end
	}
	if !done {
		t.Fatalf("no page prints %q", old)
	}
	// Objects are numbered in the order of their offsets, except for a few numbers that fpdf
	// reserves.
	numbers := map[int]int{}
	for _, place := range places {
		var n int
		_, err := fmt.Sscanf(string(out.Bytes()[place:place+12]), "%d", &n)
		must(t, err)
		numbers[n] = place
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(numbers)+1)
	for n := 1; n <= len(numbers); n++ {
		fmt.Fprintf(&out, "%010d 00000 n \n", numbers[n])
	}
	trailer := raw[bytes.LastIndex(raw, []byte("trailer")):bytes.LastIndex(raw, []byte("startxref"))]
	out.Write(trailer)
	fmt.Fprintf(&out, "startxref\n%d\n%%%%EOF\n", table)
	return out.Bytes()
}
