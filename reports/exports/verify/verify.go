// Package verify proves an exported file. It writes the signed content again and compares what the
// two files show.
package verify

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"market40/reports/exports"
	"market40/reports/exports/document"
)

// LargestFile is the largest number of bytes that is read of a file, and of each packed part.
const LargestFile = 64 << 20

// The reasons why a file cannot be checked.
var (
	ErrNoSeal = errors.New(
		"the file contains no frozen report: it is a live export, or the part with the signed content was removed",
	)
	errTooLarge  = errors.New("it is larger than any report")
	ErrNoContent = errors.New("a CSV names its content only by the hash, and that content is not at hand")
)

// Proof is the result of checking a file. The file is proven if there are no faults.
type Proof struct {
	Kind     string         // csv, xlsx, pdf, docx or json
	Seal     *document.Seal // the seal that the file carries or names
	Faults   []string       // each is a sentence that names the difference
	Compared int            // the number of texts that were compared with the signed content
	// the content that the file carries or names has a valid signature, whatever the file shows
	Signed   bool
	Earlier  bool     // the file hides numbers in the form of releases before December 2026
	Unproven []string // the parts that the proof does not cover
}

// Check checks a file. key is the platform's public key. find returns the content for a hash if the
// file does not carry it (a CSV); it may be nil. An error means that the file could not be checked,
// so it is not proven.
//
// Check compares the file with what this program writes for the signed content, text by text. A
// file that another release wrote in another layout is therefore not proven. Its signed content
// still is.
func Check(raw []byte, key ed25519.PublicKey, find func(sha256 string) (*document.Seal, error)) (*Proof, error) {
	if len(raw) > LargestFile {
		return nil, errTooLarge
	}
	file, err := openFile(raw)
	if err != nil {
		return nil, err
	}
	p := &Proof{Kind: file.kind}
	if p.Seal, err = file.seal(find); err != nil {
		return p, err
	}
	if err := p.Seal.Prove(key); err != nil {
		p.fault("%v", err)
		return p, nil
	}
	p.Signed = true
	d, err := document.Open(p.Seal)
	if err != nil {
		return p, err
	}
	err = file.compare(p, d)
	hides := func(text string) bool { return strings.Contains(text, earlierHidden) }
	p.Earlier = !p.Proven() && slices.ContainsFunc(file.texts(), hides)
	return p, err
}

// earlierHidden is the text of hidden cells of units until December 2026. This release never writes
// it.
const earlierHidden = "<5"

// Proven reports whether the file has no faults.
func (p *Proof) Proven() bool { return len(p.Faults) == 0 }

// mostFaults is the limit of listed faults; a file of another report differs everywhere.
const mostFaults = 20

func (p *Proof) fault(format string, args ...any) {
	if len(p.Faults) < mostFaults {
		p.Faults = append(p.Faults, fmt.Sprintf(format, args...))
	}
}

func (p *Proof) differs(where, is, signed string) {
	p.fault("%s: the file says “%s”, the signed content “%s”", where, is, signed)
}

// opened is an opened file of some kind.
type opened struct {
	kind    string
	seal    func(find func(string) (*document.Seal, error)) (*document.Seal, error)
	compare func(*Proof, *document.Document) error
	texts   func() []string // the texts that the file shows
}

// openFile recognises the kind of a file by its content, never by its name.
func openFile(raw []byte) (*opened, error) {
	switch {
	case bytes.HasPrefix(raw, []byte("%PDF-")):
		return openPDF(raw)
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")):
		return openPackage(raw)
	case bytes.HasPrefix(bytes.TrimLeft(raw, exports.ByteOrderMark+" \t\r\n"), []byte("{")):
		return openJSON(raw)
	}
	return openCSV(raw)
}

func openJSON(raw []byte) (*opened, error) {
	seal, err := document.ReadSeal(bytes.TrimPrefix(raw, []byte(exports.ByteOrderMark)))
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNoSeal, err)
	}
	return &opened{
		kind: "json", seal: func(func(string) (*document.Seal, error)) (*document.Seal, error) { return seal, nil },
		compare: func(p *Proof, d *document.Document) error { return p.compareJSON(raw, d) },
		texts:   func() []string { return nil },
	}, nil
}

// compareJSON compares the fields of an API answer beside the content. The content itself is
// covered by the hash.
func (p *Proof) compareJSON(raw []byte, d *document.Document) error {
	beside := document.Frozen{Report: d.Frozen.Report, Version: d.Frozen.Version, Reason: d.Frozen.Reason}
	if err := json.Unmarshal(bytes.TrimPrefix(raw, []byte(exports.ByteOrderMark)), &beside); err != nil {
		return err
	}
	for _, pair := range [][3]string{
		{"report", beside.Report, d.Frozen.Report}, {
			"version", strconv.Itoa(beside.Version),
			strconv.Itoa(d.Frozen.Version),
		}, {"reason", beside.Reason, d.Frozen.Reason},
	} {
		p.Compared++
		if pair[1] != pair[2] {
			p.differs(pair[0], pair[1], pair[2])
		}
	}
	p.Unproven = append(p.Unproven, "everything beside the content, except report, version and reason")
	return nil
}

// openPackage opens a zip file: a workbook or a draft.
func openPackage(raw []byte) (*opened, error) {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("the file cannot be unpacked: %w", err)
	}
	var unpacked uint64
	workbook, draft := false, false
	names := map[string]bool{}
	for _, file := range archive.File {
		unpacked += file.UncompressedSize64
		workbook = workbook || file.Name == "xl/workbook.xml"
		draft = draft || file.Name == "word/document.xml"
		if names[strings.ToLower(file.Name)] {
			return nil, fmt.Errorf(
				"the file contains two parts with the name %s: which one is shown depends on the reader",
				file.Name,
			)
		}
		names[strings.ToLower(file.Name)] = true
		if unpacked > LargestFile {
			return nil, errTooLarge
		}
	}
	switch {
	case workbook && !draft:
		return openXLSX(raw, archive)
	case draft && !workbook:
		return openDOCX(archive)
	}
	return nil, errors.New("the file is neither a workbook nor a text document")
}

// readPart returns a part of a package, limited to LargestFile bytes, because the size in a header may
// be wrong.
func readPart(archive *zip.Reader, name string) ([]byte, error) {
	file, err := archive.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return readLimited(file)
}

func readLimited(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, LargestFile+1))
	if err == nil && len(raw) > LargestFile {
		err = errTooLarge
	}
	return raw, err
}

// earlierWords replaces words that releases until December 2026 wrote and that have changed since.
var earlierWords = strings.NewReplacer("Nguồn chứng cứ", "Bằng chứng", "Chứng cứ", "Bằng chứng", "chứng cứ",
	"bằng chứng")

// plainText returns a text without differences that no reader sees: the form of spaces and the
// composition of letters. Characters that XML cannot contain count as a space, because each kind of
// file replaces them differently.
func plainText(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == unicode.ReplacementChar || r == 0xFFFE || r == 0xFFFF {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	text = earlierWords.Replace(norm.NFC.String(text))
	return strings.Join(strings.FieldsFunc(text, unicode.IsSpace), " ")
}
