package exports

import (
	"archive/zip"
	"bytes"
	"embed"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"golang.org/x/text/unicode/norm"

	"market40/reports/exports/document"
)

//go:embed docx/*.xml
var docxFiles embed.FS

// docxParts are the parts of the package and their templates, in the order of writing.
var docxParts = [][2]string{
	{"[Content_Types].xml", "content_types.xml"},
	{"_rels/.rels", "rels.xml"},
	{"word/document.xml", "document.xml"},
	{"word/_rels/document.xml.rels", "document_rels.xml"},
	{"word/styles.xml", "styles.xml"},
	{"word/settings.xml", "settings.xml"},
	{"word/header1.xml", "header.xml"},
	{"word/header2.xml", "header_first.xml"},
	{"docProps/core.xml", "core.xml"},
	{"customXml/item1.xml", "item.xml"},
	{"customXml/itemProps1.xml", "item_props.xml"},
	{"customXml/_rels/item1.xml.rels", "item_rels.xml"},
}

// docxTextWidth is the width of the text between the margins, in twentieths of a point.
const docxTextWidth = 11906 - 1701 - 851

var docxTemplates = template.Must(template.New("").Funcs(template.FuncMap{
	"x":         escapeXML,
	"p":         func(style, text string) document.Paragraph { return document.Paragraph{Style: style, Text: text} },
	"table":     newDOCXTable,
	"textWidth": func() int { return docxTextWidth },
}).ParseFS(docxFiles, "docx/*.xml"))

// escapeXML returns a text for use inside XML. Characters that XML cannot contain are replaced.
func escapeXML(text string) (string, error) {
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(norm.NFC.String(text)))
	return b.String(), err
}

// docxTable is a table in the form of the draft.
type docxTable struct {
	Caption string
	Widths  []int
	Rows    []docxRow
}

type docxRow struct {
	Head  bool
	Cells []docxCell
}

type docxCell struct {
	Text, Align string
	Width       int
	Head        bool
}

// writeDOCX writes the draft of an official report.
func writeDOCX(w io.Writer, d *document.Document) error {
	data, err := newDraft(d)
	if err != nil {
		return fmt.Errorf("the sealed content: %w", err)
	}
	archive := zip.NewWriter(w)
	for _, part := range docxParts {
		var b bytes.Buffer
		if err := docxTemplates.ExecuteTemplate(&b, part[1], data); err != nil {
			return fmt.Errorf("write %s of a draft: %w", part[0], err)
		}
		file, err := archive.CreateHeader(&zip.FileHeader{Name: part[0], Method: zip.Deflate, Modified: d.CreatedAt()})
		if err == nil {
			_, err = file.Write(b.Bytes())
		}
		if err != nil {
			return fmt.Errorf("write %s of a draft: %w", part[0], err)
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("write a draft: %w", err)
	}
	return nil
}

// draft is the data of the templates.
type draft struct {
	Agency                      document.Agency
	Number, PlaceDate, Abstract string
	Demo                        bool
	Body                        []document.Paragraph
	Recipients, Signer, Blank   []string
	Annexes                     []document.Annex
	Sealed, Made                string
}

func newDraft(d *document.Document) (*draft, error) {
	a := d.Agency()
	out := &draft{
		Agency: a, Abstract: d.Title(), Demo: d.Demo, Made: d.CreatedAt().Format(time.RFC3339),
		Number:    "Số:         /BC-" + a.Sign,
		PlaceDate: a.Place + ", ngày        tháng        năm          ",
		Body:      d.Body(),
		Recipients: []string{
			"- [Cơ quan nhận báo cáo];", "- [Các cơ quan, đơn vị liên quan];",
			"- Lưu: VT, [đơn vị soạn thảo].",
		},
		Signer: a.Signer, Blank: []string{"", "", "", "", ""}, Annexes: d.Annexes(),
	}
	if d.Seal != nil {
		raw, err := d.Seal.JSON()
		if err != nil {
			return nil, err
		}
		out.Sealed = base64.StdEncoding.EncodeToString(raw) // XML cannot contain every character
	}
	return out, nil
}

// newDOCXTable returns the table of a paragraph in the form of the draft.
func newDOCXTable(p document.Paragraph) docxTable {
	t, out := p.Table, docxTable{Caption: p.Caption}
	for _, share := range t.Shares {
		out.Widths = append(out.Widths, int(share*docxTextWidth))
	}
	add := func(texts []string, head bool) {
		row := docxRow{Head: head}
		for i, text := range texts {
			align := map[byte]string{'l': "left", 'c': "center", 'r': "right"}[t.Aligns[i]]
			if head {
				align = "center"
			}
			row.Cells = append(row.Cells, docxCell{text, align, out.Widths[i], head})
		}
		out.Rows = append(out.Rows, row)
	}
	add(t.Heads, true)
	for _, row := range t.Rows {
		add(row, false)
	}
	return out
}

// DocumentXML returns the main part of the draft of a document.
func DocumentXML(d *document.Document) ([]byte, error) {
	data, err := newDraft(d)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := docxTemplates.ExecuteTemplate(&b, "document.xml", data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
