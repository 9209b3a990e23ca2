package verify

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"market40/reports/exports"
	"market40/reports/exports/document"
)

// openDOCX opens a draft, including one that an office has filled in.
func openDOCX(archive *zip.Reader) (*opened, error) {
	raw, err := readPart(archive, "word/document.xml")
	if err != nil {
		return nil, err
	}
	text, err := readText(raw)
	if err != nil {
		return nil, fmt.Errorf("the document's text: %w", err)
	}
	return &opened{
		kind:    "docx",
		seal:    func(func(string) (*document.Seal, error)) (*document.Seal, error) { return docxSeal(archive) },
		compare: func(p *Proof, d *document.Document) error { return p.compareDOCX(text, d) },
		texts:   text.all,
	}, nil
}

// docxSeal finds the signed content among the custom parts, which other programs renumber.
func docxSeal(archive *zip.Reader) (*document.Seal, error) {
	for _, file := range archive.File {
		if !strings.HasPrefix(file.Name, "customXml/item") {
			continue
		}
		raw, err := readPart(archive, file.Name)
		if err != nil {
			return nil, err
		}
		var report struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
		}
		if xml.Unmarshal(raw, &report) != nil || report.XMLName.Space != "urn:market40:report" {
			continue
		}
		sealed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(report.Text))
		if err != nil {
			continue
		}
		if seal, err := document.ReadSeal(sealed); err == nil {
			return seal, nil
		}
	}
	return nil, ErrNoSeal
}

// documentText is what a document shows: paragraphs outside tables, and tables.
type documentText struct {
	paragraphs []string
	tables     []textTable
}

// all returns the texts of a document: its paragraphs and cells.
func (d *documentText) all() []string {
	texts := slices.Clone(d.paragraphs)
	for _, t := range d.tables {
		texts = append(texts, slices.Concat(t.rows...)...)
	}
	return texts
}

type textTable struct {
	// the title for people who cannot see the table; only tables of this program need it
	caption string
	rows    [][]string
}

// readText reads WordprocessingML. It skips text that is deleted under revision or hidden, because
// it is not shown.
func readText(raw []byte) (*documentText, error) {
	r := &textReader{out: &documentText{}}
	decoder := xml.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return r.out, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			r.start(token)
		case xml.EndElement:
			r.end(token.Name.Local)
		case xml.CharData:
			if r.inText && !r.hidden {
				r.text.WriteString(string(token))
			}
		}
	}
}

// textReader is the state of reading a document. A table inside a cell counts as the text of that
// cell.
type textReader struct {
	out            *documentText
	text           strings.Builder // of the paragraph
	cell           []string        // the paragraphs of the cell
	depth          int             // the number of tables around
	inText, hidden bool
}

func (r *textReader) table() *textTable { return &r.out.tables[len(r.out.tables)-1] }

func (r *textReader) start(e xml.StartElement) {
	switch e.Name.Local {
	case "tbl":
		r.depth++
		if r.depth == 1 {
			r.out.tables = append(r.out.tables, textTable{})
		}
	case "tblCaption":
		if r.depth == 1 {
			r.table().caption = attributeOf(e, "val")
		}
	case "tr":
		if r.depth == 1 {
			r.table().rows = append(r.table().rows, nil)
		}
	case "r":
		r.hidden = false
	case "vanish", "webHidden":
		r.hidden = attributeOf(e, "val") != "0" && attributeOf(e, "val") != "false"
	case "t":
		r.inText = true
	case "tab", "br", "cr":
		r.text.WriteByte(' ')
	}
}

func (r *textReader) end(name string) {
	switch name {
	case "tbl":
		r.depth = max(0, r.depth-1)
	case "tc":
		if t := len(r.out.tables); r.depth == 1 && t > 0 && len(r.table().rows) > 0 {
			row := &r.table().rows[len(r.table().rows)-1]
			*row = append(*row, plainText(strings.Join(r.cell, " ")))
			r.cell = nil
		}
	case "r":
		r.hidden = false
	case "t":
		r.inText = false
	case "p":
		text := plainText(r.text.String())
		r.text.Reset()
		switch {
		case r.depth > 0:
			r.cell = append(r.cell, text)
		case text != "":
			r.out.paragraphs = append(r.out.paragraphs, text)
		}
	}
}

func attributeOf(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// compareDOCX compares the tables of figures and the sentences with figures with those for the
// content. Other text that the office writes into its draft is reported as not proven.
func (p *Proof) compareDOCX(is *documentText, d *document.Document) error {
	draft, err := exports.DocumentXML(d)
	if err != nil {
		return err
	}
	signed, err := readText(draft)
	if err != nil {
		return err
	}
	p.compareTables(is.tables, signed.tables)
	left := slices.Clone(is.paragraphs)
	for _, text := range d.FigureSentences() {
		if plainText(text) == "" {
			continue // it is in no paragraph
		}
		p.Compared++
		if at := slices.Index(left, plainText(text)); at >= 0 {
			left = slices.Delete(left, at, at+1)
			continue
		}
		p.differs("a sentence with figures", nearestText(left, plainText(text)), plainText(text))
	}
	ours := 0
	for _, text := range left {
		if !slices.Contains(signed.paragraphs, text) {
			ours++
			if ours <= 5 {
				p.Unproven = append(p.Unproven, fmt.Sprintf("a paragraph that the office wrote: “%.120s”", text))
			}
		}
	}
	if ours > 5 {
		p.Unproven = append(p.Unproven, fmt.Sprintf("%d further paragraphs that the office wrote", ours-5))
	}
	p.Unproven = append(p.Unproven,
		"the head, the recipients, the signature block, headers and footers, pictures, and how the text looks")
	return nil
}

// compareTables finds each table of figures in the file.
func (p *Proof) compareTables(is, signed []textTable) {
	used := make([]bool, len(is))
	missing := []textTable{}
	heads := []string{}
	for _, want := range signed {
		if want.caption == "" { // the head and the foot of the letter
			continue
		}
		heads = append(heads, strings.Join(want.rows[0], "|"))
		p.Compared += len(want.rows) * len(want.rows[0])
		at := -1
		for i, t := range is {
			if at < 0 && !used[i] && slices.EqualFunc(t.rows, want.rows, slices.Equal) {
				at = i
			}
		}
		if at < 0 {
			missing = append(missing, want)
			continue
		}
		used[at] = true
	}
	for _, want := range missing {
		best, most := -1, 0
		for i, t := range is {
			if n := isAlike(t.rows, want.rows); !used[i] && n > most {
				best, most = i, n
			}
		}
		if best < 0 {
			p.fault("the table “%s” is missing", plainText(want.caption))
			continue
		}
		used[best] = true
		p.firstDifference(is[best].rows, want)
	}
	for i, t := range is {
		if !used[i] && len(t.rows) > 0 && slices.Contains(heads, strings.Join(t.rows[0], "|")) {
			p.fault("a table looks like one of a report but is not in the signed content: it begins “%.80s”",
				strings.Join(slices.Concat(t.rows[min(1, len(t.rows)-1):]...), " | "))
		}
	}
}

// isAlike returns the number of equal cells of two tables.
func isAlike(a, b [][]string) int {
	n := 0
	for y := range min(len(a), len(b)) {
		for x := range min(len(a[y]), len(b[y])) {
			if a[y][x] == b[y][x] {
				n++
			}
		}
	}
	return n
}

// firstDifference reports the first cell of a table that differs.
func (p *Proof) firstDifference(is [][]string, want textTable) {
	for y, row := range want.rows {
		for x, cell := range row {
			found := ""
			if y < len(is) && x < len(is[y]) {
				found = is[y][x]
			}
			if found != cell {
				p.differs(
					fmt.Sprintf("table “%s” (%s, %s)", plainText(want.caption), strings.Join(row[:min(2, len(row))],
						" "), want.rows[0][x]),
					found,
					cell,
				)
				return
			}
		}
	}
	p.fault("the table “%s” has cells or rows that are not in the signed content", plainText(want.caption))
}

// nearestText returns the paragraph with the longest equal beginning, for an error that a reader can
// follow.
func nearestText(paragraphs []string, want string) string {
	best, most := "", 0
	for _, text := range paragraphs {
		n := 0
		for n < min(len(text), len(want)) && text[n] == want[n] {
			n++
		}
		if n > most {
			best, most = text, n
		}
	}
	return best
}
