package main_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

// digits are what may be a phone or an account number of the demo.
var digits = regexp.MustCompile(`[0-9]{10,}`)

// TestDumpContainsNoNumber reads a whole database as who steals its disk would: no phone, account,
// tax code or memo of its people is in it, in any text or bytes.
func TestDumpContainsNoNumber(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	env := []string{"DATABASE_URL=" + url, "SECRET_KEY=" + program.SecretKey(1)}
	program.Want(t, 0, env, "seed", "demo")
	s := program.Serve(t, env)
	key := program.AdminKey(t, env)
	markets := s.CallAs(key, "GET", "/api/v1/markets", nil, 200).Items()
	first, _ := markets[0].(map[string]any)
	stall := s.CallAs(key, "POST", "/api/v1/markets/"+object(first).Text("id")+"/stalls", object{
		"number": "Z999", "kind": "stall", "goods_group": "hai_san",
		"merchant": object{"full_name": "Nguyễn Thị Lan", "phone": "0905123456", "tax_code": "4201234567"},
		"account": object{
			"bank_bin": "970422", "account_number": "0123456789012", "holder_name": "NGUYEN THI LAN",
			"virtual_account": "VALAN01",
		},
	}, 201)
	code, _ := stall["code"].(map[string]any)
	connection := s.CallAs(key, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "thử",
		"secrets": object{"api_key": strings.TrimPrefix(program.SepayKey, "Apikey ")},
	}, 201)
	s.CallAs(program.SepayKey, "POST", connection.Text("webhook_path"), object{
		"id": 1, "gateway": "MBBank", "transactionDate": "2026-11-20 10:11:12", "accountNumber": "0123456789012",
		"code":    nil,
		"content": "chi Bay 0914222333 tra tien ca " + object(code).Text("code"), "transferType": "in",
		"transferAmount": 45000, "accumulated": 0, "subAccount": nil,
		"referenceCode": "FT26324000000001", "description": "",
	}, 200)

	known := map[string]bool{"0905123456": true, "4201234567": true, "0914222333": true}
	for i := range 4000 {
		known[fmt.Sprintf("0900%06d", i)] = true // phones
		known[fmt.Sprintf("99%08d", i)] = true   // accounts begin so
	}
	db, err := database.Open(t.Context(), url, database.Options{MaxConns: 2})
	must(t, err)
	defer db.Close()
	dump := dbtest.Dump(t, db)
	if !bytes.Contains(dump, []byte("Nguyễn Thị Lan")) || len(dump) < 1<<20 {
		t.Fatalf("the dump does not hold what it ought to: %d bytes", len(dump))
	}
	for _, run := range digits.FindAll(dump, -1) {
		for i := range len(run) - 9 {
			if number := string(run[i : i+10]); known[number] {
				t.Errorf("%s is readable, in %s", number, run)
			}
		}
	}
	for _, text := range []string{"0123456789012", "VALAN01", "chi Bay", "tra tien ca", strings.TrimPrefix(program.SepayKey,
		"Apikey ")} {
		if bytes.Contains(dump, []byte(text)) {
			t.Errorf("%q is readable", text)
		}
	}
}
