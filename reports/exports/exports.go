// Package exports writes a report as a file that an office works with (CSV, XLSX, PDF, a draft in DOCX), and proves such a
// file later. A file is proven by writing it again from the content that we signed: what it shows must be what that gives.
package exports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"market40/reports"
)

// Content is what a report says, as it is frozen.
type Content struct {
	Campaign    *Campaign         `json:"campaign"`
	Locality    *reports.Locality `json:"locality"` // null: the whole campaign
	Kind        string            `json:"kind"`     // month, quarter; "" in a live report
	Period      string            `json:"period"`   // 2026-10, 2026-Q3
	Basis       string            `json:"basis"`
	AsOf        string            `json:"as_of"`
	Demo        bool              `json:"demo"` // it counts invented markets
	Definitions []Definition      `json:"definitions"`
	Units       []Unit            `json:"units"`
	Report      Report            `json:"report"`
	Statuses    []Standing        `json:"statuses"`
	Frozen      *Frozen           `json:"frozen"` // null: it is not
}

// Standing is what a locality of the campaign has chosen.
type Standing struct {
	Locality     reports.Locality `json:"locality"`
	State        string           `json:"state"` // chosen, exempt, missing
	ExemptReason *string          `json:"exempt_reason"`
}

// Frozen says which version of which report it is.
type Frozen struct {
	Report  string    `json:"report"`
	Version int       `json:"version"`
	At      time.Time `json:"at"`
	Reason  string    `json:"reason"` // why it was frozen again
}

// Campaign is the order that the report answers.
type Campaign struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	LegalRef string `json:"legal_ref"`
}

// Definition is what an indicator meant when the report was frozen.
type Definition struct {
	Code    string `json:"code"`
	Version int    `json:"version"`
	Name    string `json:"name_vi"`
	English string `json:"name_en"`
	Formula string `json:"formula"`
	Prose   string `json:"prose_vi"`
	Unit    string `json:"unit"`
	Parts   []Part `json:"parts"`
}

// Part is a further value of an indicator.
type Part struct {
	Key  string `json:"key"`
	Name string `json:"name_vi"`
}

// Unit is a unit of the basis and the markets that were counted in it.
type Unit struct {
	Locality reports.Locality `json:"locality"`
	Markets  []reports.Market `json:"markets"`
}

// Report is the adoption report as it was served.
type Report struct {
	Basis    string          `json:"basis"`
	AsOf     string          `json:"as_of"`
	Campaign *string         `json:"campaign"`
	Rows     []Row           `json:"rows"`
	Total    reports.Figures `json:"total"`
}

// Row is a unit's line of it.
type Row struct {
	Locality   reports.Locality `json:"locality"`
	Markets    []reports.Market `json:"markets"`
	Indicators reports.Figures  `json:"indicators"`
	Coverage   *reports.Share   `json:"coverage"`
	Funnel     *Funnel          `json:"funnel"`
	Status     *Status          `json:"status"`
	Rank       *int             `json:"rank"`
}

// Funnel is how many merchants have come how far; null where it is hidden.
type Funnel struct {
	Registered   *int `json:"registered"`
	Verified     *int `json:"verified"`
	Printed      *int `json:"printed"`
	FirstPayment *int `json:"first_payment"`
	Active       *int `json:"active"`
	Habitual     *int `json:"habitual"`
}

// Status is how a unit stands to its target, and why.
type Status struct {
	Code   string `json:"status"`
	Reason string `json:"reason"`
}

// UnmarshalJSON takes the bare word too.
func (s *Status) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, &s.Code)
	}
	type plain Status
	return json.Unmarshal(raw, (*plain)(s))
}

// table is the report's own table, which the live CSV is too.
func (r Report) table() [][]string {
	a := reports.Adoption{Basis: r.Basis, AsOf: r.AsOf, Campaign: r.Campaign, Total: r.Total}
	for _, row := range r.Rows {
		a.Rows = append(a.Rows, reports.Row{Locality: row.Locality, Markets: row.Markets, Indicators: row.Indicators})
	}
	return a.Table()
}

// Document is a report that is written as a file: its content, and the seal that it was frozen with.
type Document struct {
	Content
	Seal *Seal // nil: a live report, which nothing proves
}

// Live is the document of a report that is not frozen.
func Live(report *reports.Adoption, definitions []Definition) (*Document, error) {
	raw, err := json.Marshal(report)
	if err != nil {
		return nil, fmt.Errorf("a live report: %w", err)
	}
	d := &Document{Content: Content{Basis: report.Basis, AsOf: report.AsOf, Definitions: definitions}}
	if err := json.Unmarshal(raw, &d.Report); err != nil {
		return nil, fmt.Errorf("a live report: %w", err)
	}
	for _, row := range d.Report.Rows {
		for _, m := range row.Markets {
			d.Demo = d.Demo || m.Demo
		}
	}
	return d, nil
}

// Open is the document of a sealed report. It proves nothing: see Seal.Prove.
func Open(seal *Seal) (*Document, error) {
	d := &Document{Seal: seal}
	if err := json.Unmarshal(seal.Content, &d.Content); err != nil {
		return nil, fmt.Errorf("the content of a frozen report: %w", err)
	}
	if d.Frozen == nil {
		return nil, errors.New("the content does not say which version of which report it is")
	}
	return d, nil
}

// Canonical is a JSON text in the one form that is hashed: that of RFC 8785.
func Canonical(raw []byte) ([]byte, error) {
	text := jsontext.Value(bytes.Clone(raw))
	if err := text.Canonicalize(); err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	return text, nil
}

// line is what a reader types or scans to ask for the report: who it is, and what proves it.
func (d *Document) line() string {
	return fmt.Sprintf("market40 %s v%d sha256:%s ed25519:%s", d.Frozen.Report, d.Frozen.Version, d.Seal.SHA256, d.Seal.Signature)
}

// vietnam is Asia/Ho_Chi_Minh, which has kept +07:00 without summer time since 1975.
var vietnam = time.FixedZone("+07", 7*60*60)
