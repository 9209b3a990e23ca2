package siem_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/siem"
)

// someLine is a refused change with a path that a stranger wrote.
func someLine(object string) *trail.Line {
	role, status, before, after := roles.Manager, 403, "aa", "bb"
	actor := uuid.MustParse("01930000-0000-7000-8000-000000000001")
	at := time.Date(2026, 11, 23, 5, 0, 0, 123456000, time.UTC)
	return &trail.Line{
		Event: trail.Event{
			ID: uuid.MustParse("01930000-0000-7000-8000-000000000002"), At: at, ActorID: &actor,
			Address: "[::ffff:10.0.0.1]:5000",
			Method:  "PATCH", Route: "/api/v1/stalls/:id", Object: object,
		},
		Role: &role, EndedAt: &at, Status: &status, Outcome: trail.Refused, Changed: 1,
		Changes:  []trail.Change{{Kind: "stalls", ID: "x", Before: &before, After: &after}},
		Readings: []trail.Readings{{What: trail.ReadingContact, Tenancies: 2}},
	}
}

var source = siem.Source{Host: "chợ 1", Version: "1.0|x", PID: 7}

func write(t *testing.T, f siem.Format, object string) string {
	t.Helper()
	text, err := source.Message(f, someLine(object))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestALineInEachFormat(t *testing.T) {
	t.Parallel()
	if got, want := write(t, siem.RFC5424, "/a"),
		`<108>1 2026-11-23T05:00:00.123456Z ch1 market40 7 audit [market40@32473 id="01930000-0000-7000-8000-000000000002" `+
			`actor="01930000-0000-7000-8000-000000000001" role="manager" address="[::ffff:10.0.0.1\]:5000" method="PATCH" route="/api/v1/stalls/:id" object="/a" `+
			`status="403" outcome="refused" changed="1" change="stalls x aa bb" read="contact 2"] PATCH /api/v1/stalls/:id refused`; got != want {
		t.Errorf("RFC 5424:\n%s\n%s", got, want)
	}
	if want := `CEF:0|market40|market40|1.0\|x|PATCH /api/v1/stalls/:id|PATCH /api/v1/stalls/:id refused|6|rt=1795410000123 externalId=01930000-0000-7000-8000-000000000002 ` +
		`src=10.0.0.1 spt=5000 suid=01930000-0000-7000-8000-000000000001 spriv=manager requestMethod=PATCH request=/a outcome=refused cn1Label=status cn1=403 ` +
		`cn2Label=changed cn2=1 cs2Label=changes cs2=stalls x aa bb`; !strings.HasSuffix(
		write(t, siem.CEF, "/a"),
		"] "+
			want,
	) {
		t.Errorf("CEF:\n%s\n%s", write(t, siem.CEF, "/a"), want)
	}
	text, err := source.Write(siem.ECS, someLine("/a"))
	var o struct {
		Event  struct{ Outcome string }
		Source struct{ IP string }
		User   struct{ Roles []string }
	}
	if err != nil || json.Unmarshal(text, &o) != nil || o.Event.Outcome != "failure" || o.Source.IP != "10.0.0.1" ||
		o.User.Roles[0] != "manager" {
		t.Errorf("ECS: %s, %v", text, err)
	}
}

var hostilePaths = []string{
	"/x\n<13>1 - - su - - - root", "/x\r\nCEF:0|a|b|c|d|e|9|", `/x"] forged`, `/x\"] forged`, `/x|=\|`,
	`/x outcome=done`, "/x\x00\x1b[31m", "/x\u2028\u0085", "/x\xff\xfe", "/\u202e",
	"/" + strings.Repeat("ệ", 40_000), "",
}

func FuzzNoPathLeavesItsField(f *testing.F) {
	for _, path := range hostilePaths {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		for _, format := range []siem.Format{siem.RFC5424, siem.CEF, siem.ECS} {
			text := write(t, format, path)
			if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool {
				return r < ' ' ||
					r == 0x7f
			}) && format != siem.ECS || strings.Contains(text, "\n") {
				t.Errorf("%s holds what is no text of a line: %q", format, text)
			}
			if format != siem.ECS && len(text) > 8<<10 {
				t.Errorf("%s is %d bytes: receivers cut", format, len(text))
			}
			if fields := structured(t, text); fields["outcome"] != "refused" ||
				fields["id"] != "01930000-0000-7000-8000-000000000002" || fields["root"] != "" {
				t.Errorf("%s: %q makes %v", format, path, fields)
			}
		}
		if path == "" {
			return // no request= then
		}
		cef, err := source.Write(siem.CEF, someLine(path))
		if err != nil {
			t.Fatal(err)
		}
		header, extension, _ := strings.Cut(string(cef), "|rt=")
		if bare := strings.NewReplacer(`\\`, "", `\|`, "").Replace(header); strings.Count(bare, "|") != 6 {
			t.Errorf("CEF's header is %s", header)
		}
		if bare := strings.NewReplacer(`\\`, "", `\=`, "").Replace(extension); strings.Count(bare, "=") != 14 {
			t.Errorf("CEF's extension has %d keys: %s", strings.Count(bare, "=")+1, extension)
		}
	})
}

// structured reads the structured data of a message as RFC 5424 section 6.3 says.
func structured(t *testing.T, text string) map[string]string {
	t.Helper()
	_, rest, _ := strings.Cut(text, "[market40@32473")
	fields := map[string]string{}
	for strings.HasPrefix(rest, " ") {
		name, after, found := strings.Cut(rest[1:], `="`)
		if !found {
			t.Fatalf("no parameter: %q", rest)
		}
		var value strings.Builder
		i := 0
		for ; i < len(after) && after[i] != '"'; i++ {
			switch after[i] {
			case '\\':
				i++
			case ']':
				t.Fatalf("a bare ]: %q", after)
			}
			value.WriteByte(after[i])
		}
		fields[name], rest = value.String(), after[i+1:]
	}
	if !strings.HasPrefix(rest, "] ") {
		t.Fatalf("the structured data ends with %q", rest)
	}
	return fields
}

func TestFramesCountBytes(t *testing.T) {
	t.Parallel()
	if got := string(siem.Frame([]byte("chợ"))); got != "5 chợ" {
		t.Errorf("%q", got)
	}
}
