package periodic

import (
	_ "embed"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/reports/programme"
	"market40/reports/scope"
)

//go:embed reports.sql
var reportsSQL string

// reportOf reads a row of reports.sql.
func reportOf(row pgx.CollectableRow) (r Report, err error) {
	c := &programme.Campaign{}
	var due time.Time
	var unit *uuid.UUID
	var level, code, name *string
	err = row.Scan(&r.ID, &r.Kind, &r.about.period.First, &r.about.period.Next, &due, &r.State, &r.CreatedBy,
		&r.CreatedAt, &r.SubmittedAt, &r.Version,
		&c.ID, &c.Code, &c.Name, &c.LegalRef, &c.Basis, &c.Starts, &c.Ends, &c.DueDay, &unit, &level, &code, &name)
	if err != nil {
		return r, err
	}
	if unit != nil {
		r.Locality = &scope.Locality{ID: *unit, Level: *level, Code: *code, Name: *name}
	}
	r.about.period.Kind = r.Kind
	r.about.campaign, r.about.locality = c, r.Locality
	r.Campaign = CampaignHead{c.ID, c.Code, c.Name, c.LegalRef}
	r.Period, r.DueOn = r.about.period.String(), due.Format(time.DateOnly)
	r.From, r.To = r.about.period.First.Format(time.DateOnly), r.about.period.Last().Format(time.DateOnly)
	return r, nil
}
