package pages

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"

	"market40/merchants/platform/problem"
)

// refused is what a browser is shown instead of a problem document.
type refused struct {
	*problem.Error
	English bool
}

// T returns a sentence in the page's language.
func (r *refused) T(vi, en string) string {
	if r.English {
		return en
	}
	return vi
}

// Unknown reports that the code does not exist.
func (r *refused) Unknown() bool { return r.Kind == problem.NotFound }

// handle mounts a handler and shows its refusals to browsers as a page, for people who mistype a
// code or read one on a false sticker. Programs get the problem itself.
func (p *Pages) handle(handler func(*gin.Context) error) gin.HandlerFunc {
	return problem.Handle(func(c *gin.Context) error {
		err := handler(c)
		if err == nil || c.Writer.Written() || !strings.Contains(c.GetHeader("Accept"), "text/html") {
			return err
		}
		refusal := problem.From(c.Request.Context(), err)
		for name, values := range refusal.GetHeaders() {
			c.Header(name, values[0])
		}
		var out bytes.Buffer
		if err := p.template.ExecuteTemplate(&out, "refused.html", &refused{refusal, isEnglish(c)}); err != nil {
			return fmt.Errorf("page of a refusal: %w", err)
		}
		c.Header("Cache-Control", "no-store")
		c.Writer.Header().Add("Vary", "Accept, Accept-Language")
		c.Data(refusal.GetStatus(), "text/html; charset=utf-8", out.Bytes())
		return nil
	})
}
