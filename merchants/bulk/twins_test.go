package bulk_test

import (
	"testing"
)

// Stalls of one number that were registered before spellings were compared stay two; a list that
// names both is read, and no third joins them.
func TestTwinsOfOldRegistersStayTwo(t *testing.T) {
	w := newWorld(t)
	w.UploadList(w.Admin, "", "a.csv", "Sạp số,Khu\nA1,\nB9,\n", 200)
	_, err := w.DB.Pool.Exec(t.Context(), `UPDATE stalls SET number = 'A-1' WHERE number = 'B9'`)
	if err == nil {
		t.Fatal("the database lets one number name two stalls")
	}
	_, err = w.DB.Pool.Exec(t.Context(), `INSERT INTO stalls (id, market_id, number, kind, goods_group, created_at,
		number_twin)
		SELECT gen_random_uuid(), market_id, 'A-1', kind, goods_group, created_at, 1 FROM stalls WHERE number = 'A1'`)
	must(t, err)
	_, err = w.DB.Pool.Exec(t.Context(), `INSERT INTO stall_states (id, stall_id, state, valid)
		SELECT gen_random_uuid(), id, 'vacant', tstzrange(NULL, NULL) FROM stalls WHERE number = 'A-1'`)
	must(t, err)
	if both := w.UploadList(w.Admin, "", "a.csv", "Sạp số,Khu\nA1,\nA-1,\n", 200); both.Text("unchanged") != "2" {
		t.Errorf("a list that names both: %v", both)
	}
	w.Refuse(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", object{"number": "a 1"}, 409, "number_in_use")
	var twin string
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT id FROM stalls WHERE number = 'A-1'`).Scan(&twin))
	w.Call(w.Admin, "PATCH", "/api/v1/stalls/"+twin, object{"number": "A-100"}, 200)
	w.Refuse(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", object{"number": "A100"}, 409, "number_in_use")
}
