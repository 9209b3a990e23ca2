package cases

import (
	"context"

	"market40/merchants/platform/problem"
	"market40/payments/duplicates"
	"market40/payments/notices"
)

// refuseReported refuses to post a transfer that another connection has posted since the case was
// opened.
func (c *caseWork) refuseReported(ctx context.Context) error {
	if c.kind == notices.ReportedTwice {
		return nil // that is what people decide
	}
	report, err := c.report(ctx)
	if err != nil {
		return err
	}
	if found, err := report.FoundElsewhere(ctx, c.tx); err != nil || !found {
		return err
	}
	return problem.New(problem.Conflict, "told_already", "Khoản này đã được ghi sổ qua kết nối khác.",
		"This transfer has been posted already, by another connection.")
}

// report returns what is to be posted as a report of its transfer.
func (c *caseWork) report(ctx context.Context) (duplicates.Report, error) {
	if c.content != nil {
		return c.content.Report(), nil
	}
	return duplicates.ReadReport(ctx, c.tx, *c.notice)
}
