// Package pages serves what is behind a printed code: the shopper's page, the code's images, codes
// with an amount inside, and reports of problems. Anybody may read it, also without scripts. It
// reveals nothing about a stall's payments.
package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"market40/merchants"
	"market40/merchants/beneficiary"
	"market40/merchants/codes"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/vietqr"
	"market40/payments/money"
	"market40/payments/orders"
)

//go:embed shop.html refused.html shop.css shop.js
var files embed.FS

const (
	// ordersLimit and complaintsLimit are how often one address may make an order or report a
	// problem, a minute.
	ordersLimit, complaintsLimit = 10, 5
	// maxBody is the largest body of a shopper, in bytes.
	maxBody = 16 << 10
	// Widths of an image, in pixels.
	defaultWidth, maxWidth = 600, 4096
)

// Pages are the pages behind codes.
type Pages struct {
	register *merchants.Registry
	orders   *orders.Orders
	// where strangers reach us; "": not known, pages then name no address: a request's Host is the
	// asker's word
	origin   string
	template *template.Template
}

// New prepares the pages; publicURL is the address that printed codes and pictures name.
func New(register *merchants.Registry, orders *orders.Orders, publicURL string) (*Pages, error) {
	page, err := template.New("shop.html").Funcs(template.FuncMap{
		"dong":  func(a money.Amount) string { return a.Format() },
		"cash":  func(n int64) string { return money.FromDong(n).Format() },
		"day":   bizday.ShowDay,
		"clock": bizday.ShowTime,
	}).ParseFS(files, "shop.html", "refused.html")
	if err != nil {
		return nil, fmt.Errorf("read the shopper's page: %w", err)
	}
	return &Pages{register, orders, strings.TrimSuffix(publicURL, "/"), page}, nil
}

// Routes mounts what strangers see behind a code. Gin takes no suffix after a parameter, so one
// handler splits it; OpenAPI names the four forms.
func (p *Pages) Routes(e *web.Edge) error {
	for _, file := range []struct{ name, contentType string }{
		{"shop.css", "text/css; charset=utf-8"},
		{"shop.js", "text/javascript; charset=utf-8"},
	} {
		content, err := files.ReadFile(file.name)
		if err != nil {
			return fmt.Errorf("read %s: %w", file.name, err)
		}
		e.Engine.GET("/q/"+file.name, func(c *gin.Context) {
			c.Header("Cache-Control", "no-cache")
			c.Data(http.StatusOK, file.contentType, content)
		})
	}
	e.Engine.GET("/q/check", p.check)
	e.Engine.GET("/q/:code", p.handle(p.getCode))
	e.Engine.POST("/q/:code/orders", e.LimitRate("orders", ordersLimit), p.handle(p.postOrder))
	e.Engine.GET("/q/:code/orders/:id", p.handle(p.getOrder))
	e.Engine.GET("/q/:code/apps/:app", p.handle(p.openApp))
	e.Engine.POST("/q/:code/problems", e.LimitRate("problems", complaintsLimit), p.handle(p.postComplaint))

	document(e)
	return nil
}

// document describes what programs call. The pages of shoppers are not in OpenAPI.
func document(e *web.Edge) {
	order := map[string]*huma.MediaType{"application/json": {Schema: e.SchemaOf(reflect.TypeFor[sale]())}}
	amount := &huma.Schema{
		Type: huma.TypeObject, Required: []string{"amount"},
		Properties: map[string]*huma.Schema{"amount": {
			Type: huma.TypeString, Description: "đồng, digits only", Examples: []any{"45000"},
		}},
	}
	post := operation(http.MethodPost, "/q/{code}/orders", "make-shopper-order",
		"Make a code for one purchase; a form instead of JSON is redirected to its page")
	post.RequestBody = jsonBody(amount)
	post.Responses = map[string]*huma.Response{"201": {Description: "Created", Content: order}}
	post.Errors = []int{400, 413, 415, 422, 429}
	e.Document(post)
	get := operation(http.MethodGet, "/q/{code}/orders/{id}", "get-shopper-order",
		"What was paid for an order; a browser gets a page")
	get.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: order}}
	e.Document(get)
	report := operation(http.MethodPost, "/q/{code}/problems", "report-problem",
		"Report that a code is wrong, or that a payment was not heard")
	report.RequestBody = jsonBody(e.SchemaOf(reflect.TypeFor[reportedProblem]()))
	report.Responses = map[string]*huma.Response{"201": {
		Description: "Created",
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: e.SchemaOf(reflect.TypeFor[openComplaint]())},
		},
	}}
	report.Errors = []int{400, 413, 415, 422, 429}
	e.Document(report)
	for _, form := range []struct{ ending, media, id, summary string }{
		{".png", "image/png", "get-code-png", "The code as PNG"},
		{".svg", "image/svg+xml", "get-code-svg", "The code as SVG"},
		{".txt", "text/plain", "get-code-text", "The code's payload"},
	} {
		op := operation(http.MethodGet, "/q/{code}"+form.ending, form.id, form.summary)
		op.Responses = map[string]*huma.Response{"200": {
			Description: "OK",
			Content:     map[string]*huma.MediaType{form.media: {Schema: &huma.Schema{Type: huma.TypeString}}},
		}}
		if form.ending == ".png" {
			op.Errors = append(op.Errors, http.StatusUnprocessableEntity)
			op.Parameters = []*huma.Param{{
				Name: "px", In: "query", Schema: &huma.Schema{Type: "integer"},
				Description: "width in pixels at most, to 4096; absent: 600",
			}}
		}
		e.Document(op)
	}
}

func jsonBody(schema *huma.Schema) *huma.RequestBody {
	return &huma.RequestBody{
		Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}},
	}
}

func operation(method, path, id, summary string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"shoppers"},
		Security: []map[string][]string{{}}, Errors: []int{404, 410, 503},
	}
}

// page is what the template shows: a code, and the order that is looked at.
type page struct {
	*codes.Printed
	Sale     *orders.Order
	Changes  []beneficiary.Sentence
	Apps     []bankApp
	Origin   string
	Path     string // of this page, without its query
	English  bool
	Wrong    string // what was refused, in the page's language
	Typed    string // the amount that was refused
	Reported bool
}

// T returns a sentence in the page's language.
func (p *page) T(vi, en string) string {
	if p.English {
		return en
	}
	return vi
}

// Payable reports that money may be sent by this page's code.
func (p *page) Payable() bool { return !p.Revoked() && !p.Moved }

// Waits reports that the page should look again: its order may still be paid.
func (p *page) Waits() bool {
	return p.Sale != nil && (p.Sale.State == "open" || p.Sale.State == "under")
}

// IsPaid reports that money arrived for the page's order.
func (p *page) IsPaid() bool {
	return p.Sale != nil && p.Sale.PaidAt != nil && p.Sale.Received.Sign() > 0
}

// page begins a page of a code for any caller.
func (p *Pages) page(c *gin.Context, shown *codes.Printed) (*page, error) {
	changes, err := p.register.Changes.Sentences(c.Request.Context(), shown.Place.Stall)
	if err != nil {
		return nil, err
	}
	return &page{
		Printed: shown, Changes: changes, Apps: appsOf(shown), Origin: p.origin, Path: c.Request.URL.Path,
		English:  isEnglish(c),
		Reported: c.Query("reported") != "",
	}, nil
}

// isEnglish reports whether the page is in English: by ?lang= if it is given, otherwise by what the
// browser prefers. Vietnamese comes first.
func isEnglish(c *gin.Context) bool {
	if lang := c.Query("lang"); lang != "" {
		return lang == "en"
	}
	return problem.English(c.GetHeader("Accept-Language"))
}

// show writes a page.
func (p *Pages) show(c *gin.Context, status int, shown *page) error {
	var out bytes.Buffer
	if err := p.template.Execute(&out, shown); err != nil {
		return fmt.Errorf("page of code %s: %w", shown.Code, err)
	}
	c.Header("Cache-Control", "no-cache")
	c.Writer.Header().Add("Vary", "Accept, Accept-Language")
	c.Header("Referrer-Policy", "same-origin")
	c.Data(status, "text/html; charset=utf-8", out.Bytes())
	return nil
}

// getCode answers with the page, or the image or text of the suffix. A revoked code has no image
// (410).
func (p *Pages) getCode(c *gin.Context) error {
	name := c.Param("code")
	form := path.Ext(name)
	shown, err := p.register.Codes.FindPrinted(c.Request.Context(), name[:len(name)-len(form)])
	if err != nil {
		return err
	}
	if form != "" {
		return drawCode(c, shown, form)
	}
	answer, err := p.page(c, shown)
	if err != nil {
		return err
	}
	if shown.Order {
		if answer.Sale, err = p.orders.FindByCode(c.Request.Context(), shown.Code); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if shown.Revoked() {
		status = http.StatusGone
	}
	return p.show(c, status, answer)
}

// check redirects to the page of a typed code.
func (p *Pages) check(c *gin.Context) {
	c.Redirect(http.StatusSeeOther, "/q/"+pathWord(c.Query("code")))
}

// pathWord reduces a typed text to its letters and digits, as one segment of a path.
func pathWord(text string) string {
	word := strings.Map(func(r rune) rune {
		if r < 128 && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return -1
	}, text)
	if word == "" {
		return "none"
	}
	return word[:min(len(word), 40)]
}

// drawCode answers with a code as image or text.
func drawCode(c *gin.Context, shown *codes.Printed, form string) error {
	switch {
	case shown.Revoked():
		return problem.New(http.StatusGone, "code_revoked", "Mã này đã bị thu hồi.", "This code is revoked.")
	case shown.Payload == "":
		return codes.NoPayload(shown.Obstacle)
	}
	c.Header("Cache-Control", "public, max-age=300")
	switch form {
	case ".png":
		return drawPNG(c, shown.Payload)
	case ".svg":
		image, err := vietqr.SVG(shown.Payload)
		if err != nil {
			return err
		}
		c.Data(http.StatusOK, "image/svg+xml", image)
	case ".txt":
		c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte(shown.Payload))
	default:
		return problem.Missing("form of a code")
	}
	return nil
}

// drawing bounds how many images are drawn at once: the largest takes 16 MB and a tenth of a
// second, and any visitor may request it.
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
	<-drawing // before it is sent: a slow reader delays no one
	if err != nil {
		return widthRefusal() // below one pixel a module
	}
	c.Data(http.StatusOK, "image/png", image)
	return nil
}

func widthRefusal() error {
	return problem.Of("px", "width",
		"Chiều rộng ảnh tính bằng điểm ảnh, tối đa 4096, ít nhất một điểm cho mỗi ô của mã.",
		"The width is in pixels: at most 4096, and at least one for each module of the code.")
}
