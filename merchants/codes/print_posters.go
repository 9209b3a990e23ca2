package codes

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/memo"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/merchants/posters"
	"market40/merchants/scope"
	"market40/merchants/tenancies"
)

// maxPosters is how many posters one PDF may hold: some 10 MB and three seconds.
const maxPosters = 2000

// printing draws the PDFs of markets.
var printing = web.NewDrawing()

// Prints draws codes as posters. Posters hang in public, so that whole account numbers appear only
// inside the codes.
type Prints struct {
	codes  *Codes
	origin string // address for shoppers; empty: the host of each request
}

// NewPrints returns what prints codes; publicURL is the address at which shoppers check them.
func NewPrints(codes *Codes, publicURL string) *Prints {
	return &Prints{codes, strings.TrimSuffix(publicURL, "/")}
}

// Routes mounts what is printed.
func (p *Prints) Routes(e *web.Edge) {
	op := web.Tagged("register")
	size := &huma.Param{Name: "size", In: "query", Schema: &huma.Schema{Type: "string", Enum: []any{
		"sticker", "a6",
		"a5", "a4",
	}}, Description: "of one poster; default a6"}
	pdf := func(path, id, summary string, parameters ...*huma.Param) {
		o := op(http.MethodGet, path, id, summary, 0)
		o.Errors = []int{http.StatusGone}
		o.Parameters = append([]*huma.Param{size}, parameters...)
		o.Responses = map[string]*huma.Response{"200": {
			Description: "OK",
			Content: map[string]*huma.MediaType{"application/pdf": {Schema: &huma.Schema{
				Type:   "string",
				Format: "binary",
			}}},
		}}
		e.Document(o)
	}
	text := &huma.Schema{Type: "string"}
	e.Engine.GET("/api/v1/codes/:code/poster.pdf", problem.Handle(p.one))
	pdf("/api/v1/codes/{code}/poster.pdf", "print-poster", "Print a poster of one code, as PDF")
	e.Engine.GET("/api/v1/markets/:id/posters.pdf", problem.Handle(p.sheets))
	pdf("/api/v1/markets/{id}/posters.pdf", "print-market-posters",
		"Print the current codes of a market, by row and number, as sheets of A4 to cut",
		&huma.Param{Name: "zone", In: "query", Schema: text, Description: "only the stalls of this row or zone"},
		&huma.Param{
			Name: "stalls", In: "query", Schema: text,
			Description: "only these stalls: ids or numbers, separated by commas",
		},
		&huma.Param{
			Name: "layout", In: "query", Schema: &huma.Schema{Type: "string", Enum: []any{"sheet", "single"}},
			Description: "default: sheets of A4; single: one code per page",
		})
}

// sizeOf returns the paper size of a request.
func sizeOf(c *gin.Context) (posters.Size, error) {
	name := c.DefaultQuery("size", "a6")
	size, known := posters.Sizes[name]
	if !known {
		return size, problem.InFields(problem.UnknownValue("size", name, posters.SizeNames...))
	}
	return size, nil
}

// selectPrints selects the codes to print in scope ($1, $2), of merchant $3 if any, on day $4. They
// are filtered by code $5, market $6, zone $7 and stalls $8.
const selectPrints = `SELECT c.code, c.state, s.number, s.zone, m.name, m.code, m.demo, a.id, a.number, a.last4, a.holder_name,
	a.kind, coalesce(a.bank_bin, ''),
		coalesce(b.short_name, 'Ví điện tử'), coalesce(b.memo_prefix, ''), coalesce(v.name, ''), c.issued_at,
		(SELECT count(*) FROM codes n WHERE n.stall_id = c.stall_id AND n.kind = 'stall'
		AND n.issued_at <= c.issued_at),
		CASE WHEN consented(o.id, 'public_page') THEN coalesce(nullif(o.household_name, ''), o.full_name) ELSE '' END
	FROM codes c JOIN stalls s ON s.id = c.stall_id JOIN markets m ON m.id = c.market_id
	JOIN accounts a ON a.id = c.account_id
	JOIN tenancies t ON t.id = c.tenancy_id JOIN merchants o ON o.id = t.merchant_id
	LEFT JOIN banks b ON b.bin = a.bank_bin
	LEFT JOIN market_places mp ON mp.market_id = c.market_id AND mp.valid @> $4::date
	LEFT JOIN locality_versions v ON v.locality_id = mp.locality_id AND v.valid @> $4::date
	WHERE c.kind = 'stall' AND c.market_id IN (SELECT scope_markets($1, $2)) AND sees_stall($1, $2, c.stall_id)
	AND ($3::uuid IS NULL OR t.merchant_id = $3)
	AND CASE WHEN $5 <> '' THEN c.code = $5 ELSE c.state = 'current' AND c.market_id = $6 AND ($7 = '' OR s.zone = $7)
	AND ($8::uuid[] IS NULL OR s.id = ANY ($8)) END
	ORDER BY s.zone, s.number, c.issued_at LIMIT $9`

// printFilter selects which codes are printed: one, or those of a market.
type printFilter struct {
	code, zone string
	market     uuid.UUID
	stalls     []uuid.UUID
}

// printable is a poster with what decides whether it is printed.
type printable struct {
	posters.Poster
	state    string
	obstacle string // why it has no payload
}

func (p *Prints) find(ctx context.Context, who roles.Principal, origin string, w printFilter) ([]printable, error) {
	rows, err := p.codes.db.Pool.Query(
		ctx,
		selectPrints,
		who.ScopeKind,
		who.ScopeID,
		who.MerchantID,
		bizday.DayOf(p.codes.now()),
		w.code,
		w.market,
		w.zone,
		w.stalls,
		maxPosters+1,
	)
	if err != nil {
		return nil, fmt.Errorf("find codes to print: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (x printable, err error) {
		var account uuid.UUID
		var sealed []byte
		var marketCode string
		var to Payee
		if err = row.Scan(&x.Code, &x.state, &x.Stall, &x.Zone, &x.Market, &marketCode, &x.Demo, &account, &sealed,
			&x.Last, &x.Holder, &to.Kind, &to.BIN,
			&x.Bank, &to.MemoPrefix, &to.Place, &x.IssuedAt, &x.Version, &x.Seller); err != nil {
			return x, err
		}
		number, err := p.codes.keys.Open(ctx, tenancies.AccountPlace(account), sealed)
		if err != nil {
			return x, err
		}
		to.Number, to.Holder = string(number), x.Holder
		x.obstacle = to.obstacle()
		built, err := BuildPayload(x.Code, to, 0)
		if built != nil {
			x.Payload = *built
		}
		x.Last, x.IssuedAt = seal.Mask(x.Last), x.IssuedAt.In(bizday.Vietnam)
		x.Serial, x.CheckURL = marketCode+"/"+x.Stall, origin+PageURL(x.Code)
		return x, err
	})
	if err != nil {
		return nil, fmt.Errorf("find codes to print: %w", err)
	}
	slices.SortStableFunc(found, func(a, b printable) int {
		return cmp.Or(byNumber(a.Zone, b.Zone), byNumber(a.Stall, b.Stall))
	})
	return found, nil
}

// digits are the numbers inside of a stall's number.
var digits = regexp.MustCompile(`[0-9]+`)

// byNumber compares stall numbers by their digits as numbers, B-1.
func byNumber(a, b string) int {
	counted := func(s string) string {
		return digits.ReplaceAllStringFunc(s, func(n string) string {
			return fmt.Sprintf("%20s",
				strings.TrimLeft(n, "0"))
		})
	}
	return cmp.Or(strings.Compare(counted(a), counted(b)), strings.Compare(a, b))
}

// address returns the address at which shoppers check a code.
func (p *Prints) address(c *gin.Context) string {
	if p.origin != "" {
		return p.origin
	}
	return "http://" + c.Request.Host
}

// one serves GET /api/v1/codes/{code}/poster.pdf. It refuses a superseded or revoked code (410).
func (p *Prints) one(c *gin.Context) error {
	ctx := c.Request.Context()
	size, err := sizeOf(c)
	if err != nil {
		return err
	}
	who, err := roles.Require(ctx, roles.Print)
	if err != nil {
		return err
	}
	code, err := memo.Parse(c.Param("code"))
	if err != nil {
		return problem.Missing("code")
	}
	found, err := p.find(ctx, who, p.address(c), printFilter{code: code.String()})
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return problem.Missing("code")
	case found[0].state != Current:
		return problem.New(http.StatusGone, "code_not_current", "Mã này đã được thay hoặc thu hồi, không in nữa.",
			"This code is superseded or revoked and cannot be printed.")
	case found[0].Payload == "":
		return NoPayload(found[0].obstacle)
	}
	return answerPDF(c, found[0].Code, size, false, found)
}

// sheets serves GET /api/v1/markets/{id}/posters.pdf. It leaves out stalls without a code, and
// wallets.
func (p *Prints) sheets(c *gin.Context) error {
	ctx := c.Request.Context()
	size, err := sizeOf(c)
	if err != nil {
		return err
	}
	layout := c.DefaultQuery("layout", "sheet")
	if layout != "sheet" && layout != "single" {
		return problem.InFields(problem.UnknownValue("layout", layout, "sheet", "single"))
	}
	who, err := roles.Require(ctx, roles.Print)
	if err != nil {
		return err
	}
	w := printFilter{zone: c.Query("zone")}
	if w.market, err = scope.FindMarket(ctx, p.codes.db, who, c.Param("id")); err != nil {
		return err
	}
	if w.stalls, err = p.findListed(ctx, who, w.market, c.Query("stalls")); err != nil {
		return err
	}
	found, err := p.find(ctx, who, p.address(c), w)
	if err != nil {
		return err
	}
	if len(found) > maxPosters {
		return problem.Of("zone", "too_many", fmt.Sprintf("Quá %d bảng mã: hãy in từng dãy.", maxPosters),
			fmt.Sprintf("More than %d posters: print zone by zone.", maxPosters))
	}
	payable := found[:0]
	for _, x := range found {
		if x.Payload != "" {
			payable = append(payable, x)
		}
	}
	if len(payable) == 0 {
		return problem.New(problem.NotFound, "nothing_to_print", "Không có mã nào để in.", "There is no code to print.")
	}
	return answerPDF(c, "bang-ma", size, layout == "sheet", payable)
}

// findListed returns the stalls of a market that a comma-separated list names by id or number; nil:
// all.
func (p *Prints) findListed(ctx context.Context, who roles.Principal, market uuid.UUID,
	text string,
) (ids []uuid.UUID, err error) {
	var numbers []string
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if id, err := uuid.Parse(part); err == nil {
			ids = append(ids, id)
		} else if part != "" {
			numbers = append(numbers, part)
		}
	}
	if len(numbers) == 0 {
		return ids, nil
	}
	rows, _ := p.codes.db.Pool.Query(ctx, `SELECT n.number, s.id FROM unnest($2::text[]) AS n (number)
		LEFT JOIN LATERAL (SELECT s.id FROM stalls s
		WHERE s.market_id = $1 AND s.number_key = stall_number_key(n.number) AND sees_stall($3, $4, s.id)
			ORDER BY s.number = n.number DESC, s.number_twin LIMIT 1) s ON true`, market, numbers, who.ScopeKind,
		who.ScopeID)
	var number string
	var id *uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&number, &id}, func() error {
		if id == nil {
			number = strings.ToUpper(number)
			return problem.Of("stalls", "unknown_stall", "Chợ này không có sạp "+number+".",
				"This market has no stall "+number+".")
		}
		ids = append(ids, *id)
		return nil
	})
	return ids, err
}

func answerPDF(c *gin.Context, name string, size posters.Size, sheets bool, list []printable) error {
	drawn := make([]posters.Poster, len(list))
	for i, x := range list {
		drawn[i] = x.Poster
	}
	file, err := printing.Draw(c.Request.Context(), func(w io.Writer) error {
		return posters.Write(w, size, sheets, drawn)
	})
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", fmt.Sprintf(`inline; filename="%s-%s.pdf"`, name, size.Name))
	c.Data(http.StatusOK, "application/pdf", file)
	return nil
}
