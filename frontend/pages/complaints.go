package pages

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/checks"
	"market40/merchants/platform/problem"
	"market40/payments/money"
)

// postComplaint accepts a shopper's report, from the page's form or as a program's JSON.
func (p *Pages) postComplaint(c *gin.Context) error {
	ctx := c.Request.Context()
	shown, err := p.register.Codes.FindPrinted(ctx, c.Param("code"))
	if err != nil {
		return err
	}
	var in checks.Complaint
	var amount money.Amount // zero: none was named
	if isForm(c) {
		in = checks.Complaint{
			Kind: c.PostForm("kind"), Reference: c.PostForm("reference"),
			Detail: c.PostForm("detail"), Contact: c.PostForm("contact"),
		}
		if typed := c.PostForm("amount"); typed != "" {
			if amount, err = typedAmount(typed); err != nil {
				return p.refuse(c, shown, err)
			}
		}
	} else if in, amount, err = readComplaint(c); err != nil {
		return err
	}
	in.Amount = amount.Dong()
	id, err := p.register.Checks.Complain(ctx, shown, in)
	switch {
	case err != nil && isForm(c):
		return p.refuse(c, shown, err)
	case err != nil:
		return err
	case isForm(c):
		c.Redirect(http.StatusSeeOther, "/q/"+shown.Code+"?reported=1&lang="+pageLanguage(c))
	default:
		c.JSON(http.StatusCreated, openComplaint{id, "open"})
	}
	return nil
}

// reportedProblem is a complaint as a program sends it.
type reportedProblem struct {
	checks.Complaint
	Amount string `json:"amount,omitempty" doc:"đồng that were paid"`
}

type openComplaint struct {
	ID    uuid.UUID `json:"id"`
	State string    `json:"state" enum:"open"`
}

// readComplaint reads a complaint of a program.
func readComplaint(c *gin.Context) (checks.Complaint, money.Amount, error) {
	var in reportedProblem
	if err := readJSON(c, &in); err != nil || in.Amount == "" {
		return in.Complaint, money.Amount{}, err
	}
	amount, err := money.Parse(in.Amount)
	if err != nil || amount.Sign() == 0 {
		return in.Complaint, amount, problem.InFields(problem.AmountForm("amount"))
	}
	return in.Complaint, amount, nil
}
