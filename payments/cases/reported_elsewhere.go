package cases

import (
	"context"

	"market40/merchants/platform/problem"
	"market40/payments/intake"
)

// refuseReported refuses to post a transfer that another connection has posted since the case was
// opened.
func (c *caseWork) refuseReported(ctx context.Context) error {
	if c.kind == intake.KindReportedTwice {
		return nil // that is what people decide
	}
	reported, err := intake.ReportedElsewhere(ctx, c.tx, *c.notice, c.content)
	if err != nil || !reported {
		return err
	}
	return problem.New(problem.Conflict, "told_already", "Khoản này đã được ghi sổ qua kết nối khác.",
		"This transfer has been posted already, by another connection.")
}
