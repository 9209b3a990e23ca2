package roster

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
)

// workbook reads an XLSX file (ECMA-376, part 1, clause 18) as a stream of tags. The file comes
// from a stranger, and every digit of its cells matters, so it is read here. A cell's type shows
// whether a bank account was typed as a number, and no part is loaded as a whole tree.
type workbook struct {
	parts    map[string]*zip.File
	left     uint64 // bytes that may still be unzipped
	shared   []string
	formats  []string // the number format of each cell style
	date1904 bool
	sheets   []sheetPart // the sheets that are shown, in order
}

// sheetPart is a worksheet's name and the part that holds it.
type sheetPart struct{ name, part string }

// maxStyles is how many cell styles a workbook may have (Excel's specification).
const maxStyles = 65_490

// unknownFormat replaces a format that does not show plain digits, or that the workbook does not
// define.
const unknownFormat = "yyyy"

// openWorkbook reads what the sheets share. Each sheet is read later, one at a time.
func openWorkbook(data []byte) (tables, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, errBroken()
	}
	w := &workbook{parts: map[string]*zip.File{}, left: MaxUnzipped}
	for _, f := range archive.File {
		w.parts[strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))] = f
	}
	if w.parts["xl/workbook.xml"] == nil {
		return nil, errUnreadable("không phải là tệp .xlsx", "it is not an .xlsx file")
	}
	if err := w.readSheetList(); err != nil {
		return nil, err
	}
	if w.parts["xl/sharedstrings.xml"] != nil {
		if err := w.readShared(); err != nil {
			return nil, err
		}
	}
	if w.parts["xl/styles.xml"] != nil {
		if err := w.readStyles(); err != nil {
			return nil, err
		}
	}
	return func(yield func(table, error) bool) {
		for _, part := range w.sheets {
			t, err := w.readSheet(part)
			if !yield(t, err) {
				return
			}
		}
	}, nil
}

func errBroken() error { return errUnreadable("tệp .xlsx bị hỏng", "the .xlsx file is damaged") }

// tags calls visit with each token of a part. The size that the archive declares is held against
// what may still be unzipped; archive/zip ends a part that turns out longer.
func (w *workbook) tags(part string, visit func(xml.Token) error) error {
	file := w.parts[strings.ToLower(part)]
	if file == nil {
		return errBroken()
	}
	if file.UncompressedSize64 > w.left {
		return errTooLarge()
	}
	w.left -= file.UncompressedSize64
	body, err := file.Open()
	if err != nil {
		return errBroken()
	}
	defer body.Close()
	decoder := xml.NewDecoder(body)
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errBroken()
		}
		if err := visit(token); err != nil {
			return err
		}
	}
}

// attributeOf returns a tag's attribute by its local name, or an empty text.
func attributeOf(tag xml.StartElement, name string) string {
	for _, a := range tag.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// readSheetList finds the parts of the sheets that are not hidden.
func (w *workbook) readSheetList() error {
	targets := map[string]string{}
	err := w.tags("xl/_rels/workbook.xml.rels", func(token xml.Token) error {
		if tag, ok := token.(xml.StartElement); ok && tag.Name.Local == "Relationship" {
			target := attributeOf(tag, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("xl", target)
			}
			targets[attributeOf(tag, "Id")] = strings.TrimPrefix(target, "/")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.tags("xl/workbook.xml", func(token xml.Token) error {
		tag, ok := token.(xml.StartElement)
		switch {
		case ok && tag.Name.Local == "workbookPr":
			w.date1904 = isTrue(attributeOf(tag, "date1904"))
		case ok && tag.Name.Local == "sheet":
			part := targets[attributeOf(tag, "id")]
			if shown := attributeOf(tag, "state"); part != "" && (shown == "" || shown == "visible") &&
				!strings.Contains(part, "chartsheets/") {
				w.sheets = append(w.sheets, sheetPart{cleanText(attributeOf(tag, "name")), part})
			}
		}
		return nil
	})
}

func isTrue(attribute string) bool { return attribute == "1" || attribute == "true" }

// readStyles reads which number format each style of a cell has. Formats within other elements,
// such as conditional ones, are passed over.
func (w *workbook) readStyles() error {
	custom := map[int]string{}
	inFormats, inStyles := false, false
	return w.tags("xl/styles.xml", func(token xml.Token) error {
		switch tag := token.(type) {
		case xml.EndElement:
			inFormats = inFormats && tag.Name.Local != "numFmts"
			inStyles = inStyles && tag.Name.Local != "cellXfs"
		case xml.StartElement:
			id, err := strconv.Atoi(attributeOf(tag, "numFmtId"))
			switch {
			case tag.Name.Local == "numFmts":
				inFormats = true
			case tag.Name.Local == "cellXfs":
				inStyles = true
			case inFormats && tag.Name.Local == "numFmt" && err == nil && len(custom) < maxStyles:
				custom[id] = cutText(attributeOf(tag, "formatCode"), maxFormat+1)
			case inStyles && tag.Name.Local == "xf":
				if len(w.formats) >= maxStyles {
					return errBroken()
				}
				w.formats = append(w.formats, formatOf(id, custom))
			}
		}
		return nil
	})
}

// formatOf returns the number format of an id: the workbook's own, or a built-in one.
func formatOf(id int, custom map[int]string) string {
	if format, ok := custom[id]; ok {
		return format
	}
	if format, ok := builtinFormats[id]; ok {
		return format
	}
	return unknownFormat
}

// readShared reads the texts that cells refer to by number, without the reading aids of East Asian
// text.
func (w *workbook) readShared() error {
	var item texts
	return w.tags("xl/sharedStrings.xml", func(token xml.Token) error {
		item.readToken(token)
		if tag, ok := token.(xml.EndElement); ok && tag.Name.Local == "si" {
			w.shared = append(w.shared, item.flush())
		}
		return nil
	})
}

// texts collects the text in <t> tags, outside of <rPh>, up to maxCell+1 characters.
type texts struct {
	inText, inAid bool
	gathered      strings.Builder
}

func (t *texts) readToken(token xml.Token) {
	switch tag := token.(type) {
	case xml.StartElement:
		t.turn(tag.Name.Local, true)
	case xml.EndElement:
		t.turn(tag.Name.Local, false)
	case xml.CharData:
		if room := 4*(maxCell+1) - t.gathered.Len(); t.inText && !t.inAid && room > 0 {
			t.gathered.Write(tag[:min(room, len(tag))])
		}
	}
}

func (t *texts) turn(name string, on bool) {
	switch name {
	case "t":
		t.inText = on
	case "rPh":
		t.inAid = on
	}
}

func (t *texts) flush() string {
	text := strings.ToValidUTF8(t.gathered.String(), "")
	t.gathered.Reset()
	return cutText(text, maxCell+1)
}
