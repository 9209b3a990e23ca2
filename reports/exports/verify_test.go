package exports_test

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"market40/reports/exports"
	"market40/reports/exports/document"
	"market40/reports/exports/verify"
	"market40/reports/periodic"
)

// lookupOf returns a lookup that knows only one seal.
func lookupOf(s *document.Seal) func(string) (*document.Seal, error) {
	return func(hash string) (*document.Seal, error) {
		if hash != s.SHA256 {
			return nil, errors.New("not here")
		}
		return s, nil
	}
}

// writeEvery returns a frozen report in every kind of file, including JSON.
func writeEvery(t testing.TB) (*document.Seal, map[string][]byte) {
	t.Helper()
	seal := sealContent(t, octoberReport())
	d, err := document.Open(seal)
	must(t, err)
	files := map[string][]byte{}
	for kind := range exports.Kinds {
		files[kind] = writeDocument(t, d, kind)
	}
	files["json"], err = json.MarshalIndent(seal, "", "  ")
	must(t, err)
	return seal, files
}

func TestEveryKindIsProven(t *testing.T) {
	t.Parallel()
	seal, files := writeEvery(t)
	for kind, raw := range files {
		proof, err := verify.Check(raw, publicKey(), lookupOf(seal))
		must(t, err)
		if !proof.Proven() || proof.Kind != kind || proof.Compared == 0 {
			t.Errorf("%s: %s %v", kind, proof.Kind, proof.Faults)
		}
		stranger := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)).Public().(ed25519.PublicKey)
		if proof, err := verify.Check(raw, stranger, lookupOf(seal)); err != nil || proof.Proven() {
			t.Errorf("%s is proven with a foreign key, %v", kind, err)
		}
		if kind != "csv" {
			if proof, err := verify.Check(raw, publicKey(), nil); err != nil || !proof.Proven() {
				t.Errorf("%s cannot be run alone: %v", kind, err)
			}
		} else if _, err := verify.Check(raw, publicKey(), nil); !errors.Is(err, verify.ErrNoContent) {
			t.Errorf("a CSV alone: %v", err)
		}
	}
}

// The same report gives the same bytes; otherwise a PDF could not be compared with another.
func TestAFileHasNothingOfItsDay(t *testing.T) {
	t.Parallel()
	d := newDocument(t, octoberReport())
	for kind := range exports.Kinds {
		first := writeDocument(t, d, kind)
		for range 5 {
			// a workbook contains the time of writing
			if kind != "xlsx" && !bytes.Equal(first, writeDocument(t, d, kind)) {
				t.Fatalf("%s differs from itself", kind)
			}
		}
	}
}

// rewriteZip rewrites a zip file after changing its parts.
func rewriteZip(t testing.TB, raw []byte, change func(name string, part []byte) []byte) []byte {
	t.Helper()
	from, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	must(t, err)
	var out bytes.Buffer
	to := zip.NewWriter(&out)
	for _, file := range from.File {
		r, err := file.Open()
		must(t, err)
		part, err := io.ReadAll(r)
		must(t, err)
		w, err := to.Create(file.Name)
		must(t, err)
		_, err = w.Write(change(file.Name, part))
		must(t, err)
	}
	must(t, to.Close())
	return out.Bytes()
}

// TestTampering makes one plausible change to each file and expects an error that names the figure.
func TestTampering(t *testing.T) {
	t.Parallel()
	seal, files := writeEvery(t)
	in := func(part, old, next string) func(string, []byte) []byte {
		return func(name string, raw []byte) []byte {
			if name != part {
				return raw
			}
			if !bytes.Contains(raw, []byte(old)) {
				t.Errorf("%s holds no %q", part, old)
			}
			return bytes.Replace(raw, []byte(old), []byte(next), 1)
		}
	}
	forged := *seal
	forged.Content = bytes.Replace(forged.Content, []byte(`"numerator":559`), []byte(`"numerator":859`), 1)
	forgedJSON, err := json.Marshal(forged)
	must(t, err)
	forgedDocument, err := document.Open(&forged)
	must(t, err)
	for name, tt := range map[string]struct {
		raw  []byte
		says string
	}{
		"a CSV's digit": {
			bytes.Replace(files["csv"], []byte("I05,1,559,964,0.5799"),
				[]byte("I05,1,859,964,0.5799"), 1),
			"(Thành phố Nha Trang, I05, numerator): the file says “859”, the signed content “559”",
		},
		"a CSV's line": {
			files["csv"][:bytes.LastIndexByte(files["csv"][:len(files["csv"])-2], '\n')+1],
			"lines",
		},
		"the JSON's digit": {forgedJSON, document.ErrHash.Error()},
		"a workbook's digit": {
			changedCell(t, files["xlsx"], "Số liệu", "K6", 0.8799),
			"Số liệu!K6 (Thành phố Nha Trang, I05, Giá trị): the file says “0.8799”, the signed content “0.5798755186722”",
		},
		"a workbook's chart": {changedCell(t, files["xlsx"], "Biểu đồ", "B4", 0.99), "Biểu đồ!B4"},
		"a workbook's formula": {rewriteZip(t, files["xlsx"], in("xl/worksheets/sheet3.xml", "<v>559</v>",
			"<f>1+2</f><v>559</v>")), "formula"},
		"a draft's cell": {
			rewriteZip(t, files["docx"], in("word/document.xml", "559 / 964", "859 / 964")),
			"559 / 964",
		},
		"a draft's sentence": {rewriteZip(t, files["docx"], in("word/document.xml", "tương ứng 1.425",
			"tương ứng 1.925")), "1.925"},
		"a draft's hidden text": {
			rewriteZip(t, files["docx"], in("word/document.xml",
				`<w:r><w:t xml:space="preserve">92,0`, `<w:r><w:rPr><w:vanish/></w:rPr><w:t xml:space="preserve">92,0`)),
			"92,0",
		},
		"a PDF's digit":          {redrawPDF(t, files["pdf"], "1.425", "1.925"), "1.925"},
		"a PDF's addition":       {append(bytes.Clone(files["pdf"]), "\n1 0 obj\n<<>>\nendobj\n"...), "another program rewrote"},
		"a workbook of a forger": {writeDocument(t, forgedDocument, "xlsx"), document.ErrHash.Error()},
		"a draft of a forger":    {writeDocument(t, forgedDocument, "docx"), document.ErrHash.Error()},
		"a PDF of a forger":      {writeDocument(t, forgedDocument, "pdf"), document.ErrHash.Error()},
		"a table of two in a file": {rewriteZip(t, files["docx"], func(name string, raw []byte) []byte {
			return repeatPart(
				name, raw)
		}), "looks like one of a report"},
	} {
		if bytes.Equal(tt.raw, files["csv"]) {
			t.Errorf("%s changed nothing", name)
		}
		proof, err := verify.Check(tt.raw, publicKey(), lookupOf(seal))
		said := ""
		if err != nil {
			said = err.Error()
		} else {
			said = strings.Join(proof.Faults, "\n")
		}
		if said == "" || !strings.Contains(said, tt.says) {
			t.Errorf("%s: %q does not say %q", name, said, tt.says)
		}
	}
}

func changedCell(t testing.TB, raw []byte, sheet, at string, value any) []byte {
	t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader(raw))
	must(t, err)
	must(t, file.SetCellValue(sheet, at, value))
	out, err := file.WriteToBuffer()
	must(t, err)
	return out.Bytes()
}

// repeatPart inserts a false table after the first table of figures.
func repeatPart(name string, raw []byte) []byte {
	if name != "word/document.xml" {
		return raw
	}
	from := bytes.Index(raw, []byte(`<w:tbl><w:tblPr><w:tblStyle w:val="Figures"/>`))
	to := from + bytes.Index(raw[from:], []byte("</w:tbl>")) + len("</w:tbl>")
	table := bytes.Replace(raw[from:to], []byte("58,0"), []byte("98,0"), 1)
	return bytes.Join([][]byte{raw[:to], table, raw[to:]}, nil)
}

// An office fills in its draft, opens the files and saves them: the figures are still verified.
func TestWhatAnOfficeDoes(t *testing.T) {
	t.Parallel()
	seal, files := writeEvery(t)
	filled := rewriteZip(t, files["docx"], func(name string, raw []byte) []byte {
		if name == "word/document.xml" {
			raw = bytes.Replace(raw, []byte("Số:         /BC-"), []byte("Số: 12/BC-"), 1)
			raw = bytes.Replace(raw, []byte("[Cơ quan báo cáo bổ sung.]"),
				[]byte("Một số tiểu thương chưa quen, 99 % cần hỗ trợ."), 1)
		}
		return raw
	})
	for name, raw := range map[string][]byte{
		"filled in":                filled,
		"a draft saved again":      convertFile(t, "filled.docx", filled, "docx"),
		"a workbook saved again":   convertFile(t, "x.xlsx", files["xlsx"], "xlsx"),
		"a table with a semicolon": bytes.ReplaceAll(files["csv"], []byte(","), []byte(";")),
	} {
		proof, err := verify.Check(raw, publicKey(), lookupOf(seal))
		if err != nil || !proof.Proven() {
			t.Errorf("%s: %v %v", name, err, proof)
			continue
		}
		if said := strings.Join(proof.Unproven, "\n"); strings.Contains(name, "filled") &&
			!strings.Contains(said, "99 % cần hỗ trợ") {
			t.Errorf("%s: the office's own text is not reported: %s", name, said)
		}
	}
}

func TestWhatIsNoReport(t *testing.T) {
	t.Parallel()
	d := newDocument(t, octoberReport())
	d.Seal = nil
	for kind := range exports.Kinds {
		if _, err := verify.Check(writeDocument(t, d, kind), publicKey(), nil); !errors.Is(err, verify.ErrNoSeal) {
			t.Errorf("a live %s: %v", kind, err)
		}
	}
	for _, raw := range []string{
		"", "{}", "x", "%PDF-1.3\n", "PK\x03\x04", "a,b\n\"",
		`{"sha256":"00","signature":"00","content":{}}`,
	} {
		if proof, err := verify.Check([]byte(raw), publicKey(), nil); err == nil && proof.Proven() {
			t.Errorf("%q is proven", raw)
		}
	}
}

// FuzzCheck checks that no file makes the program fail and that no foreign file is verified.
func FuzzCheck(f *testing.F) {
	seal, files := writeEvery(f)
	for _, raw := range files {
		f.Add(raw)
	}
	f.Add([]byte("sha256,a\n" + seal.SHA256 + ",1\n"))
	f.Add(
		[]byte(
			"%PDF-1.3\n1 0 obj\n<</Length 5>>\nstream\nabcde\nendstream\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<<>>\nstartxref\n62\n%%EOF\n",
		),
	)
	stranger := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32)).Public().(ed25519.PublicKey)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if proof, err := verify.Check(raw, stranger, lookupOf(seal)); err == nil && proof.Proven() {
			t.Errorf("proven: %q", raw)
		}
		_, _ = verify.Check(raw, publicKey(), lookupOf(seal))
	})
}

// FuzzSeal checks that signed content is either written as every kind of file or refused. Every
// written file must pass its own verification.
func FuzzSeal(f *testing.F) {
	whole, err := json.Marshal(octoberReport())
	must(f, err)
	small := []byte(
		`{"campaign":{"code":"C","name":"=x","legal_ref":"y"},"kind":"month","period":"2026-10","basis":"current","as_of":"2026-11-01","demo":true,
		"frozen":{"report":"r","version":1,"at":"2026-11-02T00:00:00Z","reason":""},"report":{"basis":"current","as_of":"2026-11-01","rows":[],"total":{"I05":{"numerator":7,
		"denominator":12,"value":"0.5833","evidence":{"A":5,"B":2,"C":0,"D":0},"suppressed":false,"definition":1,"interval":{"low":"0.1","high":"0.2"},"parts":{"x":{"definition":1}}}}}}`,
	)
	for kind := range byte(len(exports.Kinds)) {
		f.Add(small, kind)
		f.Add(whole, kind)
	}
	f.Add([]byte(`{"frozen":{},"report":{"total":{"I05":{"parts":{"x":{}}}}}}`), byte(0))
	kinds := slices.Sorted(maps.Keys(exports.Kinds))
	f.Fuzz(func(t *testing.T, raw []byte, kind byte) {
		content, err := periodic.Canonical(raw)
		if err != nil {
			return
		}
		seal := signRaw(content)
		d, err := document.Open(seal)
		if err != nil {
			return
		}
		var out bytes.Buffer
		of := kinds[int(kind)%len(kinds)]
		if err := exports.Kinds[of].Write(&out, d); err != nil {
			return
		}
		if of == "csv" && bytes.Count(out.Bytes(), []byte("\n")) == 1 {
			return // without a figure no line can carry the hash
		}
		if proof, err := verify.Check(out.Bytes(), publicKey(), lookupOf(seal)); err != nil || !proof.Proven() {
			t.Errorf("%s of %s: %v %+v", of, content, err, proof)
		}
	})
}
