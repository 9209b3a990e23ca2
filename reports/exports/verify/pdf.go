package verify

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"market40/reports/exports"
	"market40/reports/exports/document"
)

// errRewritten means that a PDF no longer has the layout that this program writes.
var errRewritten = errors.New(
	"another program rewrote or extended the PDF (printed again, joined, signed): what it shows cannot be compared with the signed content",
)

// pdfObject is an object of a PDF: its dictionary without lengths, and its unpacked stream.
type pdfObject struct {
	dictionary, stream []byte
}

var (
	objectStart  = regexp.MustCompile(`^(\d{1,9}) 0 obj\n`)
	streamLength = regexp.MustCompile(`/(Length1|Length) (\d{1,9})`)
)

// pdfHead is the start of every PDF of this program: the version, and four bytes that mark it as
// binary.
const pdfHead = "%PDF-1.3\n%\xc2\xb5\xc2\xb6\n"

// readPDF reads a PDF in the layout of fpdf: objects one after the other, the table of their
// offsets, the trailer, the end. Nothing else may be between them, and the table must contain
// exactly these offsets, so that every reader sees the same objects. The packing of streams is
// ignored, because other library releases pack differently.
func readPDF(raw []byte) (objects map[int]pdfObject, trailer []byte, err error) {
	objects = map[int]pdfObject{}
	places := map[int]int{}
	at := len(pdfHead)
	if !bytes.HasPrefix(raw, []byte(pdfHead)) {
		return nil, nil, errRewritten
	}
	room := LargestFile
	for {
		start := objectStart.FindSubmatch(raw[at:min(at+32, len(raw))])
		if start == nil {
			break
		}
		number, _ := strconv.Atoi(string(start[1])) // the pattern matches digits only
		if _, twice := objects[number]; twice {
			return nil, nil, errRewritten
		}
		object, end, err := readObject(raw, at+len(start[0]), room)
		if err != nil {
			return nil, nil, err
		}
		room -= len(object.stream)
		objects[number], places[number] = object, at
		at = end
	}
	trailer, err = readPlaces(raw, at, places)
	return objects, trailer, err
}

// readObject reads from after "obj" to after "endobj".
func readObject(raw []byte, at, room int) (o pdfObject, end int, err error) {
	const endObject, beginStream, endStream = "endobj\n", "\nstream\n", "\nendstream\n"
	close := bytes.Index(raw[at:], []byte(endObject))
	if close < 0 {
		return o, 0, errRewritten
	}
	open := bytes.Index(raw[at:at+close], []byte(beginStream))
	if open < 0 {
		o.dictionary = raw[at : at+close]
		return o, at + close + len(endObject), nil
	}
	o.dictionary = raw[at : at+open]
	lengths := streamLength.FindAllSubmatch(o.dictionary, -1)
	from := at + open + len(beginStream)
	length := -1
	for _, l := range lengths {
		if string(l[1]) == "Length" {
			length, _ = strconv.Atoi(string(l[2])) // the pattern matches digits only
		}
	}
	tail := endStream + endObject
	if length < 0 || from+length+len(tail) > len(raw) || string(raw[from+length:from+length+len(tail)]) != tail {
		return o, 0, errRewritten
	}
	o.stream = raw[from : from+length]
	if bytes.Contains(o.dictionary, []byte("/FlateDecode")) {
		unpacked, err := zlib.NewReader(bytes.NewReader(o.stream))
		if err != nil {
			return o, 0, errRewritten
		}
		o.stream, err = io.ReadAll(io.LimitReader(unpacked, int64(room)+1))
		if err != nil {
			return o, 0, errRewritten
		}
		if len(o.stream) > room {
			return o, 0, errTooLarge
		}
	}
	o.dictionary = streamLength.ReplaceAll(o.dictionary, nil)
	return o, from + length + len(tail), nil
}

// readPlaces reads the table of offsets and the trailer after the objects, to the end of the file.
func readPlaces(raw []byte, at int, places map[int]int) (trailer []byte, err error) {
	var table strings.Builder
	fmt.Fprintf(&table, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for n := 1; n <= len(places); n++ {
		place, has := places[n]
		if !has {
			return nil, errRewritten
		}
		fmt.Fprintf(&table, "%010d 00000 n \n", place)
	}
	rest, same := bytes.CutPrefix(raw[at:], []byte(table.String()))
	end := fmt.Sprintf("startxref\n%d\n%%%%EOF\n", at)
	trailer, ends := bytes.CutSuffix(rest, []byte(end))
	if !same || !ends || bytes.Contains(trailer, []byte("startxref")) {
		return nil, errRewritten
	}
	return trailer, nil
}

func openPDF(raw []byte) (*opened, error) {
	objects, trailer, err := readPDF(raw)
	if err != nil {
		return nil, err
	}
	return &opened{
		kind:    "pdf",
		seal:    func(func(string) (*document.Seal, error)) (*document.Seal, error) { return pdfSeal(objects) },
		compare: func(p *Proof, d *document.Document) error { return p.comparePDF(objects, trailer, d) },
		texts: func() (texts []string) {
			for _, object := range objects {
				texts = append(texts, drawnTexts(object.stream)...)
			}
			return texts
		},
	}, nil
}

// pdfSeal returns the seal in the attachment.
func pdfSeal(objects map[int]pdfObject) (*document.Seal, error) {
	for n := 1; n <= len(objects); n++ {
		if bytes.Contains(objects[n].dictionary, []byte("/EmbeddedFile")) && len(objects[n].stream) > 0 {
			seal, err := document.ReadSeal(objects[n].stream)
			if err != nil {
				return nil, fmt.Errorf("%w (%w)", ErrNoSeal, err)
			}
			return seal, nil
		}
	}
	return nil, ErrNoSeal
}

// comparePDF compares the whole file with the one for the content, object by object.
func (p *Proof) comparePDF(is map[int]pdfObject, trailer []byte, d *document.Document) error {
	var b bytes.Buffer
	if err := exports.Kinds["pdf"].Write(&b, d); err != nil {
		return err
	}
	signed, signedTrailer, err := readPDF(b.Bytes())
	if err != nil {
		return fmt.Errorf("reading our own PDF: %w", err)
	}
	other := len(is) != len(signed) || !bytes.Equal(trailer, signedTrailer)
	page := 0
	for n := 1; n <= len(signed); n++ {
		want, drawn := signed[n], drawnTexts(signed[n].stream)
		p.Compared += max(1, len(drawn))
		if len(drawn) > 0 {
			page++
		}
		if bytes.Equal(is[n].stream, want.stream) && bytes.Equal(is[n].dictionary, want.dictionary) {
			continue
		}
		other = true
		p.pageDiffers(page, drawnTexts(is[n].stream), drawn)
	}
	if other && len(p.Faults) == 0 {
		p.fault(
			"the texts are those of the signed content, but the PDF draws something else beside or over them, or its layout is of another release of this program",
		)
	}
	return nil
}

// pageDiffers reports the first text of a page that differs, with the text before it.
func (p *Proof) pageDiffers(page int, is, signed []string) {
	for i := range max(len(is), len(signed)) {
		a, b := "", ""
		if i < len(is) {
			a = is[i]
		}
		if i < len(signed) {
			b = signed[i]
		}
		if a != b {
			before := strings.Join(signed[max(0, min(i, len(signed))-4):min(i, len(signed))], " | ")
			p.differs(fmt.Sprintf("page %d, after “%s”", page, before), a, b)
			return
		}
	}
}

var drawnText = regexp.MustCompile(`(?s)Td \(((?:[^()\\]|\\.)*)\) ?Tj`)

// drawnTexts returns the texts that a page's stream prints, in order.
func drawnTexts(stream []byte) []string {
	texts := []string{}
	for _, found := range drawnText.FindAllSubmatch(stream, -1) {
		raw := []byte{}
		for i := 0; i < len(found[1]); i++ {
			c := found[1][i]
			if c == '\\' && i+1 < len(found[1]) {
				i++
				if c = found[1][i]; c == 'r' {
					c = '\r'
				}
			}
			raw = append(raw, c)
		}
		units := make([]uint16, 0, len(raw)/2)
		for i := 0; i+1 < len(raw); i += 2 {
			units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
		}
		texts = append(texts, plainText(string(utf16.Decode(units))))
	}
	return texts
}
