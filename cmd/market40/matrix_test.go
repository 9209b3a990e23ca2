package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// matrixRow is what the README says of a route: who may take it in its own scope, and with what.
type matrixRow struct {
	may      string // roles, or "all", "strangers"
	platform bool   // only with the scope of everything
	spare    bool   // who may do it does it to another stall: it takes the tenant away
	one      bool   // a manager of one market only
	inner    bool   // it names a part that does not exist: 404 for who may
	body     object // a valid one; nil: none
}

const (
	everyRole = "admin province_officer locality_officer manager merchant team auditor integration"
	inCharge  = "admin manager"

	inProgramme = "admin province_officer locality_officer manager team auditor"
)

// matrix is every route under /api. It is written from merchants/access/roles/README.md, "Roles in
// words", and not from the program's own table: a route without a row, or a row without a route,
// fails.
var matrix = map[string]matrixRow{
	"POST /api/v1/sessions": {may: "strangers", body: object{
		"login":    "no.one",
		"password": "nothing at all",
	}},
	"GET /api/v1/sessions":         {may: everyRole},
	"DELETE /api/v1/sessions/{id}": {may: everyRole},
	"GET /api/v1/me":               {may: everyRole},
	"PUT /api/v1/me/password": {may: "people", body: object{
		"current_password": "x",
		"password":         "a longer one than this",
	}},
	"POST /api/v1/sessions/current/proof": {may: "people", body: object{"password": "x"}},
	"GET /api/v1/audit":                   {may: "admin auditor", platform: true},

	"GET /api/v1/oidc/{provider}/start":    {may: "strangers"},
	"GET /api/v1/oidc/{provider}/callback": {may: "strangers"},
	"POST /api/v1/passkeys/challenge":      {may: "strangers"},
	"POST /api/v1/passkeys/sessions":       {may: "strangers", body: object{"ceremony": "x", "response": object{}}},
	"POST /api/v1/me/passkeys/challenge":   {may: "people"},
	"POST /api/v1/me/passkeys": {may: "people", body: object{
		"ceremony": "x", "response": object{},
		"name": "x",
	}},
	"GET /api/v1/me/passkeys":         {may: everyRole},
	"DELETE /api/v1/me/passkeys/{id}": {may: everyRole},
	"POST /api/v1/me/passkeys/proof":  {may: "people", body: object{"ceremony": "x", "response": object{}}},

	"POST /api/v1/phone-codes": {may: "strangers", body: object{"phone": "0905999999"}},
	"POST /api/v1/phone-sessions/choice": {may: "strangers", body: object{
		"phone": "0905999999",
		"code":  "123456",
	}},
	"POST /api/v1/phone-sessions": {may: "strangers", body: object{
		"phone": "0905999999",
		"code":  "123456",
	}},
	"GET /api/v1/staff-sessions/choice": {may: "strangers"},
	"POST /api/v1/staff-sessions": {
		may:  "strangers",
		body: object{"staff_id": "019a0000-0000-7000-8000-000000000000", "pin": "2580"},
	},
	"POST /api/v1/stalls/{id}/invitations":                {may: inCharge},
	"GET /api/v1/stalls/{id}/invitations":                 {may: inCharge},
	"DELETE /api/v1/stalls/{id}/invitations/{invitation}": {may: inCharge, inner: true},
	"POST /api/v1/stalls/{id}/staff": {may: "merchant", body: object{
		"name": "Lan",
		"pin":  "2580",
	}},
	"GET /api/v1/stalls/{id}/staff":               {may: "merchant"},
	"PUT /api/v1/stalls/{id}/staff/{staff}/pin":   {may: "merchant", inner: true, body: object{"pin": "2580"}},
	"DELETE /api/v1/stalls/{id}/staff/{staff}":    {may: "merchant", inner: true},
	"POST /api/v1/stalls/{id}/devices":            {may: "people", body: object{"name": "máy"}},
	"GET /api/v1/stalls/{id}/devices":             {may: "merchant"},
	"DELETE /api/v1/stalls/{id}/devices/{device}": {may: "merchant", inner: true},
	"GET /api/v1/stalls/{id}/shifts":              {may: "merchant"},
	"POST /api/v1/stalls/{id}/soundboxes": {may: "merchant", body: object{
		"code": "123456",
		"name": "Loa",
	}},
	"GET /api/v1/stalls/{id}/soundboxes": {may: "merchant"},
	"PATCH /api/v1/stalls/{id}/soundboxes/{soundbox}": {
		may: "merchant", inner: true,
		body: object{"speaks": false},
	},
	"DELETE /api/v1/stalls/{id}/soundboxes/{soundbox}": {may: "merchant", inner: true},

	"GET /api/v1/stalls/{id}/readers": {may: "admin merchant auditor"},

	"GET /api/v1/users": {may: "admin auditor", platform: true},
	"POST /api/v1/users": {may: "admin", platform: true, body: object{
		"login":     "nam",
		"full_name": "Trần Văn Nam", "role": "auditor", "scopes": []any{object{"scope": "all"}},
	}},
	"GET /api/v1/users/{id}":          {may: "admin auditor", platform: true},
	"PATCH /api/v1/users/{id}":        {may: "admin", platform: true, body: object{"full_name": "Lan"}},
	"POST /api/v1/users/{id}/renewal": {may: "admin", platform: true},
	"GET /api/v1/api-keys":            {may: "admin auditor", platform: true},
	"POST /api/v1/api-keys":           {may: "admin", platform: true, body: object{"name": "x", "role": "auditor"}},
	"DELETE /api/v1/api-keys/{id}":    {may: "admin", platform: true},

	"GET /api/v1/banks":      {may: everyRole},
	"GET /api/v1/localities": {may: everyRole},

	"POST /api/v1/markets": {may: "admin", platform: true, body: object{
		"code": "NEW",
		"name": "Chợ mới", "class": 3, "kind": "dan_sinh", "commune_code": "22366",
	}},
	"GET /api/v1/markets":             {may: everyRole},
	"GET /api/v1/markets/{id}":        {may: everyRole},
	"GET /api/v1/markets/{id}/stalls": {may: everyRole},
	"POST /api/v1/markets/{id}/stalls": {may: inCharge, body: object{
		"number": "N-1", "kind": "stall",
		"goods_group": "rau",
	}},
	"POST /api/v1/markets/{id}/stalls/import": {may: inCharge, body: object{}},
	"GET /api/v1/stalls/{id}":                 {may: everyRole},
	"PATCH /api/v1/stalls/{id}":               {may: inCharge, body: object{"zone": "B"}},
	"POST /api/v1/stalls/{id}/suspend":        {may: inCharge, body: object{"reason": "sửa sạp"}},
	"POST /api/v1/stalls/{id}/reopen":         {may: inCharge, body: object{}},
	"POST /api/v1/stalls/{id}/close":          {may: inCharge, spare: true, body: object{"reason": "nghỉ bán"}},
	"POST /api/v1/stalls/{id}/accounts": {may: inCharge, body: object{
		"bank_bin": "970436", "account_number": "0011009999999", "holder_name": "NGUYEN THI LAN",
		"holder_kind": "ca_nhan",
	}},
	"POST /api/v1/stalls/{id}/tenancies": {may: inCharge, spare: true, body: object{
		"since":    "2026-01-01",
		"merchant": object{"full_name": "Trần Văn Nam", "phone": "0905999999"},
	}},
	"POST /api/v1/stalls/{id}/codes": {may: inCharge, body: object{}},
	"GET /api/v1/stalls/{id}/codes":  {may: everyRole},
	"GET /api/v1/codes":              {may: everyRole},
	"POST /api/v1/stalls/{id}/beneficiary-changes": {may: "admin manager merchant", body: object{
		"account": object{
			"bank_bin": "970415", "account_number": "100200300", "holder_name": "NGUYEN THI LAN",
			"holder_kind": "ca_nhan",
		}, "reason": "đổi ngân hàng",
	}},
	"GET /api/v1/stalls/{id}/beneficiary-changes": {
		may: "admin province_officer locality_officer manager merchant auditor",
	},
	"GET /api/v1/markets/{id}/beneficiary-changes": {
		may: "admin province_officer locality_officer manager merchant auditor",
	},
	"GET /api/v1/beneficiary-changes": {
		may: "admin province_officer locality_officer manager merchant auditor",
	},
	"POST /api/v1/beneficiary-changes/{id}/approve": {may: "admin manager merchant"},
	"POST /api/v1/beneficiary-changes/{id}/cancel":  {may: "admin manager merchant", body: object{}},
	"GET /api/v1/alerts":                            {may: "admin manager auditor"},
	"POST /api/v1/alerts/{id}/close":                {may: "admin manager", body: object{"reason": "đã gặp"}},
	"POST /api/v1/codes/verify":                     {may: "strangers", body: object{"payload": ""}},
	"GET /api/v1/stalls/{id}/checks":                {may: "admin manager merchant team auditor"},
	"GET /api/v1/markets/{id}/unchecked":            {may: "admin manager merchant team auditor"},
	"POST /api/v1/stalls/{id}/checks":               {may: "admin manager merchant team", body: object{"payload": "x"}},

	"GET /api/v1/codes/{code}/poster.pdf":  {may: "admin manager merchant integration"},
	"GET /api/v1/markets/{id}/posters.pdf": {may: "admin manager merchant integration"},

	"PATCH /api/v1/merchants/{id}":        {may: inCharge, body: object{"household_name": "Hộ kinh doanh Lan"}},
	"GET /api/v1/me/visibility":           {may: "merchant"},
	"GET /api/v1/consent-texts":           {may: everyRole},
	"GET /api/v1/merchants/{id}/consents": {may: "admin manager merchant auditor"},
	"POST /api/v1/merchants/{id}/consents": {may: "admin manager merchant", body: object{
		"purpose": "public_page",
		"given":   true, "how": "paper", "text_version": 1,
	}},
	"GET /api/v1/merchants/{id}/data-requests":  {may: "admin manager merchant"},
	"POST /api/v1/merchants/{id}/data-requests": {may: "admin manager merchant", body: object{"kind": "access"}},
	"GET /api/v1/merchants/{id}/export":         {may: "admin merchant"},
	"GET /api/v1/data-requests":                 {may: "admin auditor", platform: true},
	"POST /api/v1/data-requests/{id}/resolve":   {may: "admin", platform: true, body: object{"action": "done"}},
	"GET /api/v1/data-subjects":                 {may: "admin auditor", platform: true},

	"POST /api/v1/bank-connections": {
		may: "admin", platform: true,
		body: object{"provider": "casso_v1", "name": "thử", "secrets": object{"secure_token": "a long enough token"}},
	},
	"GET /api/v1/bank-connections":      {may: "admin", platform: true},
	"GET /api/v1/bank-connections/{id}": {may: "admin", platform: true},
	"PATCH /api/v1/bank-connections/{id}": {
		may: "admin", platform: true,
		body: object{"name": "thử"},
	},
	"POST /api/v1/bank-connections/{id}/test":               {may: "admin", platform: true},
	"POST /api/v1/bank-connections/{id}/approve":            {may: "admin", platform: true},
	"DELETE /api/v1/bank-connections/{id}/secrets/{secret}": {may: "admin", platform: true, inner: true},
	"POST /api/v1/bank-connections/{id}/secrets": {
		may: "admin", platform: true,
		body: object{"secrets": object{"secure_token": "another long token"}},
	},
	"GET /api/v1/notices":               {may: "admin auditor"},
	"GET /api/v1/deliveries/unreadable": {may: "admin", platform: true},
	"GET /api/v1/cases":                 {may: "admin manager auditor"},
	"POST /api/v1/cases/{id}/resolve": {may: inCharge, body: object{
		"action": "dismiss",
		"reason": "đã xem",
	}},
	"POST /api/v1/cases/{id}/reopen":          {may: inCharge, body: object{"reason": "xem lại"}},
	"POST /api/v1/cases/{id}/retry":           {may: inCharge},
	"GET /api/v1/ledger/trial-balance":        {may: "admin auditor"},
	"GET /api/v1/stalls/{id}/payments":        {may: "admin merchant auditor integration"},
	"GET /api/v1/stalls/{id}/payments/stream": {may: "admin merchant auditor integration"},
	"GET /api/v1/stalls/{id}/days":            {may: "admin merchant auditor integration"},
	"GET /api/v1/me/revenue-book":             {may: "merchant"},
	"GET /api/v1/me/revenue-book.pdf":         {may: "merchant"},
	"GET /api/v1/me/revenue-book.xlsx":        {may: "merchant"},
	"POST /api/v1/me/revenue-book/cash": {may: "merchant", body: object{
		"day":  "2026-11-01",
		"text": "bán tiền mặt", "amount": "45000",
	}},
	"DELETE /api/v1/me/revenue-book/cash/{id}": {may: "merchant"},
	"PUT /api/v1/me/revenue-book/receipts": {may: "merchant", body: object{
		"payments": []any{},
		"turnover": true,
	}},
	"POST /api/v1/stalls/{id}/confirmations": {may: "admin merchant", body: object{
		"amount":      "45000",
		"occurred_at": "2026-11-01T08:00:00+07:00",
	}},

	"POST /api/v1/orders": {may: "admin merchant integration", body: object{
		"stall_id": "{stall}",
		"amount":   "45000",
	}},
	"GET /api/v1/orders":      {may: "admin merchant auditor integration"},
	"GET /api/v1/orders/{id}": {may: "admin merchant auditor integration"},

	"GET /api/v1/push/key": {may: everyRole},
	"PUT /api/v1/stalls/{id}/push-subscriptions": {
		may:  "people",
		body: object{"endpoint": "https://fcm.googleapis.com/x", "keys": object{"p256dh": "x", "auth": "x"}},
	},
	"DELETE /api/v1/stalls/{id}/push-subscriptions/{subscription}": {may: "merchant", inner: true},

	"GET /api/v1/complaints":             {may: "admin manager auditor"},
	"POST /api/v1/complaints/{id}/close": {may: inCharge, body: object{"reason": "đã gặp"}},

	"GET /api/v1/markets/{id}/visits": {may: "admin manager team auditor"},
	"POST /api/v1/markets/{id}/visits": {
		may:  "admin manager team",
		body: object{"stall_id": "{stall}", "visited_at": "2026-11-01T08:00:00+07:00", "outcome": "helped"},
	},
	"POST /api/v1/markets/{id}/visits/import": {may: "admin manager team", body: object{}},
	"GET /api/v1/markets/{id}/trainings":      {may: "admin manager team auditor"},
	"POST /api/v1/markets/{id}/trainings": {
		may:  "admin manager team",
		body: object{"held_on": "2026-11-01", "topic": "Quét mã"},
	},
	"POST /api/v1/markets/{id}/trainings/import": {may: "admin manager team", body: object{}},
	"GET /api/v1/trainings/{id}/attendances":     {may: "admin manager team auditor"},
	"POST /api/v1/trainings/{id}/attendances": {
		may:  "admin manager team",
		body: object{"stall_id": "{stall}"},
	},
	"POST /api/v1/trainings/{id}/attendances/import": {may: "admin manager team", body: object{}},
	"GET /api/v1/markets/{id}/fees":                  {may: "admin province_officer locality_officer manager auditor"},
	"POST /api/v1/markets/{id}/fees": {may: "admin manager", body: object{
		"month": "2026-10",
		"due":   "100", "paid": "90", "paid_by_transfer": "50",
	}},
	"POST /api/v1/markets/{id}/fees/import":    {may: "admin manager", body: object{}},
	"GET /api/v1/markets/{id}/declared-shares": {may: "admin manager team auditor"},
	"POST /api/v1/markets/{id}/declared-shares": {
		may:  "admin manager team",
		body: object{"stall_id": "{stall}", "asked_on": "2026-11-01", "customers": 10, "transfers": 6},
	},
	"POST /api/v1/markets/{id}/declared-shares/import": {may: "admin manager team", body: object{}},
	"GET /api/v1/markets/{id}/survey-answers":          {may: "manager team", one: true},
	"POST /api/v1/markets/{id}/survey-answers": {
		may: "admin manager team",
		body: object{
			"asked_on": "2026-11-01", "smartphone": true, "signal": true, "active": true, "sex": "unsaid",
			"non_fixed": false,
		},
	},
	"POST /api/v1/markets/{id}/survey-answers/import": {may: "admin manager team", body: object{}},
	"GET /api/v1/markets/{id}/refusals":               {may: "admin manager team auditor"},
	"POST /api/v1/markets/{id}/refusals": {
		may:  "admin manager team",
		body: object{"stall_id": "{stall}", "kind": "refusal", "reason": "tax", "said_on": "2026-11-01"},
	},
	"POST /api/v1/markets/{id}/refusals/import": {may: "admin manager team", body: object{}},
	"GET /api/v1/markets/{id}/incidents":        {may: "admin manager team auditor"},
	"POST /api/v1/markets/{id}/incidents": {
		may:  "admin manager team",
		body: object{"stall_id": "{stall}", "kind": "fake_transfer", "occurred_at": "2026-11-01T08:00:00+07:00"},
	},
	"POST /api/v1/markets/{id}/incidents/import": {may: "admin manager team", body: object{}},
	"GET /api/v1/campaigns/{campaign}/costs":     {may: "admin province_officer locality_officer auditor"},
	"POST /api/v1/campaigns/{campaign}/costs": {
		may:  "admin province_officer",
		body: object{"market": "OWN", "spent_on": "2026-11-01", "purpose": "printing", "amount": "1000"},
	},
	"POST /api/v1/campaigns/{campaign}/costs/import": {may: "admin province_officer", body: object{}},
	"POST /api/v1/incidents/{id}/close":              {may: "admin manager team", body: object{}},
	"GET /api/v1/markets/{id}/sample-plans": {
		may: "admin province_officer locality_officer manager team auditor",
	},
	"POST /api/v1/markets/{id}/sample-plans": {
		may: "admin manager team",
		body: object{
			"from": "2026-11-01", "to": "2026-11-02",
			"strata": []any{object{"stratum": "sáng", "hours": []any{5, 9}}}, "slots_per_stratum": 2,
		},
	},
	"GET /api/v1/markets/{id}/sample-slots": {
		may: "admin province_officer locality_officer manager team auditor",
	},
	"POST /api/v1/markets/{id}/sample-slots/import": {may: "admin manager team", body: object{}},
	"PUT /api/v1/sample-slots/{id}": {
		may:  "admin manager team",
		body: object{"sales": 10, "cashless_sales": 4},
	},
	"GET /api/v1/markets/{id}/sample-estimate": {may: "admin province_officer locality_officer manager team auditor"},
	"POST /api/v1/stalls/{id}/accounts/{account}/name-check": {
		may: "admin manager", inner: true,
		body: object{"how": "paper"},
	},
	"GET /api/v1/me/field-kit": {may: "admin manager team"},

	"GET /api/v1/reports/adoption": {
		may: "admin province_officer locality_officer manager auditor",
	},
	"GET /api/v1/reports/adoption.csv": {
		may: "admin province_officer locality_officer manager auditor",
	},
	"GET /api/v1/reports/adoption.xlsx": {
		may: "admin province_officer locality_officer manager auditor",
	},
	"GET /api/v1/reports/key": {may: everyRole},
	"GET /api/v1/periodic-reports/{id}/versions/{version}.csv": {
		may: "admin province_officer locality_officer manager auditor",
	},
	"GET /api/v1/periodic-reports/{id}/versions/{version}.xlsx": {
		may: "admin province_officer locality_officer manager auditor",
	},
	"GET /api/v1/periodic-reports/{id}/versions/{version}.pdf": {
		may: "admin province_officer locality_officer manager auditor",
	},
	"GET /api/v1/periodic-reports/{id}/versions/{version}.docx": {
		may: "admin province_officer locality_officer manager auditor",
	},
	"GET /api/v1/reports/trend": {
		may: "admin province_officer locality_officer manager auditor",
	},
	"GET /api/v1/reports/markets/{market}": {
		may: "admin province_officer locality_officer manager auditor",
	},
	"GET /api/v1/reports/drill-down": {
		may: "admin province_officer locality_officer manager auditor",
	},
	"GET /api/v1/markets/{id}/dormant":   {may: "manager team"},
	"GET /api/v1/indicators":             {may: everyRole},
	"GET /api/v1/indicators/{indicator}": {may: everyRole, inner: true},

	"POST /api/v1/campaigns": {
		may:      "admin province_officer",
		platform: true, body: object{"code": "NEW", "name": "x", "legal_ref": "x", "starts_on": "2026-01-01"},
	},
	"GET /api/v1/campaigns":                   {may: inProgramme},
	"GET /api/v1/campaigns/{campaign}":        {may: inProgramme},
	"GET /api/v1/campaigns/{campaign}/pilots": {may: inProgramme},
	"PUT /api/v1/campaigns/{campaign}/pilots/{locality}": {
		may:  "admin province_officer locality_officer",
		body: object{"market_id": "{market}"},
	},
	"PUT /api/v1/campaigns/{campaign}/pilots/{locality}/milestones/{milestone}": {
		may:  "admin province_officer locality_officer",
		body: object{"reached_on": "2026-11-01"},
	},
	"DELETE /api/v1/campaigns/{campaign}/pilots/{locality}/milestones/{milestone}": {
		may:   "admin province_officer locality_officer",
		inner: true,
	},
	"GET /api/v1/campaigns/{campaign}/targets": {may: inProgramme},
	"POST /api/v1/campaigns/{campaign}/targets": {
		may:      "admin province_officer",
		platform: true, body: object{"indicator": "I05", "value": "0.6", "due_on": "2026-12-31"},
	},
	"DELETE /api/v1/campaigns/{campaign}/targets/{target}": {
		may:      "admin province_officer",
		platform: true, inner: true,
	},

	"POST /api/v1/periodic-reports": {
		may:  "admin province_officer locality_officer",
		body: object{"campaign": theCampaign, "locality": "{locality}", "kind": "month", "period": "2026-10"},
	},
	"GET /api/v1/periodic-reports":           {may: "admin province_officer locality_officer manager auditor"},
	"GET /api/v1/periodic-reports/lateness":  {may: "admin province_officer locality_officer manager auditor"},
	"GET /api/v1/periodic-reports/reminders": {may: "admin province_officer locality_officer manager auditor"},
	"GET /api/v1/periodic-reports/{id}":      {may: "admin province_officer locality_officer manager auditor"},
	"POST /api/v1/periodic-reports/{id}/submit": {
		may:  "admin province_officer locality_officer",
		body: object{},
	},
	"POST /api/v1/periodic-reports/{id}/correct": {
		may:  "admin province_officer locality_officer",
		body: object{"reason": "xem lại"},
	},
	"POST /api/v1/periodic-reports/{id}/approve": {may: "admin province_officer", body: object{}},
	"POST /api/v1/periodic-reports/{id}/return": {
		may:  "admin province_officer",
		body: object{"note": "xem lại"},
	},
	"GET /api/v1/periodic-reports/{id}/versions/{version}": {
		may: "admin province_officer locality_officer manager auditor",
	},
	"GET /api/v1/periodic-reports/{id}/versions/{version}/difference": {
		may: "admin province_officer locality_officer manager auditor",
	},
}

// place is a market with what can be named in it.
type place struct {
	market, stall, spare, caseID, merchant, code, change, alert, order, complaint, commune, report string
	training, incident, slot                                                                       string

	numbers []string // its merchant's phone and account, whole
}

// id returns the value of a route's {id}.
func (p place) id(path string) string {
	word := strings.Split(path, "/")[3]
	if id, found := map[string]string{
		"markets": p.market, "stalls": p.stall, "cases": p.caseID,
		"merchants": p.merchant, "beneficiary-changes": p.change, "alerts": p.alert, "orders": p.order,
		"complaints": p.complaint, "trainings": p.training, "incidents": p.incident, "sample-slots": p.slot,
		"periodic-reports": p.report,
	}[word]; found {
		return id
	}
	return p.market // an id of another kind is missing everywhere
}

// theCampaign is the one that both places take part in.
const theCampaign = "CHO40"

// newPlace registers a market with a stall, and has a bank report money that fits no stall.
func newPlace(s *program.Server, env []string, admin, code, commune, account string) (p place) {
	p.numbers, p.commune = []string{account, "09051" + account[len(account)-5:]}, commune
	market := s.CallAs(admin, "POST", "/api/v1/markets", object{
		"code": code, "name": "Chợ " + code, "class": 3,
		"kind": "dan_sinh", "commune_code": commune,
	}, 201)
	p.market = market.Text("id")
	stall := s.CallAs(admin, "POST", "/api/v1/markets/"+p.market+"/stalls", object{
		"number": "A-1", "kind": "stall", "goods_group": "rau",
		"merchant": object{"full_name": "Nguyễn Thị " + code, "phone": p.numbers[1]},
		"account": object{
			"bank_bin": "970436", "account_number": account, "holder_name": "NGUYEN THI " + code,
			"holder_kind": "ca_nhan",
		},
	}, 201)
	merchant, _ := stall["merchant"].(map[string]any)
	qr, _ := stall["code"].(map[string]any)
	p.stall, p.merchant, p.code = stall.Text("id"), object(merchant).Text("id"), object(qr).Text("code")
	// A code of a closed stall, paid: the market's case.
	closed := s.CallAs(admin, "POST", "/api/v1/markets/"+p.market+"/stalls", object{
		"number": "Z-9", "kind": "stall", "goods_group": "rau", "merchant": object{"id": p.merchant},
		"account": object{
			"bank_bin": "970436", "account_number": account, "holder_name": "NGUYEN THI " + code,
			"holder_kind": "ca_nhan",
		},
	}, 201)
	memo, _ := closed["code"].(map[string]any)
	p.spare = s.CallAs(admin, "POST", "/api/v1/markets/"+p.market+"/stalls", object{
		"number": "S-1", "kind": "stall",
		"goods_group": "rau",
	}, 201).Text("id")
	closeByPerson(s, env, "/api/v1/stalls/"+closed.Text("id"))
	connection := s.CallAs(admin, "POST", "/api/v1/bank-connections", object{
		"provider": "casso_v1", "name": code,
		"secrets": object{"secure_token": "token of " + code},
	}, 201)
	raw, err := json.Marshal(object{"error": 0, "data": []any{object{
		"id": 1, "tid": "FT26325" + account[len(account)-8:], "description": object(memo).Text("code"), "amount": 45000,
		"cusum_balance": 0,
		"when":          "2026-11-20 08:00:00", "bank_sub_acc_id": account,
	}}})
	must(s.T, err)
	res, _ := s.Visit("POST", connection.Text("webhook_path"), mustObject(s.T, raw), "Secure-Token", "token of "+code)
	if res.StatusCode != 200 {
		s.T.Fatalf("the bank is answered %d", res.StatusCode)
	}
	for _, item := range s.CallAs(admin, "GET", "/api/v1/cases?market_id="+p.market, nil, 200).Items() {
		c, _ := item.(map[string]any)
		p.caseID = object(c).Text("id")
	}
	other := object{
		"bank_bin": "970415", "account_number": "77" + account, "holder_name": "NGUYEN THI " + code,
		"holder_kind": "ca_nhan",
	}
	// a further one waits: the board's alert
	p.change = s.CallAs(admin, "POST", "/api/v1/stalls/"+p.stall+"/accounts", other, 202).Text("id")
	for _, item := range s.CallAs(admin, "GET", "/api/v1/alerts?state=open", nil, 200).Items() {
		if a, _ := item.(map[string]any); object(a).Text("stall_id") == p.stall {
			p.alert = object(a).Text("id")
		}
	}
	p.order = s.CallAs(admin, "POST", "/api/v1/orders", object{"stall_id": p.stall, "amount": "45000"}, 201).Text("id")
	_, reported := s.Visit("POST", "/q/"+p.code+"/problems", object{
		"kind":    "swapped_sticker",
		"contact": "khach@example.vn",
	})
	p.complaint = reported.Text("id")
	s.CallAs(admin, "PUT", "/api/v1/campaigns/"+theCampaign+"/pilots/"+commune, object{"market_id": p.market}, 200)
	p.seenInTheField(s, admin)
	p.report = s.CallAs(admin, "POST", "/api/v1/periodic-reports", object{
		"campaign": theCampaign, "locality": commune,
		"kind": "month", "period": "2026-09",
	}, 201).Text("id")
	s.CallAs(admin, "POST", "/api/v1/periodic-reports/"+p.report+"/submit", object{}, 200)
	s.CallAs(admin, "POST", "/api/v1/periodic-reports/"+p.report+"/correct", object{"reason": "xem lại"}, 200)
	if p.complaint == "" || p.caseID == "" || p.alert == "" || p.change == "" {
		s.T.Fatalf("something is missing of %+v", p)
	}
	return p
}

// seenInTheField records a training, an incident and a half-hour that was drawn.
func (p *place) seenInTheField(s *program.Server, admin string) {
	s.T.Helper()
	at := "/api/v1/markets/" + p.market
	p.training = s.CallAs(admin, "POST", at+"/trainings", object{"held_on": "2026-11-01", "topic": "Quét mã"}, 201).
		Text(
			"id")
	p.incident = s.CallAs(admin, "POST", at+"/incidents", object{
		"kind":        "fake_transfer",
		"occurred_at": "2026-11-01T08:00:00+07:00",
	}, 201).Text("id")
	plan := s.CallAs(admin, "POST", at+"/sample-plans", object{
		"from": "2026-11-01", "to": "2026-11-01",
		"strata": []any{object{"stratum": "sáng", "hours": []any{5, 9}}}, "slots_per_stratum": 1,
	}, 201)
	slots, _ := plan["slots"].([]any)
	slot, _ := slots[0].(map[string]any)
	p.slot = object(slot).Text("id")
}

func mustObject(t *testing.T, raw []byte) (o object) {
	t.Helper()
	must(t, json.Unmarshal(raw, &o))
	return o
}

func TestEveryRouteAndRole(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	admin := "Bearer " + strings.TrimSpace(
		program.Want(t, 0, env, "apikeys", "create", "--role", "admin", "--name", "all").Out,
	)
	s := program.Serve(t, env)
	s.CallAs(admin, "POST", "/api/v1/campaigns", object{
		"code": theCampaign, "name": "Chợ 4.0", "legal_ref": "05/UBCĐS",
		"starts_on": "2025-07-01",
	}, 201)
	own := newPlace(s, env, admin, "OWN", "22366", "0011001111111")
	foreign := newPlace(s, env, admin, "FOREIGN", "22423", "0011002222222")

	scopes := map[string]string{
		"merchant": "stall:" + own.stall, "integration": "stall:" + own.stall,
		"locality_officer": "locality:22366",
	}
	narrow, broad := map[string]string{}, map[string]string{}
	for role := range strings.FieldsSeq(everyRole) {
		scope := "market:" + own.market
		if scopes[role] != "" {
			scope = scopes[role]
		}
		narrow[role] = "Bearer " + strings.TrimSpace(
			program.Want(t, 0, env, "apikeys", "create", "--role", role, "--scope",
				scope, "--name", role).Out,
		)
		if role != "merchant" {
			broad[role] = "Bearer " + strings.TrimSpace(
				program.Want(t, 0, env, "apikeys", "create", "--role", role, "--name",
					role).Out,
			)
		}
	}
	routes := apiRoutes(t, s)
	for route := range matrix {
		if !slices.Contains(routes, route) {
			t.Errorf("%s has a row and does not exist", route)
		}
	}
	for _, route := range routes {
		row, found := matrix[route]
		if !found {
			t.Errorf("%s has no row", route)
			continue
		}
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			check := &matrixCheck{T: t, s: s, route: route, row: row, own: own, foreign: foreign}
			check.stranger()
			for role := range strings.FieldsSeq(everyRole) {
				check.role(role, narrow[role], broad[role])
			}
		})
	}
}

// inner are the parts of paths that name something within what is in scope: noSuch, so that no line
// of a caller's own trail names a market.
var inner = regexp.MustCompile(`\{(invitation|staff|device|subscription|target|milestone|account|soundbox|indicator)\}`)

const noSuch = "01900000-0000-7000-8000-000000000000"

// apiRoutes are the routes under /api that OpenAPI names.
func apiRoutes(t *testing.T, s *program.Server) (routes []string) {
	t.Helper()
	_, text := s.Get("/openapi.json")
	var api struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	must(t, json.Unmarshal([]byte(text), &api))
	for _, path := range slices.Sorted(maps.Keys(api.Paths)) {
		for method := range api.Paths[path] {
			if strings.HasPrefix(path, "/api/") && method != "parameters" {
				routes = append(routes, strings.ToUpper(method)+" "+path)
			}
		}
	}
	return routes
}

type matrixCheck struct {
	*testing.T
	s            *program.Server
	route        string
	row          matrixRow
	own, foreign place
	answered     []byte // the last answer's body
}

// status is what a caller is answered about a place. A stream is left as soon as it began.
func (m *matrixCheck) status(key string, at place) int {
	m.Helper()
	method, path, _ := strings.Cut(m.route, " ")
	raw, err := json.Marshal(m.row.body)
	must(m.T, err)
	places := strings.NewReplacer("{stall}", at.stall, "{market}", at.market, "{locality}", at.commune)
	raw = []byte(places.Replace(string(raw)))
	words := []string{
		"{id}", at.id(path), "{code}", at.code, "{campaign}", theCampaign, "{locality}", at.commune,
		"{market}", at.market, "{version}", "2",
	}
	if !m.row.inner {
		words = append(words, "{milestone}", "launched")
	}
	req, err := http.NewRequestWithContext(m.Context(), method, m.s.Address+
		inner.ReplaceAllString(strings.NewReplacer(words...).Replace(path), noSuch), bytes.NewReader(raw))
	must(m.T, err)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Authorization", key)
	}
	res, err := http.DefaultClient.Do(req)
	must(m.T, err)
	defer res.Body.Close()
	if !strings.HasSuffix(path, "/stream") || res.StatusCode != http.StatusOK {
		m.answered, err = io.ReadAll(res.Body)
		must(m.T, err)
	}
	return res.StatusCode
}

func (m *matrixCheck) stranger() {
	got := m.status("", m.own)
	turnedAway := got == 401 && bytes.Contains(m.answered, []byte(`"sign_in"`)) // not: a sign-in that is none
	if open := m.row.may == "strangers"; open == turnedAway {
		m.Errorf("a stranger is answered %d", got)
	}
}

// role sends requests as a role with a narrow and a broad scope, in its own scope and in a foreign
// one.
func (m *matrixCheck) role(role, narrow, broad string) {
	open := m.row.may == "strangers"
	may := open || slices.Contains(strings.Fields(m.row.may), role)
	named := strings.Contains(m.route, "{id}")
	_, path, _ := strings.Cut(m.route, " ")
	known := slices.Contains([]string{
		"markets", "stalls", "merchants", "cases", "beneficiary-changes", "alerts",
		"orders", "complaints", "trainings", "incidents", "sample-slots", "periodic-reports",
	},
		strings.Split(path, "/")[3])

	own, foreign := m.own, m.foreign
	if may && m.row.spare {
		own.stall, foreign.stall = own.spare, foreign.spare
	}
	want := "in"
	switch {
	case m.row.platform || !may:
		want = "403"
	case named && !known || m.row.inner:
		want = "404"
	}
	m.expect(role+" with its own", m.status(narrow, own), want, open)
	for _, id := range []string{
		foreign.market, foreign.stall, foreign.spare, foreign.caseID, foreign.merchant,
		foreign.code, foreign.change, foreign.alert, foreign.order, foreign.complaint, foreign.training,
		foreign.incident, foreign.slot, foreign.report,
	} {
		if bytes.Contains(m.answered, []byte(id)) {
			m.Errorf("%s reads what lies outside its scope: %s in %s", role, id, m.answered)
		}
	}
	m.masked(role, own)
	switch locality := strings.Contains(path, "{locality}"); {
	case named && known || locality && may:
		m.expect(role+" with another's", m.status(narrow, m.foreign), "404", open)
	case locality:
		m.expect(role+" with another's", m.status(narrow, m.foreign), "403", open)
	}
	if broad == "" {
		return
	}
	want = "in"
	if !may || m.row.one && role == "manager" {
		want = "403"
	}
	if may && (named && !known || m.row.inner) {
		want = "404"
	}
	m.expect(role+" of everything", m.status(broad, foreign), want, open)
	m.masked(role, own)
	m.masked(role, foreign)
}

// masked checks that only admins, merchants and programs get complete phones and account numbers.
func (m *matrixCheck) masked(role string, at place) {
	m.Helper()
	for _, number := range at.numbers {
		if bytes.Contains(m.answered, []byte(number)) && !slices.Contains([]string{"admin", "merchant", "integration"},
			role) {
			m.Errorf("%s reads the number %s whole in %s", role, number, m.answered)
		}
	}
}

func (m *matrixCheck) expect(who string, got int, want string, open bool) {
	m.Helper()
	in := got != 401 && got != 403 && got != 404 && got < 500
	if want == "in" && !in && !open || want != "in" && fmt.Sprint(got) != want {
		m.Errorf("%s is answered %d, want %s", who, got, want)
	}
}
