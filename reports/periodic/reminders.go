package periodic

import (
	"context"
	"time"

	"market40/merchants/auth"
)

// Reminder is a report that a locality should think of.
type Reminder struct {
	Owing

	Campaign CampaignHead `json:"campaign"`
	Kind     string       `json:"kind" enum:"month"`
	Period   string       `json:"period"`
	Stage    string       `json:"stage" enum:"due_soon,late,returned" doc:"due within three days; late; handed back by the province"`
}

const (
	remindBefore = 3  // days before a report is due
	remindFor    = 12 // months: what is older will not be made because a page says so
)

// Reminders are the monthly reports that localities in the caller's scope should think of, newest first. They are read
// from what stands and stored nowhere: officers have no phone with us, so the app tells them, whenever it is opened.
func (p *Periodic) Reminders(ctx context.Context, who auth.Principal) ([]Reminder, error) {
	begun, err := p.programme.Begun(ctx)
	if err != nil {
		return nil, err
	}
	var a asked
	for back := range remindFor {
		of := monthOf(p.today().Year(), p.today().Month()-time.Month(1+back))
		for i := range begun {
			c := &begun[i]
			soon := !p.today().AddDate(0, 0, remindBefore).Before(of.Due(c.DueDay))
			if soon && of.Next.After(c.Starts) && !c.Over(of.First) {
				a.add(c, of)
			}
		}
	}
	owing, err := p.owing(ctx, who, Month, a)
	if err != nil {
		return nil, err
	}
	list := []Reminder{}
	for i, c := range a.campaigns {
		for _, o := range owing[i] {
			if stage := o.stage(); stage != "" {
				list = append(list, Reminder{o, CampaignHead{c.ID, c.Code, c.Name, c.LegalRef}, Month, a.periods[i].String(), stage})
			}
		}
	}
	return list, nil
}

// stage is why a locality is reminded; empty: it has done what it owes.
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
