// Package document has what a report says when it is written as a file: its frozen content with its
// seal, and the tables and the Vietnamese text that are made of it.
package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"market40/reports"
	"market40/reports/indicators"
	"market40/reports/scope"
)

// Content is the frozen content of a report.
type Content struct {
	Campaign *Campaign       `json:"campaign"`
	Locality *scope.Locality `json:"locality"` // null: the whole campaign
	// The commune that acts for an ended district, if it is known.
	Issuer      *scope.Locality  `json:"issuer"`
	Kind        string           `json:"kind"`   // month or quarter; "" in a live report
	Period      string           `json:"period"` // 2026-10, 2026-Q3
	Basis       string           `json:"basis"`
	AsOf        string           `json:"as_of"`
	Demo        bool             `json:"demo"` // it counts invented markets
	Definitions []Definition     `json:"definitions"`
	Units       []Unit           `json:"units"`
	Report      reports.Adoption `json:"report"`
	Statuses    []Standing       `json:"statuses"`
	Frozen      *Frozen          `json:"frozen"` // null: the report is not frozen
}

// Standing is what a locality of the campaign has chosen.
type Standing struct {
	Locality     scope.Locality `json:"locality"`
	State        string         `json:"state"` // chosen, exempt, missing
	ExemptReason *string        `json:"exempt_reason"`
}

// Frozen identifies the report and the version of a frozen content.
type Frozen struct {
	Report  string    `json:"report"`
	Version int       `json:"version"`
	At      time.Time `json:"at"`
	Reason  string    `json:"reason"` // the reason for freezing it again
}

// Campaign is the campaign that the report belongs to.
type Campaign struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	LegalRef string `json:"legal_ref"`
}

// Definition is the meaning of an indicator at the time of freezing.
type Definition struct {
	Code    string `json:"code"`
	Version int    `json:"version"`
	Name    string `json:"name_vi"`
	English string `json:"name_en"`
	Formula string `json:"formula"`
	// missing in content that was frozen before the field existed
	Words string `json:"formula_vi"`
	Prose string `json:"prose_vi"`
	Unit  string `json:"unit"`
	Parts []Part `json:"parts"`
}

// Part is a further value of an indicator.
type Part struct {
	Key  string `json:"key"`
	Name string `json:"name_vi"`
}

// Unit is a unit of the basis and the markets that were counted in it.
type Unit struct {
	Locality scope.Locality `json:"locality"`
	Markets  []scope.Market `json:"markets"`
}

// Document is a report to be written as a file: its content, and its seal if it is frozen.
type Document struct {
	Content
	Seal *Seal // nil: a live report, which cannot be verified
}

// Live returns the document of a report that is not frozen.
func Live(report *reports.Adoption, definitions []indicators.Definition) *Document {
	d := &Document{Content: Content{Basis: report.Basis, AsOf: report.AsOf, Report: *report}}
	for _, known := range definitions {
		definition := Definition{
			Code: known.Code, Version: known.Version, Name: known.NameVI, English: known.NameEN,
			Formula: known.Formula, Words: known.FormulaVI, Prose: known.ProseVI, Unit: known.Unit,
		}
		for _, part := range known.Parts {
			definition.Parts = append(definition.Parts, Part{Key: part.Key, Name: part.NameVI})
		}
		d.Definitions = append(d.Definitions, definition)
	}
	for _, row := range report.Rows {
		for _, m := range row.Markets {
			d.Demo = d.Demo || m.Demo
		}
	}
	return d
}

// Open returns the document of a sealed report. It does not verify the seal: see Seal.Prove.
func Open(seal *Seal) (*Document, error) {
	d := &Document{Seal: seal}
	if err := json.Unmarshal(seal.Content, &d.Content); err != nil {
		return nil, fmt.Errorf("the content of a frozen report: %w", err)
	}
	// A PDF without a time would contain the time of writing, and would differ each time.
	if d.Frozen == nil || d.Frozen.At.IsZero() {
		return nil, errors.New("the content does not say which version of which report it is, or when it was frozen")
	}
	return d, nil
}

// IdentityLine returns what a reader types or scans to request the report: its identity and what proves it.
func (d *Document) IdentityLine() string {
	return fmt.Sprintf("market40 %s v%d sha256:%s ed25519:%s", d.Frozen.Report, d.Frozen.Version, d.Seal.SHA256,
		d.Seal.Signature)
}

// CreatedAt returns the time in the file: the time of freezing, never the time of writing.
func (d *Document) CreatedAt() time.Time {
	if d.Seal != nil {
		return d.Frozen.At.UTC()
	}
	at, err := time.Parse(time.DateOnly, d.AsOf)
	if err != nil {
		return time.Unix(0, 0).UTC()
	}
	return at
}
