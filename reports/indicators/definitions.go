// Package indicators defines the indicators. Each has a definition in words (i05.md) and the
// queries from which it is counted (.sql). One Go row has everything else about it.
package indicators

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed *.md *.sql
var files embed.FS

// Definition is the meaning of an indicator: its version, its words, and the queries from which it
// is counted.
type Definition struct {
	Code     string        `json:"code" example:"I05"`
	Name     string        `json:"name" example:"active_30d_rate"`
	NameVI   string        `json:"name_vi"`
	NameEN   string        `json:"name_en"`
	Version  int           `json:"version"`
	Since    string        `json:"since" format:"date" doc:"the first day of this version"`
	Unit     string        `json:"unit" enum:"share,points,per_merchant,per_10000,vnd,bands" doc:"the unit of the value"`
	Formula  string        `json:"formula"`
	ProseVI  string        `json:"prose_vi"`
	ProseEN  string        `json:"prose_en"`
	SQL      string        `json:"sql" doc:"the queries that run; a report sends them as one"`
	Evidence []string      `json:"evidence" nullable:"false" doc:"the possible levels of evidence: A bank notice or statement, B owner, C declared, D seen in the field"`
	Parts    []DefinedPart `json:"parts" nullable:"false" doc:"further values of the same indicator"`
	History  []PastWording `json:"history" nullable:"false" doc:"earlier versions, newest first"`

	// FormulaVI is the same formula for Vietnamese readers. Adding it changed no version, and
	// reports that were frozen before do not have it.
	FormulaVI string   `json:"formula_vi" doc:"the formula in Vietnamese words"`
	By        []string `json:"by" nullable:"false" doc:"how drill-down divides a figure; empty: it exists for localities only"`
}

// DefinedPart is a further value of an indicator.
type DefinedPart struct {
	Key    string `json:"key"`
	NameVI string `json:"name_vi"`
	NameEN string `json:"name_en"`
}

// PastWording is an earlier version of a definition and the reason for its change.
type PastWording struct {
	Version int    `json:"version"`
	Since   string `json:"since" format:"date"`
	Change  string `json:"change" doc:"what the next version changed"`

	ChangeVI string `json:"change_vi" doc:"the same in Vietnamese"`
}

// Definitions returns the definitions of all rows, by code. Its error is a fault of the build,
// because the files are embedded.
var Definitions = sync.OnceValues(readDefinitions)

// readDefinitions reads every .md file. Each must have a row, and each row a file.
func readDefinitions() ([]Definition, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var list []Definition
	for _, file := range entries {
		if path.Ext(file.Name()) != ".md" {
			continue
		}
		text, err := files.ReadFile(file.Name())
		if err != nil {
			return nil, err
		}
		d, err := readDefinition(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name(), err)
		}
		list = append(list, d)
	}
	if !slices.EqualFunc(list, Rows, func(d Definition, r Row) bool { return d.Code == r.Code }) {
		return nil, errors.New("the definitions and the rows of indicators are not the same")
	}
	return list, nil
}

// readDefinition reads a file: a title, lines "key: value", and sections.
func readDefinition(text string) (d Definition, err error) {
	d.Evidence, d.Parts, d.History = []string{}, []DefinedPart{}, []PastWording{}
	head, sections, _ := strings.Cut(text, "\n## ")
	for line := range strings.Lines(head) {
		if err := d.readLine(strings.TrimSpace(line)); err != nil {
			return d, err
		}
	}
	for section := range strings.SplitSeq(sections, "\n## ") {
		title, prose, _ := strings.Cut(section, "\n")
		switch title {
		case "Tiếng Việt":
			d.ProseVI = strings.TrimSpace(prose)
		case "English":
			d.ProseEN = strings.TrimSpace(prose)
		default:
			return d, fmt.Errorf("a section %q", title)
		}
	}
	row, known := Find(d.Code)
	if !known {
		return d, fmt.Errorf("no row of %q", d.Code)
	}
	words := []string{d.Since, d.NameVI, d.NameEN, d.Formula, d.FormulaVI, d.ProseVI, d.ProseEN}
	if d.Version < 1 || slices.Contains(words, "") {
		return d, fmt.Errorf("something is missing in %+v", d)
	}
	d.Unit, d.By = string(row.Unit), row.dimensions()
	d.SQL, err = row.shownSQL()
	return d, err
}

// dimensions returns how a figure can be divided.
func (r Row) dimensions() []string {
	switch {
	case r.ByLocality:
		return []string{}
	case r.Divisible:
		return []string{"market", "zone", "goods_group", "kind"}
	}
	return []string{"market"}
}

func (d *Definition) readLine(line string) (err error) {
	if title, is := strings.CutPrefix(line, "# "); is {
		d.Code, d.Name, _ = strings.Cut(title, " ")
		return nil
	}
	key, value, found := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	vi, en, _ := strings.Cut(value, " | ")
	part, isPart := strings.CutPrefix(key, "part ")
	past, isPast := strings.CutPrefix(key, "past ")
	switch {
	case line == "":
	case !found:
		return fmt.Errorf("a line %q", line)
	case isPart:
		d.Parts = append(d.Parts, DefinedPart{Key: part, NameVI: vi, NameEN: en})
	case isPast:
		return d.readPast(past, value)
	case key == "version":
		d.Version, err = strconv.Atoi(value)
	case key == "evidence":
		d.Evidence = slices.AppendSeq(d.Evidence, strings.FieldsSeq(value))
	default:
		return d.readText(key, value)
	}
	return err
}

// readPast reads "past 1: 2026-11-01 | what version 2 changed, in Vietnamese | in English".
func (d *Definition) readPast(past, value string) error {
	version, err := strconv.Atoi(past)
	words := strings.Split(value, " | ")
	if err != nil || len(words) != 3 {
		return fmt.Errorf("past %s: %q is not a day with its change in two languages", past, value)
	}
	d.History = append(d.History, PastWording{Version: version, Since: words[0], ChangeVI: words[1], Change: words[2]})
	return nil
}

func (d *Definition) readText(key, value string) error {
	at := map[string]*string{
		"since": &d.Since, "formula": &d.Formula, "formula_vi": &d.FormulaVI, "name_vi": &d.NameVI,
		"name_en": &d.NameEN,
	}[key]
	if at == nil {
		return fmt.Errorf("a key %q", key)
	}
	*at = value
	return nil
}
