package privacy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"market40/merchants/platform/seal"
	"market40/migrations"
)

// section is one table of an export, with which of its rows (x) are the merchant's ($1).
type section struct{ table, rows string }

const (
	ofTenancies = `(SELECT id FROM tenancies WHERE merchant_id = $1)`
	ofAccounts  = `(SELECT id FROM accounts WHERE merchant_id = $1)`
	ofUsers     = `(SELECT id FROM users WHERE merchant_id = $1)`
	ofNotices   = `(SELECT id FROM notices WHERE account_id IN ` + ofAccounts + `)`
	ofLedger    = `(SELECT id FROM ledger_accounts WHERE tenancy_id IN ` + ofTenancies + `)`
	ofOwned     = `(SELECT id FROM bank_connections WHERE owner_kind = 'merchant' AND owner_id = $1)`
)

// sections are all tables with data of a merchant, people first, payments last. From the trail they
// take what others did about the merchant, and what its own users and keys did, in the last twelve
// months; what they requested and did not find may be another merchant's.
var sections = []section{
	{"merchants", `x.id = $1`},
	{"tenancies", `x.merchant_id = $1`},
	{"stall_states", `EXISTS (SELECT FROM tenancies t WHERE t.merchant_id = $1 AND t.stall_id = x.stall_id
		AND t.valid && x.valid)`},
	{"accounts", `x.merchant_id = $1`},
	{"tenancy_accounts", `x.tenancy_id IN ` + ofTenancies},
	{"codes", `x.tenancy_id IN ` + ofTenancies},
	{"orders", `x.code IN (SELECT code FROM codes WHERE tenancy_id IN ` + ofTenancies + `)`},
	{"code_checks", `x.code IN (SELECT code FROM codes WHERE tenancy_id IN ` + ofTenancies + `)`},
	{"consents", `x.merchant_id = $1`},
	{"data_requests", `x.merchant_id = $1`},
	{"data_request_steps", `x.request_id IN (SELECT id FROM data_requests WHERE merchant_id = $1)`},
	{"beneficiary_changes", `x.tenancy_id IN ` + ofTenancies},
	{"beneficiary_change_steps", `x.change_id IN (SELECT id FROM beneficiary_changes WHERE tenancy_id IN ` +
		ofTenancies + `)`},
	{"users", `x.merchant_id = $1`},
	{"user_scopes", `x.user_id IN ` + ofUsers},
	{"sessions", `x.user_id IN ` + ofUsers},
	{"passkeys", `x.user_id IN ` + ofUsers},
	{"invitations", `x.merchant_id = $1`},
	{"stall_devices", `x.tenancy_id IN ` + ofTenancies},
	{"soundboxes", `x.tenancy_id IN ` + ofTenancies},
	{"staff", `x.tenancy_id IN ` + ofTenancies},
	{"shifts", `x.tenancy_id IN ` + ofTenancies},
	{"api_keys", `x.merchant_id = $1`},
	{"bank_connections", `x.id IN ` + ofOwned},
	{"connection_accounts", `x.connection_id IN ` + ofOwned},
	{"audit_events", `x.at > now() - interval '12 months'
		AND (x.object LIKE '/api/v1/merchants/' || $1::uuid::text || '/%'
		OR coalesce(x.status, (SELECT r.status FROM audit_results r WHERE r.event_id = x.id), CASE
		WHEN x.at > now() - interval '1 minute' THEN 404 ELSE 0 END) <> 404 AND x.actor_id IN (SELECT id FROM users
		WHERE merchant_id = $1 UNION SELECT id FROM api_keys WHERE merchant_id = $1)
		OR EXISTS (SELECT FROM tenancies t WHERE t.merchant_id = $1 AND x.object LIKE '/api/v1/stalls/' || t.stall_id ||
		'/%' AND t.valid @> x.at))`},
	{"audit_reads", `x.tenancy_id IN ` + ofTenancies},
	{"book_cash", `x.merchant_id = $1`},
	{"book_decisions", `x.merchant_id = $1`},
	{"confirmations", `x.tenancy_id IN ` + ofTenancies},
	{"visits", `x.tenancy_id IN ` + ofTenancies},
	{"attendances", `x.merchant_id = $1`},
	{"declared_shares", `x.tenancy_id IN ` + ofTenancies},
	{"refusals", `x.tenancy_id IN ` + ofTenancies},
	{"cases", `x.notice_id IN ` + ofNotices},
	{"case_steps", `x.case_id IN (SELECT id FROM cases WHERE notice_id IN ` + ofNotices + `)`},
	{"notices", `x.account_id IN ` + ofAccounts},
	{"notice_conflicts", `x.notice_id IN ` + ofNotices},
	{"ledger_accounts", `x.id IN ` + ofLedger},
	{"stall_days", `x.tenancy_id IN ` + ofTenancies},
	{"first_days", `x.tenancy_id IN ` + ofTenancies},
	{"payments", `x.credit_account IN ` + ofLedger + ` OR x.reverses IS NOT NULL AND x.debit_account IN ` + ofLedger},
}

// exportedColumns returns the columns of a table for the export: the plain ones as JSON, and the sealed
// ones to be opened.
func exportedColumns(table string) (plain, sealed []string, err error) {
	classes, err := migrations.Classes()
	if err != nil {
		return nil, nil, err
	}
	for _, c := range classes {
		switch {
		case c.Table != table || c.Export != migrations.Exported:
		case c.Storage == migrations.Sealed:
			sealed = append(sealed, c.Column)
		default:
			plain = append(plain, c.Column)
		}
	}
	return plain, sealed, nil
}

// amounts are money, which is a decimal string in JSON.
var amounts = []string{"amount", "debits", "credits"}

// query selects the rows of a section: an object, and the id and the values that are to be opened.
func (s section) query(plain, sealed []string) string {
	columns := make([]string, len(plain))
	for i, c := range plain {
		columns[i] = "x." + c
		if slices.Contains(amounts, c) {
			columns[i] = "x." + c + "::text AS " + c
		}
	}
	if s.table == "audit_events" {
		columns = append(columns, "(SELECT role FROM actors WHERE id = x.actor_id) AS role")
	}
	opened := ""
	for _, c := range sealed {
		opened += ", x." + c
	}
	if opened != "" {
		opened = ", x.id" + opened
	}
	return fmt.Sprintf(`SELECT to_jsonb(y)%s FROM %s x CROSS JOIN LATERAL (SELECT %s) y WHERE %s`, opened, s.table,
		strings.Join(columns, ", "), s.rows)
}

// place returns the row and column of a sealed value. A notice that was received a second time was
// sealed as a notice.
func (s section) place(column string, id uuid.UUID) seal.Place {
	table := s.table
	if table == "notice_conflicts" {
		table = "notices"
	}
	return seal.Place{Table: table, Column: column, ID: id}
}
