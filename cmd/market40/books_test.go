package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// registerPaidStall makes a market, its stall and a bank's connection, and pays the stall 45,000 đ, all over
// HTTP. It returns the stall.
func registerPaidStall(t *testing.T, s *program.Server, env []string) (id string) {
	t.Helper()
	key := program.AdminKey(t, env)
	market := s.CallAs(key, "POST", "/api/v1/markets", object{
		"code": "CHODAM", "name": "Chợ Đầm", "class": 1, "kind": "dan_sinh", "latitude": 12.25, "longitude": 109.19,
		"commune_code": "22366", "operator": object{"kind": "ban_quan_ly", "name": "Ban quản lý"},
		"stall_capacity": 100,
	}, 201).Text("id")
	stall := s.CallAs(key, "POST", "/api/v1/markets/"+market+"/stalls", object{
		"number": "A1", "kind": "stall", "zone": "A", "goods_group": "hai_san",
		"merchant": object{"full_name": "Nguyễn Thị Lan", "phone": "0905000001"},
		"account": object{
			"bank_bin": "970422", "account_number": "0123456789", "holder_name": "NGUYEN THI LAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	code, _ := stall["code"].(map[string]any)
	connection := s.CallAs(key, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay",
		"name":     "test",
		"secrets":  object{"api_key": strings.TrimPrefix(program.SepayKey, "Apikey ")},
	}, 201)
	s.CallAs(program.SepayKey, "POST", connection.Text("webhook_path"), object{
		"id": 1, "gateway": "MBBank", "transactionDate": "2026-11-20 10:11:12", "accountNumber": "0123456789",
		"code": nil, "content": code["code"],
		"transferType": "in", "transferAmount": 45000, "accumulated": 0, "subAccount": nil,
		"referenceCode": "FT26324000000001", "description": "",
	}, 200)
	return stall.Text("id")
}

// paidAmounts are the amounts that a stall was paid.
func paidAmounts(s *program.Server, key, stall string) []string {
	s.T.Helper()
	var amounts []string
	for _, item := range s.CallAs(key, "GET", "/api/v1/stalls/"+stall+"/payments", nil, 200).Items() {
		payment, _ := item.(map[string]any)
		amounts = append(amounts, object(payment).Text("amount"))
	}
	return amounts
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	first, second := dataDir(t), dataDir(t)
	env := []string{"DATA_DIR=" + first}
	file := filepath.Join(t.TempDir(), "market40.backup")
	s := program.Serve(t, env)
	stall := registerPaidStall(t, s, env)
	program.Want(t, 0, env, "backup", file) // while it serves
	program.Want(t, 2, env, "backup", file)
	program.Want(t, 2, env, "restore", file)
	s.Stop()
	info, err := os.Stat(file)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %o", info.Mode().Perm())
	}
	if left, _ := filepath.Glob(file + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	secret, err := os.ReadFile(filepath.Join(first, "secret.key"))
	must(t, err)
	content, err := os.ReadFile(file)
	must(t, err)
	if strings.Contains(string(content), strings.TrimSpace(string(secret))) {
		t.Error("the key is in the backup")
	}

	env = []string{"DATA_DIR=" + second}
	a := program.Want(t, 0, env, "restore", file)
	if key := filepath.Join(second, "secret.key"); !strings.Contains(a.Err, key) {
		t.Errorf("restore says nothing of the missing key: %q", a.Err)
	}
	if a := program.Want(t, 0, env, "ledger", "verify"); !strings.Contains(a.Out, "1 payments") {
		t.Errorf("restored: %s", a.Out)
	}
	if a := program.Want(t, 2, env, "serve"); !strings.Contains(a.Err, "original key") {
		t.Errorf("without its key it is answered by %q", a.Err)
	}
	program.Want(t, 2, append(env, "SECRET_KEY="+program.SecretKey(9)), "serve")
	must(t, os.WriteFile(filepath.Join(second, "secret.key"), secret, 0o600))
	s = program.Serve(t, env)
	if got := paidAmounts(s, program.AdminKey(t, env), stall); len(got) != 1 || got[0] != "45000" {
		t.Errorf("restored, the stall was paid %v", got)
	}
	s.CallAs(program.AdminKey(t, env), "GET", "/api/v1/stalls/"+stall, nil, 200) // opens what is sealed
}

func TestRestoreRefusesWhatIsNoBackup(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.Empty(t)}
	file := filepath.Join(t.TempDir(), "letter.txt")
	must(t, os.WriteFile(file, []byte("Kính gửi"), 0o600))
	program.Want(t, 1, env, "restore", file)
	program.Want(t, 0, env, "migrate", "up") // it is still empty
	if a := program.Want(t, 2, env, "restore", file); !strings.Contains(a.Err, "not empty") {
		t.Errorf("a database with tables is answered by %q", a.Err)
	}
}

func TestBackupAndRestoreWithDatabaseURL(t *testing.T) {
	t.Parallel()
	secret := "SECRET_KEY=" + program.SecretKey(1)
	from, to := []string{"DATABASE_URL=" + dbtest.URL(t), secret}, []string{"DATABASE_URL=" + dbtest.Empty(t), secret}
	s := program.Serve(t, from)
	registerPaidStall(t, s, from)
	s.Stop()
	file := filepath.Join(t.TempDir(), "market40.backup")
	program.Want(t, 0, from, "backup", file)
	if a := program.Want(t, 0, to, "restore", file); a.Err != "" {
		t.Errorf("restore with the key says %q", a.Err)
	}
	program.Want(t, 0, to, "ledger", "verify")
	program.Want(t, 2, []string{to[0], "SECRET_KEY=" + program.SecretKey(2)}, "serve")
}

func TestVerifyFindsWhatWasTamperedWith(t *testing.T) {
	t.Parallel()
	for name, tampering := range map[string]string{
		"a balance":         `UPDATE ledger_accounts SET credits = credits + 1000 WHERE kind = 'stall'`,
		"an amount":         `UPDATE payments SET amount = amount * 10`,
		"a payment removed": `DELETE FROM payments`,
		"a version":         `UPDATE payments SET credit_version = credit_version + 1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := dbtest.URL(t)
			env := []string{"DATABASE_URL=" + url, "SECRET_KEY=" + program.SecretKey(1)}
			s := program.Serve(t, env)
			registerPaidStall(t, s, env)
			s.Stop()
			program.Want(t, 0, env, "ledger", "verify")
			program.Execute(
				t,
				url,
				`ALTER TABLE payments DISABLE TRIGGER USER; ALTER TABLE ledger_accounts DISABLE TRIGGER
				USER`,
			)
			program.Execute(t, url, `DO $$ DECLARE part regclass; BEGIN
				FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'payments'::regclass LOOP
					EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', part);
				END LOOP; END $$`)
			program.Execute(t, url, tampering)
			if a := program.Want(t, 1, env, "ledger", "verify"); !strings.Contains(a.Out, "FAULT ") {
				t.Errorf("it says only %q", a.Out)
			}
		})
	}
}
