package main_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows are the imports between our packages that are allowed, tests' own aside. They point down:
// cmd → frontend → reports → payments → merchants → migrations. A new arrow is a decision: write it
// here. A package without a row may not exist.
var arrows = map[string][]string{
	"cmd/market40": {
		"cmd/market40/app", "cmd/market40/bench", "cmd/market40/demo", "cmd/market40/doctor",
		"cmd/market40/simulate", "cmd/market40/soundbox",
		"frontend", "merchants/posters",
		"reports/exports/document", "reports/exports/verify", "reports/periodic",
		"payments/connections", "payments/ledger",
		"merchants/access/roles", "merchants/access/signin", "merchants/access/trail", "merchants/platform/bizday",
		"merchants/platform/web", "merchants/platform/problem", "merchants/platform/seal", "merchants/platform/siem",
		"migrations", "migrations/database",
	},
	// The program put together: nothing but commands imports it.
	"cmd/market40/app": {
		"cmd/market40/metrics",
		"frontend",
		"frontend/pages",
		"merchants",
		"merchants/platform/problem",
		"merchants/access/invitations",
		"merchants/access/passkeys",
		"merchants/access/phonecodes",
		"merchants/access/roles",
		"merchants/access/signin",
		"merchants/access/sso",
		"merchants/access/staff",
		"merchants/access/trail",
		"merchants/bulk",
		"merchants/codes",
		"merchants/platform/jobs",
		"merchants/platform/notify",
		"merchants/platform/outbox",
		"merchants/platform/outgoing",
		"merchants/platform/seal",
		"merchants/platform/siem",
		"merchants/platform/web",
		"merchants/privacy",
		"migrations",
		"migrations/database",
		"migrations/database/private",
		"payments",
		"payments/book",
		"payments/cases",
		"payments/connections",
		"payments/intake",
		"payments/ledger",
		"payments/orders",
		"payments/push",
		"payments/soundbox",
		"reports",
		"reports/exports",
		"reports/field",
		"reports/periodic",
		"reports/programme",
	},
	"cmd/market40/metrics": {"migrations/database"},
	"cmd/market40/bench": {
		"cmd/market40/app",
		"payments/connections", "merchants", "merchants/access/roles", "merchants/access/signin", "merchants/posters",
		"merchants/vietqr",
		"migrations/database/private",
		"merchants/tenancies",
	},
	"cmd/market40/demo": {
		"cmd/market40/app", "cmd/market40/demo/history", "reports", "reports/periodic", "reports/programme",
		"payments/banks", "payments/cases", "payments/connections", "payments/money",
		"merchants", "merchants/access/roles", "merchants/access/signin", "merchants/platform/bizday", "merchants/memo",
		"merchants/phones", "merchants/platform/problem", "merchants/platform/seal", "merchants/tenancies",
		"merchants/vietqr",
	},
	"cmd/market40/demo/history": {
		"merchants/platform/seal", "payments/banks", "payments/ledger", "payments/notices",
		"merchants/platform/bizday",
	},
	// Whether an installation will run.
	"cmd/market40/doctor": {"cmd/market40/app", "migrations", "migrations/database"},
	// Shoppers and banks know no register: all but the secret of their connection comes over HTTP.
	"cmd/market40/simulate": {
		"cmd/market40/app", "payments/banks", "payments/money", "merchants/access/roles",
		"merchants/access/signin", "merchants/vietqr",
	},
	// A box knows what is said and how; app only marks its wrong use.
	"cmd/market40/soundbox": {
		"cmd/market40/app", "frontend/voice", "payments/money", "payments/soundbox",
		"merchants/platform/bizday",
	},
	"frontend": {
		"payments", "payments/money",
		"merchants/access/roles", "merchants/access/signin", "merchants/platform/web", "merchants/platform/problem",
		"migrations/database",
		"merchants/platform/bizday",
	},
	// Only tests import these two: a real browser, and the program as a process. They build the
	// program, so they import none of its packages.
	"frontend/apptest": {"frontend/apptest/program"},
	"frontend/apptest/program": {
		"merchants/platform/bizday", "merchants/platform/web/webtest", "migrations/database/dbtest",
	},
	"frontend/apptest/district": {}, // tests only
	"frontend/apptest/pages":    {}, // tests only
	"frontend/apptest/stall":    {}, // tests only
	"frontend/voice":            {}, // words and recordings
	// The page behind a printed code.
	"frontend/pages": {
		"payments/money", "payments/orders", "merchants", "merchants/platform/web",
		"merchants/platform/problem", "merchants/vietqr",
		"merchants/platform/bizday",
		"merchants/beneficiary", "merchants/checks", "merchants/codes",
	},

	// Reports read tables by SQL and know no domain logic. The root has the ways to ask for
	// figures.
	"reports": {
		"reports/campaigns", "reports/disclosure", "reports/facts", "reports/figures", "reports/groups",
		"reports/indicators", "reports/proof", "reports/scope",
		"merchants/access/roles", "merchants/platform/bizday", "merchants/platform/web", "merchants/encodings",
		"merchants/platform/jobs", "merchants/platform/problem",
		"migrations/database",
	},
	// Checks before a freeze that no hidden count can be derived. It knows what is published, not
	// the rule.
	"reports/proof": {
		"migrations/database", "reports/disclosure/audit", "reports/facts", "reports/figures", "reports/groups",
		"reports/indicators", "reports/scope",
	},
	// What campaigns require of localities, and how pilot markets do.
	"reports/campaigns": {
		"merchants/platform/bizday", "merchants/platform/problem", "reports/figures", "reports/indicators",
		"reports/scope",
	},
	// The figures of a group, without what is hidden.
	"reports/figures": {
		"merchants/platform/bizday", "reports/estimate", "reports/facts", "reports/groups", "reports/indicators",
	},
	// Which units and markets a caller sees.
	"reports/scope": {"merchants/access/roles"},
	// Which markets are counted together, and what is hidden of them.
	"reports/groups": {"reports/disclosure", "reports/estimate", "reports/facts", "reports/indicators"},
	"reports/facts": {
		"merchants/platform/bizday", "migrations/database", "reports/estimate",
		"reports/indicators",
	},
	"reports/estimate":   {}, // statistics
	"reports/indicators": {}, // what the indicators are: words, queries and a row of Go each
	// What may be published: plain counts and sets. Its audit shares nothing with it.
	"reports/disclosure":       {},
	"reports/disclosure/audit": {},
	// Proves an exported file: exports writes the file that it is compared with.
	"reports/exports/verify": {"reports/exports", "reports/exports/document", "reports/exports/notation"},
	// Reports as files.
	"reports/exports": {
		"merchants/access/roles", "merchants/platform/web", "merchants/encodings", "merchants/posters",
		"merchants/platform/bizday", "merchants/platform/problem", "merchants/vietqr",
		"reports", "reports/exports/document", "reports/exports/notation", "reports/figures", "reports/indicators",
		"reports/periodic", "reports/scope",
	},
	// What the files say, of whatever kind they are.
	"reports/exports/document": {
		"merchants/platform/bizday",
		"reports",
		"reports/exports/notation",
		"reports/figures",
		"reports/indicators",
		"reports/periodic",
		"reports/scope",
	},
	"reports/exports/notation": {"reports/figures", "reports/indicators"}, // figures in Vietnamese
	// Lists of what was seen in the field are read as boards' rosters are.
	"reports/field": {
		"merchants/access/roles", "merchants/platform/bizday", "merchants/platform/web",
		"merchants/platform/problem", "merchants/roster", "migrations/database", "reports", "reports/field/record",
		"reports/field/samples",
	},
	"reports/field/samples": {
		"merchants/access/roles", "merchants/platform/bizday", "merchants/platform/web",
		"merchants/platform/problem", "merchants/roster", "migrations/database", "payments/money", "reports/estimate",
		"reports/field/record",
	},
	// How a fact of any kind is recorded, listed and imported.
	"reports/field/record": {
		"merchants/access/roles", "merchants/platform/bizday", "merchants/platform/web",
		"merchants/encodings", "merchants/platform/problem", "merchants/roster", "migrations/database",
		"payments/money", "reports",
	},
	// What the province ordered; units and markets have one shape in all reports.
	"reports/programme": {
		"merchants/access/roles", "merchants/platform/web", "merchants/encodings",
		"merchants/platform/bizday", "merchants/platform/problem", "migrations/database", "payments/money",
		"reports/indicators", "reports/scope",
	},
	// What is said in a report is frozen, and signed by a key that follows from the index key.
	"reports/periodic": {
		"merchants/access/roles", "merchants/platform/web", "merchants/encodings",
		"merchants/platform/bizday", "merchants/platform/problem", "merchants/platform/seal", "migrations/database",
		"reports", "reports/figures", "reports/indicators", "reports/programme", "reports/proof", "reports/scope",
	},

	// What a stall reads of its payments knows nothing of how they came.
	"payments": {
		"merchants/access/roles", "merchants/access/signin", "merchants/access/trail",
		"merchants/platform/bizday", "merchants/platform/web", "merchants/platform/problem", "migrations/database",
		"payments/feed", "payments/ledger", "payments/money", "payments/unnest",
	},
	// Who may send notices.
	"payments/connections": {
		"merchants/access/roles", "merchants/platform/web",
		"merchants/platform/problem", "merchants/platform/seal", "merchants/vietqr", "migrations/database",
		"payments/banks",
	},
	// The way of notices into the ledger.
	"payments/intake": {
		"payments/banks", "payments/clock", "payments/connections", "payments/duplicates", "payments/feed",
		"payments/ledger", "payments/money", "payments/notices", "payments/received", "payments/unnest",
		"payments/voids",
		"merchants/platform/web", "merchants/platform/jobs", "merchants/platform/problem", "merchants/platform/seal",
		"migrations/database",
		"merchants/platform/bizday",
		"merchants/vietqr",
	},
	// What was received, as operators read it.
	"payments/received": {
		"payments/connections", "payments/money", "payments/notices",
		"merchants/access/roles", "merchants/access/trail", "merchants/platform/web", "migrations/database",
	},
	// What must not count twice, or not at all.
	"payments/duplicates": {
		"merchants/platform/bizday", "merchants/vietqr", "payments/banks", "payments/ledger", "payments/notices",
		"payments/unnest",
	},
	"payments/voids": {
		"merchants/platform/problem", "payments/banks", "payments/ledger", "payments/money", "payments/notices",
		"payments/unnest",
	},
	"payments/clock": {},
	// how a notice is stored
	"payments/notices": {
		"merchants/memo", "merchants/platform/seal", "payments/banks",
		"merchants/vietqr",
	},
	// People decide about what the intake left to them.
	"payments/cases": {
		"merchants/access/roles", "merchants/access/trail", "merchants/platform/web",
		"merchants/platform/problem", "migrations/database", "payments/banks", "payments/duplicates", "payments/intake",
		"payments/ledger", "payments/money", "payments/notices", "payments/received", "payments/voids",
	},
	"payments/orders": {
		"merchants/access/roles", "merchants/access/trail", "merchants/platform/web",
		"merchants/platform/problem", "migrations/database", "payments/ledger", "payments/money",
		"merchants/codes",
	},
	"payments/push": {
		"merchants/access/roles", "merchants/platform/web", "merchants/platform/jobs",
		"merchants/platform/problem", "merchants/platform/seal", "migrations/database", "payments", "payments/ledger",
		"payments/money",
		"merchants/platform/bizday",
	},
	// Only tests import it: a program on its own database.
	"payments/paymentstest": {
		"merchants", "merchants/access/invitations", "merchants/access/phonecodes", "merchants/access/signin",
		"merchants/access/staff", "merchants/platform/bizday", "merchants/platform/notify", "merchants/platform/seal",
		"merchants/platform/web", "migrations/database", "migrations/database/dbtest",
		"migrations/database/worldtest", "payments", "payments/banks", "payments/book", "payments/cases",
		"payments/connections", "payments/intake", "payments/ledger", "payments/money", "payments/orders",
	},
	// The book draws documents, which the way of notices must not carry.
	"payments/book": {
		"merchants/access/roles", "merchants/platform/bizday", "merchants/platform/web",
		"merchants/encodings", "merchants/posters", "merchants/platform/problem", "merchants/platform/seal",
		"migrations/database", "payments/money",
	},
	// Boxes speak what was posted: the way of notices knows no MQTT.
	"payments/soundbox": {
		"merchants/access/roles", "merchants/platform/web", "merchants/platform/problem",
		"merchants/platform/seal", "migrations/database", "payments", "payments/feed", "payments/ledger",
		"payments/money",
	},
	"payments/banks":  {"merchants/vietqr", "payments/money", "merchants/platform/bizday"},
	"payments/feed":   {"migrations/database", "payments/ledger"},
	"payments/ledger": {"payments/money", "payments/unnest", "merchants/platform/bizday"},
	"payments/unnest": {}, // rows as arguments of a statement
	"payments/money":  {},

	// The register put together: markets and stalls, and the routes of its parts.
	"merchants": {
		"merchants/access/roles", "merchants/access/trail", "merchants/alerts", "merchants/beneficiary",
		"merchants/checks", "merchants/codes", "merchants/encodings", "merchants/platform/bizday",
		"merchants/platform/problem", "merchants/platform/seal", "merchants/platform/web", "merchants/scope",
		"merchants/tenancies", "merchants/vietqr", "migrations/database",
	},
	// Only tests import it: the register put together with what shows it.
	"merchants/registertest": {
		"frontend/pages", "merchants", "merchants/access/invitations", "merchants/access/signin", "merchants/bulk",
		"merchants/codes", "merchants/platform/seal", "merchants/platform/web", "migrations/database/worldtest",
		"payments/orders",
	},
	// Lists of boards know the register; the register knows no lists.
	"merchants/bulk": {
		"merchants", "merchants/access/roles", "merchants/encodings", "merchants/platform/bizday",
		"merchants/platform/problem", "merchants/platform/seal", "merchants/platform/web", "merchants/roster",
		"merchants/scope", "merchants/tenancies", "merchants/vietqr", "migrations/database",
	},
	// What hangs at a stall, and what shoppers report.
	"merchants/checks": {
		"merchants/access/roles", "merchants/alerts", "merchants/codes", "merchants/platform/problem",
		"merchants/platform/seal", "merchants/platform/web", "merchants/scope", "migrations/database",
	},
	// Where money goes, and who decides about it.
	"merchants/beneficiary": {
		"merchants/access/roles", "merchants/alerts", "merchants/encodings", "merchants/platform/bizday",
		"merchants/platform/jobs", "merchants/platform/outbox", "merchants/platform/problem",
		"merchants/platform/seal", "merchants/platform/web", "merchants/scope", "merchants/tenancies",
		"merchants/vietqr", "migrations/database",
	},
	"merchants/codes": {
		"merchants/access/roles", "merchants/access/trail", "merchants/memo", "merchants/platform/bizday",
		"merchants/platform/problem", "merchants/platform/seal", "merchants/platform/web", "merchants/posters",
		"merchants/scope", "merchants/tenancies", "merchants/vietqr", "migrations/database",
	},
	// Who has which stall: the writing half of the register, without HTTP.
	"merchants/tenancies": {
		"merchants/alerts", "merchants/encodings", "merchants/memo", "merchants/phones",
		"merchants/platform/bizday", "merchants/platform/problem", "merchants/platform/seal", "merchants/roster",
		"merchants/vietqr", "migrations/database",
	},
	"merchants/alerts": {
		"merchants/access/roles", "merchants/encodings", "merchants/platform/problem", "merchants/platform/web",
		"migrations/database",
	},
	"merchants/scope":        {"merchants/access/roles", "merchants/platform/problem", "migrations/database"},
	"merchants/access/roles": {"merchants/platform/problem", "migrations/database"},
	"merchants/access/signin": {
		"merchants/access/passwords", "merchants/access/roles", "merchants/encodings", "merchants/platform/bizday",
		"merchants/platform/problem", "merchants/platform/seal", "merchants/platform/web", "migrations/database",
	},
	"merchants/access/passwords": {"merchants/platform/problem"},
	// what the second step of a sign-in needs from the first
	"merchants/access/steps": {"merchants/platform/seal", "migrations/database"},
	// The other ways to sign in. Signin knows none of them.
	"merchants/access/passkeys": {
		"merchants/access/roles", "merchants/access/signin", "merchants/access/steps",
		"merchants/platform/problem", "merchants/platform/seal", "merchants/platform/web", "migrations/database",
	},
	"merchants/access/sso": {
		"merchants/access/roles", "merchants/access/signin", "merchants/access/steps",
		"merchants/platform/problem", "merchants/platform/seal", "merchants/platform/web", "migrations/database",
	},
	"merchants/access/phonecodes": {
		"merchants/access/roles", "merchants/access/signin", "merchants/phones", "merchants/platform/notify",
		"merchants/platform/problem", "merchants/platform/seal", "merchants/platform/web", "migrations/database",
	},
	"merchants/access/invitations": {
		"merchants/access/roles", "merchants/access/signin", "merchants/platform/bizday",
		"merchants/platform/problem", "merchants/platform/web", "merchants/vietqr", "migrations/database",
	},
	"merchants/access/staff": {
		"merchants/access/passwords", "merchants/access/roles", "merchants/access/signin", "merchants/encodings",
		"merchants/platform/problem", "merchants/platform/seal", "merchants/platform/web", "migrations/database",
	},
	// Only tests import it.
	"merchants/access/signin/signintest": {
		"merchants/access/signin", "merchants/platform/problem", "merchants/platform/seal", "migrations/database",
		"migrations/database/dbtest",
	},
	"merchants/access/trail": {
		"merchants/access/roles", "merchants/platform/bizday", "merchants/platform/jobs",
		"merchants/platform/problem", "merchants/platform/seal", "merchants/platform/web", "migrations/database",
	},
	"merchants/platform/web/webtest": {},
	"merchants/platform/web": {
		"merchants/access/passwords", "merchants/access/roles", "merchants/platform/problem",
		"merchants/platform/seal", "migrations/database",
	},
	"merchants/encodings":       {"merchants/platform/problem"},
	"merchants/platform/jobs":   {"migrations/database"}, // what is done by the clock
	"merchants/platform/bizday": {"merchants/platform/problem"},
	"merchants/memo":            {},
	"merchants/platform/notify": {},
	// messages to people's phones
	"merchants/platform/outbox": {
		"merchants/platform/jobs", "merchants/platform/notify", "merchants/platform/seal",
		"migrations/database",
	},
	"merchants/platform/outgoing": {},
	"merchants/phones":            {},
	"merchants/posters":           {"merchants/vietqr"},
	// The table of columns in migrations says what is exported.
	"merchants/privacy": {
		"merchants/access/roles", "merchants/access/trail", "merchants/tenancies", "merchants/platform/web",
		"merchants/platform/jobs", "merchants/platform/problem", "merchants/platform/seal", "migrations",
		"migrations/database",
		"merchants/platform/bizday",
	},
	"merchants/platform/problem": {},
	"merchants/roster": {
		"merchants/encodings", "merchants/phones", "merchants/platform/problem",
		"merchants/vietqr",
	},
	"merchants/platform/seal": {},
	// reads the trail, and keeps its own cursor
	"merchants/platform/siem": {
		"merchants/access/roles", "merchants/access/trail", "merchants/platform/jobs",
		"migrations/database",
	},
	// the table of banks
	"merchants/vietqr": {"migrations/reference"},

	"migrations":                  {"migrations/database", "migrations/reference"},
	"migrations/database":         {},
	"migrations/database/dbtest":  {"migrations", "migrations/database", "migrations/database/private"},
	"migrations/database/private": {},
	// Only tests import it: parts of the program on a database of their own.
	"migrations/database/worldtest": {
		"merchants/access/invitations", "merchants/access/roles", "merchants/access/signin",
		"merchants/access/signin/signintest", "merchants/access/trail", "merchants/platform/seal",
		"merchants/platform/web", "merchants/platform/web/webtest", "migrations/database",
		"migrations/database/dbtest",
	},
	"migrations/reference": {},
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	const module = "market40/"
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	must(t, err)
	seen := map[string]bool{}
	for packages := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := packages.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module)
		seen[name] = true
		allowed, known := arrows[name]
		if !known {
			t.Errorf("package %s has no row", name)
		}
		for _, imported := range p.Imports {
			if to, ours := strings.CutPrefix(imported, module); ours && !slices.Contains(allowed, to) {
				t.Errorf("%s may not import %s", name, to)
			}
		}
	}
	for name := range arrows {
		if !seen[name] {
			t.Errorf("the row of %s names no package", name)
		}
	}
	if order := walk("cmd/market40"); order != "" {
		t.Errorf("the arrows go round: %s", order)
	}
}

// walk follows the arrows and returns a way that comes back to where it was; "" if there is none.
func walk(from string, way ...string) string {
	if slices.Contains(way, from) {
		return strings.Join(append(way, from), " → ")
	}
	for _, to := range arrows[from] {
		if round := walk(to, append(slices.Clone(way), from)...); round != "" {
			return round
		}
	}
	return ""
}
