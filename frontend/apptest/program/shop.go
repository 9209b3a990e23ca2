package program

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"market40/merchants/platform/bizday"
	"market40/migrations/database/dbtest"
)

// Shop is a stall of a running server, with the bank that reports its payments.
type Shop struct {
	*Server
	Env                                       []string
	Admin, Hook, Market, Stall, Code, Account string
	sent                                      int
}

// SecondAccount is another account of the stall's owner.
var SecondAccount = Object{
	"bank_bin": "970415", "account_number": "100200300", "holder_name": "NGUYEN THI LAN",
	"holder_kind": "ca_nhan",
}

// OpenShop starts a server with a stall that has a bank connection.
func OpenShop(t *testing.T, settings ...string) *Shop {
	t.Helper()
	s := OpenUnconnectedShop(t, settings...)
	s.Connect(nil)
	return s
}

// Connect makes a bank connection for some accounts; for all if accounts is nil.
func (s *Shop) Connect(accounts []any) {
	s.T.Helper()
	s.Hook = s.CallAs(s.Admin, "POST", "/api/v1/bank-connections", Object{
		"provider": "sepay", "name": "shop", "secrets": Object{"api_key": strings.TrimPrefix(SepayKey, "Apikey ")},
		"accounts": accounts,
	}, 201).Text("webhook_path")
}

// OpenUnconnectedShop starts a server with a stall that has no bank connection.
func OpenUnconnectedShop(t *testing.T, settings ...string) *Shop {
	t.Helper()
	env := append([]string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + SecretKey(1)}, settings...)
	admin := AdminKey(t, env)
	s := &Shop{Server: Serve(t, env), Env: env, Admin: admin, Account: "0011001234567"}
	s.Market = s.CallAs(admin, "POST", "/api/v1/markets", Object{
		"code": "CHODAM", "name": "Chợ Đầm", "class": 1,
		"kind": "dan_sinh", "commune_code": "22366",
	}, 201).Text("id")
	stall := s.CallAs(admin, "POST", "/api/v1/markets/"+s.Market+"/stalls", Object{
		"number": "A-12", "kind": "stall", "goods_group": "hai_san", "merchant": Object{
			"full_name": "Nguyễn Thị Lan",
			"phone":     "0905000001",
		},
		"account": Object{
			"bank_bin": "970436", "account_number": s.Account, "holder_name": "NGUYEN THI LAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	code, _ := stall["code"].(map[string]any)
	s.Stall, s.Code = stall.Text("id"), Object(code).Text("code")
	return s
}

// Pay has the bank report a transfer to the stall's account.
func (s *Shop) Pay(memo string, amount int) {
	s.T.Helper()
	s.PayAt(memo, amount, time.Now())
}

// PayAt has the bank report now a transfer of another time.
func (s *Shop) PayAt(memo string, amount int, at time.Time) {
	s.T.Helper()
	s.sent++
	s.CallAs(SepayKey, "POST", s.Hook, Object{
		"id": s.sent, "gateway": "", "transactionDate": at.In(bizday.Vietnam).Format(time.DateTime),
		"accountNumber": s.Account, "code": nil, "content": memo, "transferType": "in", "transferAmount": amount,
		"accumulated": 0, "subAccount": nil, "referenceCode": fmt.Sprintf("FT26325%09d", s.sent), "description": "",
	}, 200)
}

// HTML returns a page as a browser with a language receives it.
func (s *Server) HTML(path, language string, want int) string {
	s.T.Helper()
	req, err := http.NewRequestWithContext(s.T.Context(), "GET", s.Address+path, nil)
	Must(s.T, err)
	req.Header.Set("Accept", "text/html,*/*;q=0.8")
	req.Header.Set("Accept-Language", language)
	res, err := http.DefaultClient.Do(req)
	Must(s.T, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	Must(s.T, err)
	if res.StatusCode != want {
		s.T.Fatalf("%s is answered %d: %s", path, res.StatusCode, body)
	}
	return string(body)
}
