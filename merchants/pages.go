package merchants

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/edge"
	"market40/merchants/memo"
	"market40/merchants/problem"
	"market40/merchants/seal"
	"market40/merchants/vietqr"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS []byte

var pageTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(pageHTML)) })

// Widths of an image, in pixels.
const (
	defaultWidth = 600
	maxWidth     = 4096
)

// mountPages mounts what strangers see behind a code. Gin takes no suffix after a parameter, so one handler
// splits it; OpenAPI names the four forms.
func (r *Registry) mountPages(e *edge.Edge) {
	e.Engine.GET("/q/page.css", func(c *gin.Context) { c.Data(http.StatusOK, "text/css; charset=utf-8", pageCSS) })
	e.Engine.GET("/q/:code", problem.Handle(r.getCode))
	e.Document(forStrangers(op(http.MethodGet, "/q/page.css", "get-code-style", "The page's style", 0)))
	for _, form := range []struct{ suffix, id, summary string }{
		{"", "get-code-page", "Trang của sạp: the shopper's page"},
		{".png", "get-code-png", "The code as PNG; px: its width at most, default 600"},
		{".svg", "get-code-svg", "The code as SVG"},
		{".txt", "get-code-text", "The code's payload"},
	} {
		documented := forStrangers(op(http.MethodGet, "/q/{code}"+form.suffix, form.id, form.summary, 0))
		documented.Responses = map[string]*huma.Response{
			"200": {Description: "OK"}, "404": {Description: "no such code"}, "410": {Description: "the code is revoked"},
		}
		if form.suffix == ".png" {
			documented.Parameters = []*huma.Param{{Name: "px", In: "query", Schema: &huma.Schema{Type: "integer"}, Description: "width in pixels, to 4096"}}
		}
		e.Document(documented)
	}
}

// printed is a stall's code as it is printed.
type printed struct {
	Code, State, StallState string
	Stall, Market           string
	Holder, Bank, Last4     string
	Seller                  string // who sells there, as far as it agreed to stand on the page (public_page)
	Demo                    bool
	Payload                 string // empty: a wallet's
	Changes                 []toldChange
	Moved                   bool   // another account receives instead
	Instead                 string // the code to pay then
	account, stall          uuid.UUID
	sealed                  []byte
	to                      payee
}

// Revoked says that the code was a former tenant's: it must not be paid any more.
func (p *printed) Revoked() bool { return p.State == codeRevoked }

// printed finds a stall's code; one that nobody holds is missing.
func (r *Registry) printed(ctx context.Context, text string) (*printed, error) {
	code, err := memo.Parse(text)
	if err != nil {
		return nil, problem.Missing("code")
	}
	p := &printed{Code: code.String()}
	err = r.db.Pool.QueryRow(ctx, `SELECT c.state, coalesce(st.state, 'vacant'), s.number, m.name, m.demo, a.id, a.number, a.last4, a.holder_name,
			a.kind, coalesce(a.bank_bin, ''), coalesce(b.short_name, 'Ví điện tử'), coalesce(b.memo_prefix, ''), `+placeOfMarket+`,
			s.id, ta.replaced_at IS NOT NULL, coalesce((SELECT n.code FROM tenancy_accounts na JOIN codes n ON n.tenancy_id = na.tenancy_id AND n.account_id = na.account_id
				WHERE na.tenancy_id = c.tenancy_id AND na.replaced_at IS NULL AND n.kind = 'stall' AND n.state = 'current'
				ORDER BY coalesce(na.place, na.since), n.code LIMIT 1), ''),
			CASE WHEN consented(o.id, 'public_page') THEN coalesce(nullif(o.household_name, ''), o.full_name) ELSE '' END
		FROM codes c LEFT JOIN tenancy_accounts ta ON ta.tenancy_id = c.tenancy_id AND ta.account_id = c.account_id JOIN stalls s ON s.id = c.stall_id JOIN markets m ON m.id = c.market_id JOIN accounts a ON a.id = c.account_id
		JOIN merchants o ON o.id = a.merchant_id
		LEFT JOIN banks b ON b.bin = a.bank_bin LEFT JOIN stall_states st ON st.stall_id = s.id AND upper_inf(st.valid)
		WHERE c.code = $1 AND c.kind = 'stall'`, p.Code, r.today()).
		Scan(&p.State, &p.StallState, &p.Stall, &p.Market, &p.Demo, &p.account, &p.sealed, &p.Last4, &p.Holder,
			&p.to.Kind, &p.to.BIN, &p.Bank, &p.to.MemoPrefix, &p.to.Place, &p.stall, &p.Moved, &p.Instead, &p.Seller)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.Missing("code")
	}
	if err != nil {
		return nil, fmt.Errorf("find code: %w", err)
	}
	number, err := r.keys.Open(ctx, accountPlace(p.account), p.sealed)
	if err != nil {
		return nil, err
	}
	p.to.Number, p.to.Holder, p.Last4 = string(number), p.Holder, seal.Mask(p.Last4)
	built, err := payload(p.Code, p.to)
	if built != nil {
		p.Payload = *built
	}
	return p, err
}

// getCode answers the page, or the image or text that the suffix asks for. A revoked code has no image (410).
func (r *Registry) getCode(c *gin.Context) error {
	name := c.Param("code")
	form := path.Ext(name)
	p, err := r.printed(c.Request.Context(), name[:len(name)-len(form)])
	if err != nil {
		return err
	}
	if form == "" {
		if p.Changes, err = r.tellShoppers(c.Request.Context(), p.stall); err != nil {
			return err
		}
		return showPage(c, p)
	}
	switch {
	case p.Revoked():
		return problem.New(http.StatusGone, "code_revoked", "Mã này đã bị thu hồi.", "This code is revoked.")
	case p.Payload == "":
		return problem.New(problem.NotFound, "no_payload", "Ví điện tử không có mã VietQR.", "A wallet has no VietQR payload.")
	}
	c.Header("Cache-Control", "public, max-age=300")
	switch form {
	case ".png":
		return drawPNG(c, p.Payload)
	case ".svg":
		image, err := vietqr.SVG(p.Payload)
		if err != nil {
			return err
		}
		c.Data(http.StatusOK, "image/svg+xml", image)
	case ".txt":
		c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte(p.Payload))
	default:
		return problem.Missing("form of a code")
	}
	return nil
}

// drawing bounds how many images are drawn at once: the largest takes 16 MB and a tenth of a second, and any stranger asks.
var drawing = make(chan struct{}, 2)

func drawPNG(c *gin.Context, payload string) error {
	px := defaultWidth
	if asked := c.Query("px"); asked != "" {
		var err error
		if px, err = strconv.Atoi(asked); err != nil || px < 1 || px > maxWidth {
			return widthRefusal()
		}
	}
	select {
	case drawing <- struct{}{}:
	case <-c.Request.Context().Done():
		return c.Request.Context().Err()
	}
	image, err := vietqr.PNGSize(payload, px)
	<-drawing // before it is sent: a slow reader keeps nobody waiting
	if err != nil {
		return widthRefusal() // below one pixel a module
	}
	c.Data(http.StatusOK, "image/png", image)
	return nil
}

func widthRefusal() error {
	return problem.Of("px", "width", "Chiều rộng ảnh tính bằng điểm ảnh, tối đa 4096, ít nhất một điểm cho mỗi ô của mã.",
		"The width is in pixels, 4096 at most and at least one a module of the code.")
}

func showPage(c *gin.Context, p *printed) error {
	var out bytes.Buffer
	if err := pageTemplate().Execute(&out, p); err != nil {
		return fmt.Errorf("page of code %s: %w", p.Code, err)
	}
	status := http.StatusOK
	if p.Revoked() {
		status = http.StatusGone
	}
	c.Header("Cache-Control", "no-cache")
	c.Data(status, "text/html; charset=utf-8", out.Bytes())
	return nil
}
