package cases

import (
	"context"

	"market40/merchants/platform/problem"
	"market40/payments/intake"
)

// refuseTold refuses to post what another connection has brought into the books since the case was
// opened.
func (c *caseWork) refuseTold(ctx context.Context) error {
	if c.kind == intake.KindReportedTwice {
		return nil // that is what people decide
	}
	told, err := intake.ReportedElsewhere(ctx, c.tx, *c.notice, c.content)
	if err != nil || !told {
		return err
	}
	return problem.New(problem.Conflict, "told_already", "Khoản này đã được ghi sổ qua kết nối khác.",
		"This transfer has been posted already, by another connection.")
}
