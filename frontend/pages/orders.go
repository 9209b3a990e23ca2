package pages

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/codes"
	"market40/merchants/platform/problem"
	"market40/merchants/vietqr"
	"market40/payments/money"
	"market40/payments/orders"
)

// sale is an order as a shopper's program reads it.
type sale struct {
	ID        uuid.UUID    `json:"id"`
	Code      string       `json:"code"`
	Amount    money.Amount `json:"amount"`
	Currency  string       `json:"currency"`
	Payload   *string      `json:"payload"`
	Image     string       `json:"image"`
	StateURL  string       `json:"state_url"`
	State     string       `json:"state"` // open, under, paid, over, expired
	Received  money.Amount `json:"received"`
	Missing   money.Amount `json:"missing"`
	PaidAt    *time.Time   `json:"paid_at"`
	CreatedAt time.Time    `json:"created_at"`
	ExpiresAt time.Time    `json:"expires_at"`
}

func stateURL(code string, o *orders.Order) string {
	return "/q/" + code + "/orders/" + o.ID.String()
}

func saleOf(code string, o *orders.Order) sale {
	return sale{
		o.ID, o.Code, o.Amount, o.Currency, o.Payload, o.Image, stateURL(code, o), o.State, o.Received,
		o.Missing, o.PaidAt, o.CreatedAt, o.ExpiresAt,
	}
}

// postOrder makes a code for one purchase: of the page's form, or of a program's JSON.
func (p *Pages) postOrder(c *gin.Context) error {
	shown, err := p.register.Codes.FindPrinted(c.Request.Context(), c.Param("code"))
	if err != nil {
		return err
	}
	if !isForm(c) {
		var in struct {
			Amount string `json:"amount"`
		}
		if err := readJSON(c, &in); err != nil {
			return err
		}
		amount, err := money.Parse(in.Amount)
		if err != nil {
			return problem.InFields(problem.AmountForm("amount"))
		}
		order, err := p.orders.CreateForShopper(c.Request.Context(), shown, amount)
		if err != nil {
			return err
		}
		c.JSON(http.StatusCreated, saleOf(shown.Code, order))
		return nil
	}
	order, err := p.formOrder(c, shown)
	if err != nil {
		return p.refuse(c, shown, err)
	}
	c.Redirect(http.StatusSeeOther, stateURL(shown.Code, order)+"?lang="+pageLanguage(c))
	return nil
}

// formOrder creates the order of a page's form: for the typed amount or, on an order's own page,
// for its missing part.
func (p *Pages) formOrder(c *gin.Context, shown *codes.Printed) (*orders.Order, error) {
	if shown.Order {
		return p.orders.CreateSupplement(c.Request.Context(), shown)
	}
	amount, err := typedAmount(c.PostForm("amount"))
	if err != nil {
		return nil, err
	}
	return p.orders.CreateForShopper(c.Request.Context(), shown, amount)
}

// readJSON reads a small JSON object that has no other fields than in. An amount is a decimal
// string, as everywhere.
func readJSON(c *gin.Context, in any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(in)
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return problem.New(problem.Malformed, "unreadable", "Không đọc được nội dung JSON.",
			"The JSON body could not be read.")
	}
	return problem.New(problem.Invalid, "invalid_body", "Nội dung không đúng dạng.",
		"The body is not valid: unknown fields are refused, amounts are decimal strings.")
}

// refuse shows a code's page again, with why its form was refused.
func (p *Pages) refuse(c *gin.Context, shown *codes.Printed, err error) error {
	var refused *problem.Error
	if !errors.As(err, &refused) {
		return err
	}
	answer, err := p.page(c, shown)
	if err != nil {
		return err
	}
	answer.Path, answer.Typed, answer.Wrong = "/q/"+shown.Code, c.PostForm("amount"), answer.T(refused.Vi, refused.En)
	if len(refused.Fields) > 0 {
		answer.Wrong = answer.T(refused.Fields[0].Vi, refused.Fields[0].En)
	}
	return p.show(c, int(refused.Kind), answer)
}

// pageLanguage returns the tag of the page's language.
func pageLanguage(c *gin.Context) string {
	if isEnglish(c) {
		return "en"
	}
	return "vi"
}

func isForm(c *gin.Context) bool {
	kind := c.ContentType()
	return kind == "application/x-www-form-urlencoded" || kind == "multipart/form-data"
}

// groupedAmount is a whole number, plain or with whole groups of three set apart by one and the
// same mark: "45000.000" is none.
var groupedAmount = regexp.MustCompile(`^(?:[0-9]+|[0-9]{1,3}(?:(?:\.[0-9]{3})+|(?:,[0-9]{3})+|(?: [0-9]{3})+))$`)

// typedAmount reads an amount as people here write it: "45000", "45.000", "45 000 đ", "45k", "45
// nghìn".
func typedAmount(text string) (money.Amount, error) {
	refused := problem.Of("amount", "amount_form", "Hãy nhập số tiền, ví dụ 45.000.", "Type an amount, such as 45.000.")
	text = strings.ToLower(strings.TrimSpace(text))
	times := int64(1)
	for _, unit := range []struct {
		word  string
		times int64
	}{{"nghìn", 1000}, {"ngàn", 1000}, {"k", 1000}, {"vnd", 1}, {"đồng", 1}, {"đ", 1}, {"₫", 1}} {
		if rest, cut := strings.CutSuffix(text, unit.word); cut {
			text, times = strings.TrimSpace(rest), unit.times
			break
		}
	}
	text = strings.ReplaceAll(text, "\u00a0", " ")
	if !groupedAmount.MatchString(text) { // "45.5" is no amount of đồng
		return money.Amount{}, refused
	}
	digits := strings.NewReplacer(".", "", ",", "", " ", "").Replace(text)
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || len(digits) > money.MaxDigits || int64(n) > vietqr.MaxAmount/times {
		return money.Amount{}, refused
	}
	return money.FromDong(int64(n) * times), nil
}

// getOrder answers with what was paid for an order: JSON, and to a browser its page, which is the
// receipt too.
func (p *Pages) getOrder(c *gin.Context) error {
	ctx := c.Request.Context()
	shown, err := p.register.Codes.FindPrinted(ctx, c.Param("code"))
	if err != nil {
		return err
	}
	order, err := p.orders.FindAtCode(ctx, shown, c.Param("id"))
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	if c.NegotiateFormat("application/json", "text/html") != "text/html" {
		c.JSON(http.StatusOK, saleOf(shown.Code, order))
		return nil
	}
	own, err := p.register.Codes.FindPrinted(ctx, order.Code)
	if err != nil {
		return err
	}
	answer, err := p.page(c, own)
	if err != nil {
		return err
	}
	answer.Sale = order
	return p.show(c, http.StatusOK, answer)
}
