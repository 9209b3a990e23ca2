package periodic

import (
	"cmp"
	"context"
	"slices"
	"time"

	"market40/merchants/access/roles"
	"market40/reports/programme"
)

// Reminder is a report that a locality is reminded of.
type Reminder struct {
	Owing

	Campaign CampaignHead `json:"campaign"`
	Kind     string       `json:"kind" enum:"month,quarter"`
	Period   string       `json:"period"`
	Stage    string       `json:"stage" enum:"due_soon,late,returned" doc:"due within three days; late; handed back by the province"`
}

const (
	remindBefore = 3  // days before a report is due
	remindFor    = 12 // months, or four quarters: a reminder does not help with older reports
)

// Reminders returns the monthly and quarterly reports that localities in the caller's scope are
// reminded of, newest first. Reminders are computed from the reports and not stored. The platform
// has no phone numbers of officers, so the app shows reminders when it is opened.
func (p *Periodic) Reminders(ctx context.Context, who roles.Principal) ([]Reminder, error) {
	begun, err := p.programme.StartedCampaigns(ctx)
	if err != nil {
		return nil, err
	}
	periods := map[string][]Period{}
	for of := lastMonth(p.today()); len(periods[Month]) < remindFor; of = monthOf(of.First.Year(), of.First.Month()-1) {
		periods[Month] = append(periods[Month], of)
	}
	for of := lastQuarter(p.today()); len(periods[Quarter]) < remindFor/3; of = quarterOf(of.First.Year(),
		of.First.Month()-3) {
		periods[Quarter] = append(periods[Quarter], of)
	}
	list := []Reminder{}
	for _, kind := range []string{Quarter, Month} {
		var a campaignPeriods
		for _, of := range periods[kind] {
			for i := range begun {
				if p.remindable(&begun[i], of) {
					a.add(&begun[i], of)
				}
			}
		}
		owing, err := p.owing(ctx, who, kind, a)
		if err != nil {
			return nil, err
		}
		list = append(list, a.reminders(owing, p.today())...)
	}
	slices.SortStableFunc(list, func(a, b Reminder) int { return cmp.Compare(b.DueOn, a.DueOn) })
	return list, nil
}

// remindable reports whether a period's reports are owed in a campaign.
func (p *Periodic) remindable(c *programme.Campaign, of Period) bool {
	return of.Next.After(c.Starts) && !c.Over(of.First)
}

// reminders returns the reports that need an action on a day. A returned report is always included.
// A report that was never submitted is included from three days before it is due.
func (a *campaignPeriods) reminders(owing [][]Owing, today time.Time) (list []Reminder) {
	for i, c := range a.campaigns {
		early := today.AddDate(0, 0, remindBefore).Before(a.periods[i].Due(c.DueDay))
		for _, o := range owing[i] {
			if stage := o.stage(); stage == Returned || stage != "" && !early {
				list = append(list, Reminder{
					o,
					CampaignHead{c.ID, c.Code, c.Name, c.LegalRef},
					a.periods[i].Kind,
					a.periods[i].String(), stage,
				})
			}
		}
	}
	return list
}

// stage returns the reason for reminding a locality, or "" if it owes nothing.
func (o *Owing) stage() string {
	switch {
	case o.State == Returned:
		return Returned
	case o.SubmittedAt != nil:
		return ""
	case o.OnTime != nil:
		return "late"
	}
	return "due_soon"
}
