package intake

import (
	"github.com/google/uuid"

	"market40/payments/notices"
)

// openCase is a case that a posting opens.
type openCase struct {
	ID               uuid.UUID
	Kind             string
	Connection       uuid.UUID
	Notice, Delivery *uuid.UUID
	Market, Stall    *uuid.UUID
	Detail           string
	Conflict         *uuid.UUID // the later content
}

var caseSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("market40/case"))

// caseID returns the id of the case of one kind about one subject, so that a repeat opens no second
// case.
func caseID(kind string, about uuid.UUID, more []byte) uuid.UUID {
	return uuid.NewSHA1(caseSpace, append(append([]byte(kind), about[:]...), more...))
}

// queueCases opens the cases of the decisions, and one for every unreadable item.
func (w *posting) queueCases() {
	for _, e := range w.entries {
		for _, kind := range w.caseKinds(e) {
			w.cases = append(w.cases, newCase(e, kind))
		}
	}
	for _, d := range w.deliveries {
		for _, f := range d.faults {
			w.cases = append(w.cases, &openCase{
				ID: f.id, Kind: notices.UnreadableItem, Connection: d.connection.ID,
				Delivery: &d.id, Detail: f.detail,
			})
		}
	}
	for _, c := range w.cases {
		w.batch.Queue(`INSERT INTO cases (id, kind, state, market_id, connection_id, notice_id, delivery_id, stall_id,
			detail, opened_at, conflict_id)
			VALUES ($1, $2, 'open', $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`,
			c.ID, c.Kind, c.Market, c.Connection, c.Notice, c.Delivery, c.Stall, c.Detail, w.time, c.Conflict)
	}
}

// caseKinds returns the kinds of cases that a notice opens.
func (w *posting) caseKinds(e *entry) (kinds []string) {
	if e.gathering == nil && e.decision.Case != "" {
		kinds = append(kinds, e.decision.Case)
	}
	if e.paidTwice {
		kinds = append(kinds, notices.PaidTwice)
	}
	if w.opensFutureDated(e) {
		kinds = append(kinds, notices.FutureDated)
	}
	return kinds
}

// newCase returns a case about a notice, of the market and stall where its money is or would be.
func newCase(e *entry, kind string) *openCase {
	d := &e.decision
	if e.intended != nil {
		d = e.intended
	}
	_, market := d.accountAndMarket()
	c := &openCase{
		ID: caseID(kind, e.id, nil), Kind: kind, Connection: e.connection.ID, Notice: &e.id,
		Delivery: &e.delivery.id, Market: market,
	}
	if d.To != nil {
		c.Stall = &d.To.Stall
	}
	return c
}
