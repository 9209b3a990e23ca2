package merchants

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/encodings"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/migrations/database"
)

// Markets registers and lists markets, and lists localities and banks.
type Markets struct {
	db  *database.DB
	now func() time.Time
}

//go:embed places.sql
var placesSQL string

// MarketOrder is a market to register.
type MarketOrder struct {
	Code          string        `json:"code" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]{1,31}$" doc:"2 to 32 letters, digits, _ and -; stored in upper case" example:"CHODAM"`
	Name          string        `json:"name" minLength:"1" maxLength:"200" example:"Chợ Đầm"`
	Class         int           `json:"class" enum:"1,2,3" doc:"Decree 60/2024: 1 has more than 400 points of sale, 2 has 200 to 400, 3 fewer"`
	Kind          string        `json:"kind" enum:"dan_sinh,dau_moi,cho_dem,nong_thon,tam,trung_tam,khac"`
	Latitude      *float64      `json:"latitude,omitempty" minimum:"-90" maximum:"90" doc:"degrees, WGS 84"`
	Longitude     *float64      `json:"longitude,omitempty" minimum:"-180" maximum:"180" doc:"degrees, WGS 84"`
	CommuneCode   string        `json:"commune_code" doc:"code of the market's commune: a present one, or the last code of a commune that became part of a present one" example:"22366"`
	Operator      OperatorOrder `json:"operator" required:"false"`
	StallCapacity *int          `json:"stall_capacity,omitempty" minimum:"0" maximum:"20000" doc:"points of sale"`
	Demo          bool          `json:"-"` // invented data, shown as such
}

// OperatorOrder is who runs a market.
type OperatorOrder struct {
	Kind string `json:"kind" enum:"ban_quan_ly,to_quan_ly,doanh_nghiep,hop_tac_xa"`
	Name string `json:"name" minLength:"1" maxLength:"200"`
}

// Market is a registered market.
type Market struct {
	ID            uuid.UUID      `json:"id"`
	Code          string         `json:"code" doc:"unique"`
	Name          string         `json:"name"`
	Class         int            `json:"class" doc:"of Decree 60/2024: 1 is the largest"`
	Kind          string         `json:"kind"`
	Latitude      *float64       `json:"latitude"`
	Longitude     *float64       `json:"longitude"`
	CommuneCode   string         `json:"commune_code" doc:"the code of the unit that contains it today"`
	Locality      *Unit          `json:"locality" doc:"the unit that contains it today"`
	Operator      *OperatorOrder `json:"operator"`
	StallCapacity *int           `json:"stall_capacity" doc:"points of sale"`
	Demo          bool           `json:"demo" doc:"dữ liệu minh họa: invented data"`
	CreatedAt     time.Time      `json:"created_at"`
}

// RegisterMarket registers a market with its operator and its dated localities: today's commune
// since it began, and before it the unit that the lineage names. Refused: a code of the wrong form,
// a name in the letters of an old font, a commune that no lineage leads to today's map (422); a
// market code that is in use (409).
func (ms *Markets) RegisterMarket(ctx context.Context, o MarketOrder) (Market, error) {
	if err := encodings.Check(map[string]string{"name": o.Name, "operator.name": o.Operator.Name}); err != nil {
		return Market{}, err
	}
	o.Code, o.Name = strings.ToUpper(o.Code), encodings.OneLine(o.Name)
	if o.Name == "" {
		return Market{}, problem.InFields(problem.Required("name"))
	}
	id := database.NewID()
	err := ms.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		commune, err := communeToday(ctx, tx, strings.TrimSpace(o.CommuneCode), bizday.DayOf(ms.now()))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO markets (id, code, name, class, kind, latitude, longitude, stall_capacity,
			demo, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			id, o.Code, o.Name, o.Class, o.Kind, o.Latitude, o.Longitude, o.StallCapacity, o.Demo, ms.now())
		if err != nil {
			return err
		}
		if o.Operator.Kind != "" {
			if _, err = tx.Exec(ctx, `INSERT INTO market_operators (id, market_id, kind, name, valid)
				VALUES ($1, $2, $3, $4, '(,)')`,
				database.NewID(), id, o.Operator.Kind, encodings.OneLine(o.Operator.Name)); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, placesSQL, id, commune, bizday.DayOf(ms.now()))
		return err
	})
	if database.ViolatedUnique(err) == "market_code_unique" {
		return Market{}, problem.New(problem.Conflict, "code_in_use", "Mã chợ này đã có.",
			"This market code is in use.")
	}
	if err != nil {
		return Market{}, fmt.Errorf("register market %s: %w", o.Code, err)
	}
	markets, err := ms.readMarkets(ctx, roles.Principal{ScopeKind: roles.ScopeAll}, id, web.Page{Limit: 1})
	if err != nil {
		return Market{}, err
	}
	return markets[0], nil
}

// communeToday returns today's commune of a code: the commune with the code, or the one that the
// last unit with the code became as a whole. Codes are reused, so the present unit comes first.
func communeToday(ctx context.Context, tx pgx.Tx, code, today string) (uuid.UUID, error) {
	var id uuid.UUID
	err := tx.QueryRow(ctx, `WITH RECURSIVE last_bearer AS (
			SELECT locality_id, valid FROM locality_versions WHERE level = 'commune' AND code = $1
			AND NOT valid >> daterange($2::date, $2::date, '[]')
			ORDER BY upper(valid) DESC NULLS FIRST LIMIT 1
		), became (id, valid) AS (
			SELECT locality_id, valid FROM last_bearer
			UNION
			SELECT v.locality_id, v.valid FROM became b
			JOIN locality_lineage l ON l.old_id = b.id AND l.changed_on = upper(b.valid) AND NOT l.partial
			JOIN locality_versions v ON v.locality_id = l.new_id AND lower(v.valid) = l.changed_on
		)
		SELECT id FROM became WHERE valid @> $2::date`, code, today).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return id, problem.Of("commune_code", "unknown_commune",
			"Không có xã, phường nào hiện nay mang hoặc kế thừa mã này.",
			"No present commune has this code, or contains the whole of a former commune with this code.")
	}
	if err != nil {
		return id, fmt.Errorf("find commune %s: %w", code, err)
	}
	return id, nil
}

// readMarkets reads a market, or with id Nil a page of those in scope by code and one more.
func (ms *Markets) readMarkets(ctx context.Context, who roles.Principal, id uuid.UUID,
	page web.Page,
) ([]Market, error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := ms.db.Pool.Query(ctx, `SELECT m.id, m.code, m.name, m.class, m.kind, m.latitude::float8,
		m.longitude::float8, m.stall_capacity, m.demo, m.created_at,
			v.locality_id, v.level, v.code, v.name, o.kind, o.name
		FROM markets m
		LEFT JOIN market_places p ON p.market_id = m.id AND p.valid @> $1::date
		LEFT JOIN locality_versions v ON v.locality_id = p.locality_id AND v.valid @> $1::date
		LEFT JOIN market_operators o ON o.market_id = m.id AND o.valid @> $1::date
		WHERE m.id IN (SELECT scope_markets($2, $3)) AND ($4::uuid = $5::uuid OR m.id = $4) AND m.code COLLATE "C" > $6
		ORDER BY m.code COLLATE "C" LIMIT $7`,
		bizday.DayOf(ms.now()), who.ScopeKind, who.ScopeID, id, uuid.Nil, after.Text, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("read markets: %w", err)
	}
	markets, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m Market, err error) {
		var unit *uuid.UUID
		var level, code, name, kind, operator *string
		err = row.Scan(&m.ID, &m.Code, &m.Name, &m.Class, &m.Kind, &m.Latitude, &m.Longitude, &m.StallCapacity, &m.Demo,
			&m.CreatedAt,
			&unit, &level, &code, &name, &kind, &operator)
		if unit != nil {
			m.Locality = &Unit{ID: *unit, Level: *level, Code: *code, Name: *name}
			m.CommuneCode = *code
		}
		if kind != nil {
			m.Operator = &OperatorOrder{Kind: *kind, Name: *operator}
		}
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("read markets: %w", err)
	}
	return markets, nil
}
