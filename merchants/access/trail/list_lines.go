package trail

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
)

// Outcome is the result of a request.
type Outcome string

// The outcomes.
const (
	Done     Outcome = "done"      // 2xx, 3xx
	Refused  Outcome = "refused"   // 4xx
	Failed   Outcome = "failed"    // 5xx
	UnderWay Outcome = "under_way" // begun, and no result yet
	Unknown  Outcome = "unknown"   // the server died before it could record a result; the changes show what was committed
)

// Line is one line of the trail as it is read: the request, its outcome, the rows it changed and
// the merchants' data it read.
type Line struct {
	Event
	Role     *roles.Role `json:"role" doc:"the role of the actor"`
	EndedAt  *time.Time  `json:"ended_at" doc:"when the result was written; null: under way"`
	Status   *int        `json:"status" doc:"null: under way or unknown"`
	Outcome  Outcome     `json:"outcome" enum:"done,refused,failed,under_way,unknown" doc:"unknown: the server died before it could record a result; changes are what was committed"`
	Changed  int         `json:"changed" doc:"rows that it changed"`
	Changes  []Change    `json:"changes" doc:"the first 20 of them"`
	Readings []Readings  `json:"read" doc:"the merchants' data that it read"`
}

// Change is one row before and after, as digests.
type Change struct {
	Kind   string  `json:"kind" doc:"the table"`
	ID     string  `json:"id" doc:"the row's primary key"`
	Before *string `json:"before" doc:"HMAC-SHA-256 of the row before; null: it did not exist"`
	After  *string `json:"after" doc:"the same after; null: it was deleted"`
}

// Readings are how many merchants' data of one sort a line read.
type Readings struct {
	What      Reading `json:"what"`
	Tenancies int     `json:"tenancies" doc:"each a merchant in the time of a tenancy"`
}

// selectLines reads lines e with their results r.
const selectLines = `SELECT e.id, e.at, e.actor_id, e.session_id, e.address, e.method, e.route, e.object, a.role,
		CASE WHEN e.status IS NULL THEN r.at ELSE e.at END, coalesce(e.status, r.status),
		(SELECT count(*) FROM audit_changes c WHERE c.event_id = e.id),
		(SELECT coalesce(jsonb_agg(jsonb_build_object('kind', c.kind, 'id', c.object_id, 'before', encode(c.before,
		'hex'), 'after', encode(c.after, 'hex'))), '[]')
		 FROM (SELECT * FROM audit_changes WHERE event_id = e.id ORDER BY id LIMIT 20) c),
		(SELECT coalesce(jsonb_agg(jsonb_build_object('what', w.what, 'tenancies', w.n)), '[]')
		 FROM (SELECT what, count(*) AS n FROM audit_reads WHERE event_id = e.id GROUP BY what ORDER BY what) w)
	FROM audit_events e LEFT JOIN audit_results r ON r.event_id = e.id LEFT JOIN actors a ON a.id = e.actor_id`

func scanLine(row pgx.CollectableRow) (l Line, err error) {
	err = row.Scan(&l.ID, &l.At, &l.ActorID, &l.SessionID, &l.Address, &l.Method, &l.Route, &l.Object, &l.Role,
		&l.EndedAt, &l.Status, &l.Changed, &l.Changes, &l.Readings)
	switch {
	case l.EndedAt == nil:
		l.Outcome = UnderWay
	case l.Status == nil:
		l.Outcome = Unknown
	case *l.Status >= 500:
		l.Outcome = Failed
	case *l.Status >= 400:
		l.Outcome = Refused
	default:
		l.Outcome = Done
	}
	return l, err
}

// LineFilter narrows the trail; what is empty narrows nothing.
type LineFilter struct {
	Actor, Session *uuid.UUID
	Object         string // the beginning of a path, or the id of the requested or changed object
	Route, Method  string
	Class          int    // of the status: 2 to 5
	Address        string // with or without a port
	From, To       *time.Time
}

// conditions returns the filter as SQL with its values. It contains only the requested conditions,
// so that each uses its index.
func (f *LineFilter) conditions() (where []string, values []any) {
	add := func(sql string, value any) {
		values = append(values, value)
		where = append(where, strings.ReplaceAll(sql, "?", "$"+strconv.Itoa(len(values))))
	}
	if f.Actor != nil {
		add(`e.actor_id = ?`, f.Actor)
	}
	if f.Session != nil {
		add(`e.session_id = ?`, f.Session)
	}
	if id, err := uuid.Parse(f.Object); err == nil {
		add(`e.id IN (SELECT event_id FROM audit_changes WHERE object_id = ?
			UNION ALL SELECT id FROM audit_events WHERE substring(lower(object) FROM '[0-9a-f]{8}-[0-9a-f-]{27}') = ?)`,
			id.String())
	} else if f.Object != "" {
		add(`e.object LIKE ?`, likeAny.Replace(f.Object)+"%")
	}
	if f.Route != "" {
		add(`e.route = ?`, f.Route)
	}
	if f.Method != "" {
		add(`e.method = ?`, f.Method)
	}
	switch {
	case f.Class >= 5: // few, which their own index finds; of the others there are some in any stretch of the trail
		where = append(where, `(e.status >= 500 OR e.id IN (SELECT event_id FROM audit_results WHERE status >= 500))`)
	case f.Class > 0:
		add(`coalesce(e.status, r.status) / 100 = ?`, f.Class)
	}
	if at, err := netip.ParseAddr(f.Address); err == nil {
		add(`e.address LIKE ?`, strings.TrimSuffix(netip.AddrPortFrom(at, 0).String(), "0")+"%")
	} else if f.Address != "" {
		add(`e.address = ?`, f.Address)
	}
	if f.From != nil {
		add(`e.at >= ?`, f.From)
	}
	if f.To != nil {
		add(`e.at < ?`, f.To)
	}
	return where, values
}

// likeAny escapes the special characters of LIKE.
var likeAny = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Lines returns the trail, newest first, after a place in it (nil: its end).
func (t *Trail) Lines(ctx context.Context, f LineFilter, before *time.Time, beforeID uuid.UUID,
	limit int,
) ([]Line, error) {
	where, values := f.conditions()
	n := len(values)
	if before != nil {
		where = append(where, fmt.Sprintf(`(e.at, e.id) < ($%d, $%d)`, n+1, n+2))
		values, n = append(values, before, beforeID), n+2
	}
	query := selectLines
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, ` AND `)
	}
	rows, err := t.db.Pool.Query(ctx, query+fmt.Sprintf(` ORDER BY e.at DESC, e.id DESC LIMIT $%d`, n+1),
		append(values, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read the trail: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanLine)
	if err != nil {
		return nil, fmt.Errorf("read the trail: %w", err)
	}
	return list, nil
}

// LinePlace is a place among lines that ended.
type LinePlace struct {
	At time.Time
	ID uuid.UUID
}

// Ended returns at most limit lines that ended after a place and before a time, in the order of
// their ends.
func (t *Trail) Ended(ctx context.Context, after LinePlace, to time.Time, limit int) ([]Line, error) {
	rows, err := t.db.Pool.Query(ctx, `WITH ended AS (
			(SELECT id, at FROM audit_events WHERE status IS NOT NULL AND (at, id) > ($1, $2) AND at < $3 ORDER BY at,
			id LIMIT $4)
			UNION ALL
			(SELECT event_id, at FROM audit_results WHERE (at, event_id) > ($1, $2) AND at < $3 ORDER BY at, event_id
			LIMIT $4)
			ORDER BY at, id LIMIT $4)
		`+selectLines+` JOIN ended ON ended.id = e.id ORDER BY ended.at, ended.id`, after.At, after.ID, to, limit)
	if err != nil {
		return nil, fmt.Errorf("read what ended: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanLine)
	if err != nil {
		return nil, fmt.Errorf("read what ended: %w", err)
	}
	return list, nil
}
