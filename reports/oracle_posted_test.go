package reports_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"market40/merchants"
	"market40/merchants/access/roles"
	"market40/migrations/database/worldtest"
	"market40/payments/ledger"
	"market40/payments/paymentstest"
	"market40/reports"
)

const sepayKey = "sepay-test-key"

// posting is the full payment flow on a database of its own, at the real time: bank notices, cases
// and reports.
type posting struct {
	*world
	connection    string
	gateways      string
	first, second string // two people of the market office
	sent          int
	seen          map[string]bool // cases
}

func newPosting(t *testing.T) *posting {
	t.Helper()
	p := &posting{world: &world{World: worldtest.New(t, time.Time{})}, seen: map[string]bool{}}
	money := paymentstest.NewParts(p.DB, p.Keys, p.Now)
	p.Routes(merchants.New(p.DB, p.Keys, p.Now), money, reports.New(p.DB, p.Now))
	money.Start(context.WithoutCancel(t.Context()))
	t.Cleanup(money.Stop)
	p.first, p.second = p.Key(roles.Admin, ""), p.Key(roles.Admin, "")
	p.connection = p.call("/api/v1/bank-connections", `{"provider":"sepay","name":"SePay","secrets":{"api_key":"`+
		sepayKey+`"}}`).Text("id")
	p.gateways = p.call("/api/v1/bank-connections",
		`{"provider":"sepay_pg","name":"Cổng SePay","secrets":{"secret_key":"`+sepayKey+`"}}`).Text("id")
	return p
}

// call posts a request as the first person of the office and reads the answer.
func (p *posting) call(path, body string) object { return p.as(p.first, path, body) }

func (p *posting) as(key, path, body string) object {
	p.T.Helper()
	return p.post("Bearer "+key, path, body)
}

func (p *posting) post(authorization, path, body string) object {
	p.T.Helper()
	status, answer := p.Try("", "POST", path, []byte(body), "Authorization", authorization, "X-Secret-Key", sepayKey)
	if status/100 != 2 {
		p.T.Fatalf("%s %s is answered with %d: %v", path, body, status, answer)
	}
	return answer
}

// stall registers a stall through the API and returns it as a fact of the oracle.
func (p *posting) stall(m *factMarket, w *factWorld, i int) (t *factTenancy, memo string) {
	p.T.Helper()
	made := p.call("/api/v1/markets/"+m.id.String()+"/stalls",
		fmt.Sprintf(`{"number":"A%d","kind":"stall","zone":"A","goods_group":"rau",
		"merchant":{"full_name":"Người bán","phone":"0905%06d"},
		"account":{"bank_bin":"970422","account_number":"11110000%d","holder_name":"NGUOI BAN","holder_kind":"ca_nhan"}}`, i, i, i))
	id := uuid.MustParse(made.Text("id"))
	s := &factStall{id: id, market: m, kind: "stall"}
	t = &factTenancy{stall: s, valid: span{from: time.Now()}, approved: time.Now()}
	must(p.T, p.DB.Pool.QueryRow(p.T.Context(), `SELECT id, merchant_id FROM tenancies WHERE stall_id = $1`, id).Scan(
		&t.id, &t.merchant))
	account := &factAccount{bank: "970422"}
	t.accounts = []factReceiving{{account: account, since: t.valid.from}}
	s.tenancies, s.codes = []*factTenancy{t}, []*factCode{{kind: "stall", tenancy: t, account: account, in: t.valid}}
	m.stalls = append(m.stalls, s)
	w.merchants = append(w.merchants, t.merchant)
	return t, made.Text("code.code")
}

// send sends a bank's notice of a transfer.
func (p *posting) send(account, memo string, amount int64, at time.Time) {
	p.T.Helper()
	p.sent++
	p.post("Apikey "+sepayKey, "/webhooks/sepay/"+p.connection,
		fmt.Sprintf(`{"id":%d,"gateway":"MBBank","transactionDate":%q,"accountNumber":%q,"code":null,"content":%q,
		"transferType":"in","transferAmount":%d,"accumulated":0,"subAccount":"","referenceCode":"FT%014d","description":""}`,
			p.sent, at.In(hoChiMinh).Format(time.DateTime), account, memo, amount, p.sent))
}

// gateway sends a payment gateway's event about the newest transfer. The event names no registered
// account.
func (p *posting) gateway(event string, amount int64, at time.Time) {
	p.T.Helper()
	p.post(
		"",
		"/webhooks/sepay_pg/"+p.gateways,
		fmt.Sprintf(
			`{"notification_type":%q,"order":{"order_description":"tien rau"},"transaction":{"id":"tx-%d","transaction_id":"PG-%d",
		"transaction_status":"APPROVED","transaction_amount":"%d","transaction_currency":"VND","transaction_date":%q}}`,
			event,
			p.sent,
			p.sent,
			amount,
			at.In(hoChiMinh).Format(time.DateTime),
		),
	)
}

// assigned lets two people assign the money of the newest case to a stall. With back set, they also
// reverse the assignment.
func (p *posting) assigned(to uuid.UUID, back bool) {
	p.T.Helper()
	var list struct{ Items []struct{ ID, Kind string } }
	must(p.T, json.Unmarshal(p.get(p.first, "/api/v1/cases?state=open&limit=200").Body.Bytes(), &list))
	for _, c := range list.Items {
		if p.seen[c.ID] || c.Kind != "unknown_account" {
			continue
		}
		p.seen[c.ID] = true
		path, wish := "/api/v1/cases/"+c.ID,
			fmt.Sprintf(`{"action":"assign","stall_id":%q,"reason":"người bán xác nhận"}`, to)
		p.call(path+"/resolve", wish)
		p.as(p.second, path+"/resolve", wish)
		if back {
			p.call(path+"/reopen", `{"reason":"nhầm sạp"}`)
		}
		return
	}
	p.T.Fatal("no case of the money")
}

// transfers sends sixty transfers near the limits of the windows. They are matched by their memo,
// assigned in a case, assigned and reversed, or assigned and voided by the bank at a later date. It
// returns how many transfers in the 30 days arrived after their day, and how many of these were
// reversed.
func (p *posting) transfers(m *factMarket, memos []string, tomorrow time.Time) (late, returned int) {
	p.T.Helper()
	gen := rapid.Custom(func(rt *rapid.T) []int {
		return rapid.SliceOfN(rapid.IntRange(0, 1<<20), 4, 4).Draw(rt,
			"one")
	})
	for n := range 60 {
		one := gen.Example(n)
		i := one[0] % 6 // the last stall has no payments
		tenancy := m.stalls[i].tenancies[0]
		paid := factPayment{
			at:     tomorrow.AddDate(0, 0, -[]int{1, 2, 7, 8, 29, 30, 31, 60}[one[1]%8]),
			amount: []int64{1, 50_000, 50_001, 200_000, 200_001, 1_000_000, 1_000_001}[one[2]%7],
		}
		if one[1]%8 > 0 && one[3]%2 == 0 {
			paid.at = paid.at.Add(24*time.Hour - time.Second)
		}
		switch paid.reversed = one[3]%3 == 1; {
		case one[3]%3 == 0:
			p.send(fmt.Sprintf("11110000%d", i), memos[i], paid.amount, paid.at)
		case paid.reversed && one[2]%2 == 0:
			p.sent++
			p.gateway("ORDER_PAID", paid.amount, paid.at)
			p.assigned(tenancy.stall.id, false)
			p.gateway("TRANSACTION_VOID", paid.amount, paid.at.AddDate(0, 0, 1+one[2]%5))
		default:
			p.send("5555555", "tien rau", paid.amount, paid.at)
			p.assigned(tenancy.stall.id, paid.reversed)
		}
		if businessDay(paid.at).Before(businessDay(time.Now())) && daysBefore(tomorrow, 30).contains(paid.at) {
			late, returned = late+1, returned+map[bool]int{true: 1}[paid.reversed]
		}
		tenancy.payments = append(tenancy.payments, paid)
	}
	return late, returned
}

// TestTheOracleAgreesOnPostedPayments checks the rollups that posting writes near the limits of the
// windows. The payments are matched by memo, assigned by a case, or reversed.
func TestTheOracleAgreesOnPostedPayments(t *testing.T) {
	t.Parallel()
	p := newPosting(t)
	m := &factMarket{code: "CHODAM"}
	m.id = uuid.MustParse(p.call("/api/v1/markets",
		`{"code":"CHODAM","name":"Chợ Đầm","class":1,"kind":"dan_sinh","latitude":12.25,"longitude":109.19,
		"commune_code":"22366","operator":{"kind":"ban_quan_ly","name":"Ban quản lý"},"stall_capacity":100}`).Text("id"))
	c := &factConnection{
		provider: "sepay", owner: "platform", created: time.Now(),
		days: map[time.Time]bool{businessDay(time.Now()): true},
	}
	w := &factWorld{markets: []*factMarket{m}, connections: []*factConnection{c}}
	tomorrow := businessDay(time.Now()).AddDate(0, 0, 1)
	manager := p.Key(roles.Manager, "market:CHODAM")
	var memos []string
	for i := range 7 {
		_, memo := p.stall(m, w, i)
		memos = append(memos, memo)
	}
	late, returned := p.transfers(m, memos, tomorrow)
	if late == 0 || returned == 0 {
		t.Errorf("%d notices of past days, %d payments reversed", late, returned)
	}
	proof, err := ledger.Verify(t.Context(), p.DB.Pool)
	must(t, err)
	if len(proof.Faults) > 0 {
		t.Fatal(proof.Faults)
	}
	var got servedReport
	answer := p.get(manager, "/api/v1/reports/adoption?basis=current&as_of="+tomorrow.Format(time.DateOnly))
	must(t, json.Unmarshal(answer.Body.Bytes(), &got))
	if answer.Code != http.StatusOK {
		t.Fatalf("answered with %d: %s", answer.Code, answer.Body)
	}
	reported := &drawnQuestion{world: p.world, comparisons: map[string]*comparison{}}
	compare := &comparing{
		TB: t, drawnQuestion: reported, question: question{who: "manager", basis: "current", moment: tomorrow},
		where: "total",
	}
	compare.group(w, w.markets, got)
	for _, code := range []string{"I01", "I04", "I05", "I05 strict", "I09", "I10", "coverage"} {
		if of := reported.comparisons["manager "+code]; of == nil || of.nonzero == 0 {
			t.Errorf("%s has no value", code)
		}
	}
}
