package roster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"

	"market40/merchants/platform/problem"
)

// openCSV reads UTF-8, or UTF-16 with its mark, separated by whichever of comma, semicolon and tab
// gives the better header.
func (f *form) openCSV(data []byte) (tables, error) {
	text, err := decodeText(data)
	if err != nil {
		return nil, err
	}
	var best table
	var bestScore int
	var firstErr error
	for _, separator := range separatorsOf(text) {
		t, err := readCSV(text, separator)
		if err != nil && firstErr == nil {
			firstErr = err
		}
		if score := f.findHeader(t.lines).score(); err == nil && score > bestScore {
			best, bestScore = t, score
		}
	}
	if bestScore == 0 && firstErr != nil {
		return nil, firstErr
	}
	return func(yield func(table, error) bool) { yield(best, nil) }, nil
}

// separatorsOf returns the separators to try: the one that Excel's first line "sep=;" names, or
// those that occur.
func separatorsOf(text string) []rune {
	first, _, _ := strings.Cut(text, "\n")
	if named, ok := strings.CutPrefix(strings.TrimRight(first, "\r"), "sep="); ok && len(named) == 1 &&
		strings.Contains(",;\t|", named) {
		return []rune{rune(named[0])}
	}
	found := []rune{','}
	for _, separator := range ";\t" {
		if strings.ContainsRune(text, separator) {
			found = append(found, separator)
		}
	}
	return found
}

// readCSV reads the text with one separator. A cell ="0905…", by which people keep a leading zero
// from Excel, is read as "0905…".
func readCSV(text string, separator rune) (table, error) {
	asText := strings.NewReplacer(string(separator)+`="`, string(separator)+`"`, "\n=\"", "\n\"")
	reader := csv.NewReader(strings.NewReader(asText.Replace(text)))
	reader.Comma, reader.FieldsPerRecord, reader.ReuseRecord = separator, -1, true
	var t table
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		var fault *csv.ParseError
		if errors.As(err, &fault) {
			return table{}, errUnreadable(fmt.Sprintf("dấu ngoặc kép sai ở dòng %d", fault.StartLine),
				fmt.Sprintf("a stray quote on line %d", fault.StartLine))
		}
		if err != nil {
			return table{}, errUnreadable("nội dung sai", "its content is broken")
		}
		number, _ := reader.FieldPos(0)
		if err := t.add(line{number: number, cells: record}); err != nil {
			return table{}, err
		}
	}
}

// decodeText returns the file as text in UTF-8 without its byte order mark.
func decodeText(data []byte) (string, error) {
	unknown := problem.Of("file", "encoding_unknown",
		"Không rõ bảng mã của tệp: hãy lưu lại dạng \"CSV UTF-8\" hoặc .xlsx.",
		"The file's encoding is unknown: save it as \"CSV UTF-8\" or .xlsx.")
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		decoded, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(data)
		if err != nil {
			return "", unknown
		}
		data = decoded
	}
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(data) || bytes.ContainsRune(data, utf8.RuneError) || bytes.IndexByte(data, 0) >= 0 {
		return "", unknown
	}
	return string(data), nil
}
