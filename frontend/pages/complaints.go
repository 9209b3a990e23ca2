package pages

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"market40/merchants"
)

// postComplaint takes what a shopper reports: of the page's form, or of a program's JSON.
func (p *Pages) postComplaint(c *gin.Context) error {
	ctx := c.Request.Context()
	shown, err := p.register.Printed(ctx, c.Param("code"))
	if err != nil {
		return err
	}
	var in merchants.Complaint
	if isForm(c) {
		in = merchants.Complaint{Kind: c.PostForm("kind"), Reference: c.PostForm("reference"), Detail: c.PostForm("detail"), Contact: c.PostForm("contact")}
		if typed := c.PostForm("amount"); typed != "" {
			amount, err := typedAmount(typed)
			if err != nil {
				return p.refuse(c, shown, err)
			}
			in.Amount = amount.String()
		}
	} else if err := readJSON(c, &in); err != nil {
		return err
	}
	id, err := p.register.Complain(ctx, shown, in)
	switch {
	case err != nil && isForm(c):
		return p.refuse(c, shown, err)
	case err != nil:
		return err
	case isForm(c):
		c.Redirect(http.StatusSeeOther, "/q/"+shown.Code+"?reported=1&lang="+language(c))
	default:
		c.JSON(http.StatusCreated, gin.H{"id": id, "state": "open"})
	}
	return nil
}
