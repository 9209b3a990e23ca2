package intake_test

import (
	"fmt"
	"testing"
	"time"
)

// TestPostingReadsNoWholeTable checks the plans made on the first of a month with empty tables,
// which are used until PostgreSQL analyzes the tables again.
func TestPostingReadsNoWholeTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, code := w.Stall(w.Market, "A1", "970422", "1111111")
	c := w.SePay(nil)
	_, err := w.DB.Pool.Exec(t.Context(), `ANALYZE notices, notice_keys, payments`)
	must(t, err)
	const notices = 20
	for n := range notices {
		w.Accept(c, transfer{ID: n + 1, Account: "1111111", Memo: fmt.Sprintf("%s DH%05d", code, n), Amount: 1000 + n})
	}
	var read, found int
	for range 60 { // what was read is counted when a connection has been idle for a second
		must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT coalesce(sum(s.seq_scan), 0), coalesce(sum(s.idx_scan), 0)
			FROM pg_inherits i
			JOIN pg_stat_user_tables s ON s.relid = i.inhrelid WHERE i.inhparent = 'notices'::regclass`).Scan(&read,
			&found))
		if found >= notices || read >= notices {
			break
		}
		time.Sleep(time.Second)
	}
	if found < notices || read >= notices {
		t.Errorf("%d notices were posted with %d readings of whole tables and %d by an index", notices, read, found)
	}
}
