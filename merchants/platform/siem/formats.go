// Package siem sends the audit trail to a security monitor, in Elastic Common Schema, CEF or RFC
// 5424. Lines are exported once or forwarded as they are written. Text that a stranger wrote in a
// path stays inside its field.
package siem

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
)

// Format is how a line is written.
type Format string

// The formats.
const (
	RFC5424 Format = "rfc5424" // structured data of syslog
	CEF     Format = "cef"     // ArcSight Common Event Format, version 0
	ECS     Format = "ecs"     // Elastic Common Schema, JSON
)

// ecsVersion is the version of the schema that our fields are of (elastic.co/docs/reference/ecs,
// read 2026-11-22).
const ecsVersion = "8.17.0"

// Source is the sender: the program and its machine.
type Source struct {
	Host, Version string
	PID           int
}

// Write writes a line without what ends it. In RFC5424 it is a whole syslog message.
func (s Source) Write(f Format, l *trail.Line) ([]byte, error) {
	switch f {
	case ECS:
		return s.ecs(l)
	case CEF:
		return []byte(s.cef(l)), nil
	default:
		return s.syslog(l, strings.Join([]string{l.Method, cleanText(l.Route), string(l.Outcome)}, " ")), nil
	}
}

// Message returns a line as a syslog message in any format; each has the id in its structured data.
func (s Source) Message(f Format, l *trail.Line) ([]byte, error) {
	if f == RFC5424 {
		return s.Write(f, l)
	}
	text, err := s.Write(f, l)
	return s.syslog(l, string(text)), err
}

// object is a JSON object without its empty members.
type object map[string]any

func (o object) put(name string, value string) object {
	if value != "" {
		o[name] = value
	}
	return o
}

func (s Source) ecs(l *trail.Line) ([]byte, error) {
	address, port := addressOf(l)
	category, kinds := "web", []string{"change"}
	switch {
	case l.Method == trail.CommandMethod:
		category = "process"
	case strings.HasPrefix(l.Route, "/api/v1/sessions"):
		category, kinds = "authentication", []string{"start"}
		if l.Method == "DELETE" {
			kinds = []string{"end"}
		}
	case l.Method == "GET" || l.Method == "HEAD":
		kinds = []string{"access"}
	}
	event := object{
		"id": l.ID.String(), "kind": "event", "dataset": "market40.audit", "module": "market40", "action": l.Method +
			" " + l.Route,
		"category": []string{category}, "type": kinds, "outcome": map[bool]string{
			true:  "success",
			false: "failure",
		}[l.Outcome == trail.Done],
	}
	if l.EndedAt != nil {
		event["end"] = l.EndedAt.UTC().Format(time.RFC3339Nano)
	}
	if l.Status == nil {
		event["outcome"] = "unknown"
	}
	answer := object{}
	if l.Status != nil {
		answer["status_code"] = *l.Status
	}
	client := object{}.put("address", address).put("ip", address)
	if port > 0 {
		client["port"] = port
	}
	user := object{}.put("id", idText(l.ActorID))
	if l.Role != nil {
		user["roles"] = []roles.Role{*l.Role}
	}
	if l.Method == trail.CommandMethod {
		user.put("name", l.Address)
	}
	entry := object{
		"@timestamp": l.At.UTC().Format(time.RFC3339Nano), "ecs": object{"version": ecsVersion}, "event": event,
		"http": object{"request": object{"method": l.Method}, "response": answer}, "url": object{"path": l.Object},
		"source": client, "user": user,
		"service": object{"name": "market40", "version": s.Version, "type": "market40"},
		"market40": object{"changed": l.Changed, "changes": l.Changes, "read": l.Readings}.put("session_id",
			idText(l.SessionID)),
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(entry); err != nil {
		return nil, fmt.Errorf("write line %s: %w", l.ID, err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

var (
	// Of CEF's header pipe and backslash are escaped, of its extension equal sign and backslash
	// (CEF format guide 1.2, "Character encoding"); clean has taken line breaks away before.
	cefHeader = strings.NewReplacer(`\`, `\\`, `|`, `\|`)
	cefValue  = strings.NewReplacer(`\`, `\\`, `=`, `\=`)
	// RFC 5424, section 6.3.3.
	sdValue = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`)
)

func (s Source) cef(l *trail.Line) string {
	address, port := addressOf(l)
	var b strings.Builder
	for _, part := range []string{"CEF:0", "market40", "market40", s.Version, l.Method + " " + l.Route, l.Method + " " +
		l.Route + " " + string(l.Outcome)} {
		b.WriteString(cefHeader.Replace(cleanText(part)) + "|")
	}
	fmt.Fprintf(&b, "%d|", map[int]int{6: 3, 4: 6, 3: 8}[severity(l)])
	parts := []string{"rt=" + strconv.FormatInt(l.At.UnixMilli(), 10)}
	add := func(key, value string) {
		if value != "" {
			parts = append(parts, key+"="+cefValue.Replace(cleanText(value)))
		}
	}
	add("externalId", l.ID.String())
	add("src", address)
	if port > 0 {
		add("spt", strconv.Itoa(port))
	}
	add("suid", idText(l.ActorID))
	if l.Method == trail.CommandMethod {
		add("suser", l.Address)
	}
	if l.Role != nil {
		add("spriv", string(*l.Role))
	}
	add("requestMethod", l.Method)
	add("request", l.Object)
	add("outcome", string(l.Outcome))
	if l.Status != nil {
		parts = append(parts, "cn1Label=status", "cn1="+strconv.Itoa(*l.Status))
	}
	parts = append(parts, "cn2Label=changed", "cn2="+strconv.Itoa(l.Changed))
	if l.SessionID != nil {
		parts = append(parts, "cs1Label=session", "cs1="+l.SessionID.String())
	}
	if texts := changeTexts(l); len(texts) > 0 {
		parts = append(parts, "cs2Label=changes")
		add("cs2", strings.Join(texts, "; "))
	}
	return b.String() + strings.Join(parts, " ")
}

// syslog returns a message of RFC 5424: facility 13 (log audit), and the line's own fields as
// structured data. 32473 is the enterprise number for documentation and examples (RFC 5612).
func (s Source) syslog(l *trail.Line, text string) []byte {
	const facility = 13
	var b strings.Builder
	fmt.Fprintf(&b, "<%d>1 %s %s market40 %d audit [market40@32473", facility*8+severity(l),
		l.At.UTC().Format("2006-01-02T15:04:05.000000Z07:00"), hostName(s.Host), s.PID)
	add := func(name, value string) {
		if value != "" {
			b.WriteString(` ` + name + `="` + sdValue.Replace(cleanText(value)) + `"`)
		}
	}
	add("id", l.ID.String())
	add("actor", idText(l.ActorID))
	if l.Role != nil {
		add("role", string(*l.Role))
	}
	add("session", idText(l.SessionID))
	add("address", l.Address)
	add("method", l.Method)
	add("route", l.Route)
	add("object", l.Object)
	if l.Status != nil {
		add("status", strconv.Itoa(*l.Status))
	}
	add("outcome", string(l.Outcome))
	add("changed", strconv.Itoa(l.Changed))
	for _, change := range changeTexts(l) {
		add("change", change)
	}
	for _, r := range l.Readings {
		add("read", string(r.What)+" "+strconv.Itoa(r.Tenancies))
	}
	b.WriteString("] " + text)
	return []byte(b.String())
}

// severity returns syslog's severity: info, warning for a refused request, error for a failed or
// unknown one.
func severity(l *trail.Line) int {
	switch l.Outcome {
	case trail.Done:
		return 6
	case trail.Refused:
		return 4
	default:
		return 3
	}
}

// changeTexts describes the first changes of a line in words, because a syslog message should not
// exceed what receivers accept.
func changeTexts(l *trail.Line) []string {
	const most = 10
	var texts []string
	for _, c := range l.Changes[:min(most, len(l.Changes))] {
		texts = append(texts, c.Kind+" "+c.ID+" "+orDash(c.Before)+" "+orDash(c.After))
	}
	return texts
}

func orDash(text *string) string {
	if text == nil {
		return "-"
	}
	return *text
}

// cleanText returns a text of one line and of limited length. What is neither a letter nor a sign
// becomes U+FFFD.
func cleanText(text string) string {
	const most = 1000 // characters
	runes := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	if len(runes) > most {
		runes = append(runes[:most], '…')
	}
	for i, r := range runes {
		if !unicode.IsPrint(r) {
			runes[i] = unicode.ReplacementChar
		}
	}
	return string(runes)
}

// hostName returns a HOSTNAME of RFC 5424: printable ASCII without spaces, 255 bytes at most.
func hostName(host string) string {
	host = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, host)
	if host == "" {
		return "-"
	}
	return host[:min(len(host), 255)]
}

func addressOf(l *trail.Line) (address string, port int) {
	at, err := netip.ParseAddrPort(l.Address)
	if err != nil {
		return "", 0
	}
	return at.Addr().Unmap().String(), int(at.Port())
}

func idText[T fmt.Stringer](id *T) string {
	if id == nil {
		return ""
	}
	return (*id).String()
}
