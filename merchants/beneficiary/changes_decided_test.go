package beneficiary_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"market40/merchants/registertest"
)

// TestOneProposalAtATime lets many propose for one stall, and two merchants win one account, at one
// moment.
func TestOneProposalAtATime(t *testing.T) {
	w := newWorld(t)
	s, other := w.Stall("A1", "1111"), w.Stall("A2", "2222")
	second := w.SignInAdmin()
	propose := func(stall string, i int) int {
		body := fmt.Sprintf(
			`{"account":{"bank_bin":"970415","account_number":"900%d","holder_name":"A"},"reason":"race"}`,
			i,
		)
		return w.Send(w.Admin, "POST", "/api/v1/stalls/"+stall+"/beneficiary-changes", []byte(body)).Code
	}
	var made atomic.Int32
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Go(func() {
			code := propose(s.Text("id"), i)
			for code == 429 { // the others' requests take this caller's turns
				time.Sleep(100 * time.Millisecond)
				code = propose(s.Text("id"), i)
			}
			switch code {
			case 201:
				made.Add(1)
			case 409:
			default:
				t.Errorf("proposal %d: %d", i, code)
			}
		})
	}
	wait.Wait()
	if made.Load() != 1 {
		t.Fatalf("%d proposals stand at once", made.Load())
	}
	last := w.Call(w.Admin, "GET", "/api/v1/stalls/"+s.Text("id")+"/beneficiary-changes", nil, 200).Items()[0]
	w.Call(second, "POST", "/api/v1/beneficiary-changes/"+last.Text("id")+"/cancel", nil, 200)

	ids := make([]string, 2)
	for i, stall := range []object{s, other} {
		ids[i] = w.Call(w.Admin, "POST", "/api/v1/stalls/"+stall.Text("id")+"/beneficiary-changes", changeOrder("7777"),
			201).Text("id")
	}
	codes := make([]int, 2)
	for i, id := range ids {
		wait.Go(func() {
			codes[i] = w.Send(second, "POST", "/api/v1/beneficiary-changes/"+id+"/approve", nil).Code
		})
	}
	wait.Wait()
	if codes[0]+codes[1] != 200+409 {
		t.Errorf("two merchants asked for one account: %v", codes)
	}
}

// TestOneEndsAChange lets approvers, cancellers and the clock meet: exactly one decides, and no
// account is lost.
func TestOneEndsAChange(t *testing.T) {
	w := newWorld(t)
	keys := []string{w.SignInAdmin(), w.SignInAdmin(), w.SignInAdmin()}
	for round := range 4 {
		s := w.Stall(fmt.Sprint("R", round), fmt.Sprint("100", round))
		path := "/api/v1/stalls/" + s.Text("id")
		c := w.Call(w.Admin, "POST", path+"/beneficiary-changes", changeOrder(fmt.Sprint("200", round)), 201)
		if round == 3 { // past its day, with the clock's job in the race
			_, err := w.DB.Pool.Exec(t.Context(), `UPDATE beneficiary_changes SET needs_second = false, due_at = $2
				WHERE id = $1`, c.Text("id"), w.Clock)
			must(t, err)
		}
		var wait sync.WaitGroup
		codes := make([]int, 2*len(keys))
		for i, key := range keys {
			ask := func(at int, what, body string) {
				codes[at] = w.Send(key, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/"+what, []byte(body)).Code
			}
			wait.Go(func() { ask(2*i, "approve", "") })
			if round > 0 {
				wait.Go(func() { ask(2*i+1, "cancel", `{"reason":"stop it"}`) })
			}
		}
		if round == 3 {
			wait.Go(func() { _ = w.Registry.Changes.ApplyDueChanges(t.Context()) })
			wait.Go(func() { _ = w.Registry.Changes.ApplyDueChanges(t.Context()) })
		}
		wait.Wait()
		won := 0
		for _, code := range codes {
			if code == 200 {
				won++
			}
		}
		if want := map[bool]int{true: 0, false: 1}[round == 3]; won != want {
			t.Errorf("round %d was won by %d: %v", round, won, codes)
		}
		w.settleChanges()
		seen := w.Call(w.Admin, "GET", path, nil, 200)
		if seen.At("accounts.0") == nil || seen.At("accounts.1") != nil || seen.Text("code.state") != "current" {
			t.Errorf("round %d leaves %v", round, seen)
		}
		var ends int
		must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM beneficiary_change_steps WHERE change_id = $1
			AND step IN ('effective', 'cancelled')`, c.Text("id")).Scan(&ends))
		if ends != 1 {
			t.Errorf("round %d ended %d times", round, ends)
		}
	}
}

func TestATerminalGoesWithTheStallToItsNextAccount(t *testing.T) {
	w := newWorld(t)
	order := w.StallOrder("A1", "1111").With("account.virtual_account", "VQR 77")
	s := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", order, 201)
	w.Call(
		w.Admin,
		"POST",
		"/api/v1/markets/"+w.Market+"/stalls",
		w.StallOrder("A2", "2222").With("account.virtual_account", "VQR 88"),
		201,
	)
	path, second := "/api/v1/stalls/"+s.Text("id")+"/beneficiary-changes", w.SignInAdmin()
	taken := w.Call(w.Admin, "POST", path, changeOrder("3333").With("account.virtual_account", "VQR 88"), 201)
	w.Refuse(second, "POST", "/api/v1/beneficiary-changes/"+taken.Text("id")+"/approve", nil, 409,
		"virtual_account_in_use")
	w.Call(second, "POST", "/api/v1/beneficiary-changes/"+taken.Text("id")+"/cancel", object{"reason": "nhầm"}, 200)
	c := w.Call(w.Admin, "POST", path, changeOrder("3333").With("account.virtual_account", "VQR 77"), 201)
	w.Call(second, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/approve", nil, 200)
}

// TestThereAndBack changes to another account and back, beside a second account that keeps its
// place.
func TestThereAndBack(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path := "/api/v1/stalls/" + s.Text("id")
	w.Clock = registertest.Noon.Add(time.Minute)
	w.Call(w.SignInAdmin(), "POST", path+"/accounts", registertest.Account("970415", "2222"), 201)
	change := func(account object, want string) {
		w.Clock = w.Clock.Add(time.Minute)
		c := w.Call(w.Admin, "POST", path+"/beneficiary-changes", object{"account": account, "reason": "đổi"}, 201)
		w.Approve(c)
		seen := w.Call(w.Admin, "GET", path, nil, 200)
		if seen.Text("accounts.0.account_number") != want || seen.Text("accounts.1.account_number") != "2222" ||
			seen.Text("code.account_id") != seen.Text("accounts.0.id") {
			t.Errorf("the stall is %v, want %s first", seen, want)
		}
	}
	change(registertest.Account("970436", "3333"), "3333")
	w.Call(w.Admin, "POST", path+"/codes", object{"account_id": s.Text("accounts.0.id")}, 404)
	if code := w.Call(w.Admin, "POST", path+"/codes", nil, 201); code.Text("account_id") == s.Text("accounts.0.id") {
		t.Error("a new code pays the replaced account")
	}
	change(registertest.Account("970436", "1111"), "1111")
	change(registertest.Account("970436", "3333"), "3333")
	w.Call(
		w.SignInAdmin(),
		"POST",
		path+"/accounts",
		registertest.Account("970436", "1111"),
		201,
	) // a replaced account, beside
	if v := w.Call("", "POST", "/api/v1/codes/verify", object{"payload": s.Text("code.payload")}, 200); v.Text(
		"verdict") != "official" || v.Text("state") != "superseded" {
		t.Errorf("the first sticker is %v", v)
	}
}
