package intake

import (
	"github.com/google/uuid"
)

// openCase is a case to open with a posting.
type openCase struct {
	ID               uuid.UUID
	Kind             string
	Connection       uuid.UUID
	Notice, Delivery *uuid.UUID
	Market, Stall    *uuid.UUID
	Detail           string
	Conflict         *uuid.UUID // the content that came later
}

var caseSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("market40/case"))

// caseID is the id of the case of one kind about one thing: told again, it opens no second.
func caseID(kind string, about uuid.UUID, more []byte) uuid.UUID {
	return uuid.NewSHA1(caseSpace, append(append([]byte(kind), about[:]...), more...))
}

// queueCases opens a case for every notice whose decision asks for one, and for every unreadable
// item.
func (w *posting) queueCases() {
	for _, e := range w.entries {
		var kinds []string
		if e.gathering == nil {
			kinds = append(kinds, e.decision.Case)
		}
		if e.twice {
			kinds = append(kinds, paidTwice)
		}
		if w.opensAhead(e) {
			kinds = append(kinds, futureDated)
		}
		for _, kind := range kinds {
			if kind == "" {
				continue
			}
			_, market := e.decision.place()
			c := &openCase{
				ID: caseID(kind, e.id, nil), Kind: kind, Connection: e.connection.ID, Notice: &e.id,
				Delivery: &e.delivery.id, Market: market,
			}
			d := &e.decision
			if e.would != nil {
				d = e.would
				_, c.Market = d.place()
			}
			if d.To != nil {
				c.Stall = &d.To.Stall
			}
			w.cases = append(w.cases, c)
		}
	}
	for _, d := range w.deliveries {
		for _, f := range d.faults {
			w.cases = append(w.cases, &openCase{
				ID: f.id, Kind: unreadableItem, Connection: d.connection.ID,
				Delivery: &d.id, Detail: f.detail,
			})
		}
	}
	for _, c := range w.cases {
		w.batch.Queue(`INSERT INTO cases (id, kind, state, market_id, connection_id, notice_id, delivery_id, stall_id,
			detail, opened_at, conflict_id)
			VALUES ($1, $2, 'open', $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`,
			c.ID, c.Kind, c.Market, c.Connection, c.Notice, c.Delivery, c.Stall, c.Detail, w.now, c.Conflict)
	}
}
