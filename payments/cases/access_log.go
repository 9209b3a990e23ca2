package cases

import (
	"context"

	"github.com/google/uuid"

	"market40/merchants/access/trail"
	"market40/payments/received"
)

// recordReading records in the access log that the caller is about to read cases.
func (cs *Cases) recordReading(ctx context.Context, cases ...Case) error {
	var notices, stalls []uuid.UUID
	for _, c := range cases {
		if c.NoticeID != nil {
			notices = append(notices, *c.NoticeID)
		}
		if c.StallID != nil {
			stalls = append(stalls, *c.StallID)
		}
		for _, content := range c.Contents {
			if content.StallID != nil {
				stalls = append(stalls, *content.StallID)
			}
		}
	}
	return received.RecordReading(ctx, cs.db.Pool, received.Reading{
		What: trail.ReadingCases, Notices: notices, Stalls: stalls,
	})
}
