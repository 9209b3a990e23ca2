package cases

import (
	"context"
	"errors"
	"log/slog"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/payments/intake"
)

// Retry retries the notice of a case at once. After another failure the notice stays pending.
func (cs *Cases) Retry(ctx context.Context, who roles.Principal, id uuid.UUID) (*Case, error) {
	var notice *uuid.UUID
	if _, err := cs.decide(ctx, who, id, func(_ context.Context, c *caseWork) error {
		notice = c.notice
		return nil
	}); err != nil {
		return nil, err
	}
	err := cs.intake.Retry(ctx, notice)
	switch {
	case errors.Is(err, intake.ErrNotPending):
		return nil, problem.New(problem.Conflict, "not_pending", "Thông báo của hồ sơ này không chờ xử lý lại.",
			"No notice of this case waits for a retry.")
	case errors.Is(err, intake.ErrStillPending):
		slog.WarnContext(ctx, "a notice stays pending", "notice", notice, "error", err)
		return nil, problem.New(problem.Conflict, "retry_failed",
			"Thử lại chưa được vì nguyên nhân vẫn còn: hãy xem nhật ký máy chủ.",
			"The retry failed because the cause still exists: see the server's log.")
	case err != nil:
		return nil, err
	}
	return cs.decide(ctx, who, id, func(context.Context, *caseWork) error { return nil })
}
