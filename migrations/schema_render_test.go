package migrations_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const schemaHead = `-- The schema after all migrations, for reading: each table with its keys, indexes and triggers; the functions below.
-- "make schema" writes it from the numbered files, and a test compares the two. The program does not use this file:
-- "market40 migrate up" makes the tables.
-- Partitions are left out: a partitioned table has one a month (make_partition) and a default one.
-- "market40_app" lists what the serving role may do. "Audited by" lists the key that the audit trail records for a changed row.
`

// dumped is one entry of a dump: its header and its statements.
type dumped struct{ name, kind, body string }

// table is what a dump holds about one table.
type table struct {
	comment, grants, auditKey string
	items                     []string // columns and constraints, as in CREATE TABLE
	columnComments            map[string]string
	identity                  map[string]string // of a column: GENERATED … AS IDENTITY
	partitionedBy             string
	statements                []string // indexes and triggers
}

// schema collects the entries of a dump.
type schema struct {
	extensions       []string
	tables           map[string]*table
	functions        map[string]string
	functionComments map[string]string
	partitions       map[string]bool
}

var (
	entryHeader = regexp.MustCompile(`(?m)^--\n-- Name: (.*); Type: (.*); Schema: .*\n--\n`)
	attached    = regexp.MustCompile(`ATTACH PARTITION public\.(\S+)`)
	commentText = regexp.MustCompile(`(?s) IS '(.*)';`)
	added       = regexp.MustCompile(`(?s)^ALTER TABLE (?:ONLY )?public\.(\S+)\s+ADD (CONSTRAINT .*);`)
	identity    = regexp.MustCompile(`ALTER TABLE public\.(\S+) ALTER COLUMN (\S+) ADD (GENERATED .* AS IDENTITY)`)
	onTable     = regexp.MustCompile(` ON (?:ONLY )?public\.(\S+)`)
	granted     = regexp.MustCompile(`GRANT (.*) ON TABLE public\.(\S+) TO market40_app;`)
	audited     = regexp.MustCompile(`^CREATE TRIGGER audited_.* public\.audit_change\((.*)\);`)
)

// renderSchema turns pg_dump's output into schema.sql. It is the same with every PostgreSQL from 15 on and on every day.
// It refuses a kind of entry that it does not know, so that nothing is left out silently.
func renderSchema(dump string) (string, error) {
	s := schema{
		tables:           map[string]*table{},
		functions:        map[string]string{},
		functionComments: map[string]string{},
		partitions:       map[string]bool{},
	}
	entries := splitDump(dump)
	for _, e := range entries {
		if m := attached.FindStringSubmatch(e.body); e.kind == "TABLE ATTACH" && m != nil {
			s.partitions[m[1]] = true
		}
	}
	for _, e := range entries {
		if err := s.add(e); err != nil {
			return "", err
		}
	}
	return s.text(), nil
}

func splitDump(dump string) []dumped {
	heads := entryHeader.FindAllStringSubmatchIndex(dump, -1)
	entries := make([]dumped, 0, len(heads))
	for i, h := range heads {
		end := len(dump)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		body, _, _ := strings.Cut(dump[h[1]:end], "\n--\n-- PostgreSQL database dump complete")
		entries = append(entries, dumped{name: dump[h[2]:h[3]], kind: dump[h[4]:h[5]], body: strings.TrimSpace(body)})
	}
	return entries
}

func (s *schema) add(e dumped) error {
	switch e.kind {
	case "EXTENSION":
		s.extensions = append(s.extensions, "CREATE EXTENSION "+e.name+";")
	case "FUNCTION":
		head, body, _ := strings.Cut(e.body, "AS $")
		s.functions[e.name] = simplify(head) + "AS $" + body
	case "TABLE":
		s.addTable(e)
	case "TABLE ATTACH", "INDEX ATTACH":
	case "SEQUENCE":
		m := identity.FindStringSubmatch(e.body)
		if m == nil {
			return fmt.Errorf("the sequence %s belongs to no column", e.name)
		}
		s.table(m[1]).identity[m[2]] = m[3]
	case "CONSTRAINT", "FK CONSTRAINT":
		m := added.FindStringSubmatch(e.body)
		if m == nil {
			return fmt.Errorf("not a constraint of a table: %s", e.body)
		}
		s.table(m[1]).items = append(s.table(m[1]).items, simplify(m[2]))
	case "INDEX", "TRIGGER":
		s.addStatement(e)
	case "COMMENT":
		return s.addComment(e)
	case "ACL":
		for _, m := range granted.FindAllStringSubmatch(e.body, -1) {
			s.table(m[2]).grants = sortGrants(m[1])
		}
	default:
		return fmt.Errorf("schema_render_test.go does not know how to write a %s (%s)", e.kind, e.name)
	}
	return nil
}

func (s *schema) table(name string) *table {
	if s.tables[name] == nil {
		s.tables[name] = &table{columnComments: map[string]string{}, identity: map[string]string{}}
	}
	return s.tables[name]
}

func (s *schema) addTable(e dumped) {
	body := strings.TrimSuffix(e.body, ";")
	_, body, _ = strings.Cut(body, "(\n    ")
	body, partitionedBy, _ := strings.Cut(body, "\n)")
	t := s.table(e.name)
	t.partitionedBy = strings.TrimSpace(partitionedBy)
	for item := range strings.SplitSeq(body, ",\n    ") {
		if strings.HasPrefix(item, " ") { // a further line of an expression
			t.items[len(t.items)-1] += ",\n    " + item
			continue
		}
		t.items = append(t.items, simplify(item))
	}
}

// addStatement adds an index or a trigger. The audit trail's three triggers become one word of the table's head.
func (s *schema) addStatement(e dumped) {
	t := s.table(onTable.FindStringSubmatch(e.body)[1])
	if m := audited.FindStringSubmatch(e.body); m != nil {
		t.auditKey = strings.ReplaceAll(m[1], "'", "")
		return
	}
	t.statements = append(t.statements, simplify(e.body))
}

func (s *schema) addComment(e dumped) error {
	text := strings.ReplaceAll(commentText.FindStringSubmatch(e.body)[1], "''", "'")
	text = strings.Join(strings.Fields(text), " ")
	kind, name, _ := strings.Cut(e.name, " ")
	switch kind {
	case "EXTENSION":
	case "TABLE":
		s.table(name).comment = text
	case "COLUMN":
		of, column, _ := strings.Cut(name, ".")
		s.table(of).columnComments[column] = text
	case "FUNCTION":
		s.functionComments[name] = text
	default:
		return fmt.Errorf("schema_render_test.go does not know how to write a comment on a %s (%s)", kind, e.name)
	}
	return nil
}

func (s *schema) text() string {
	var out strings.Builder
	out.WriteString(schemaHead)
	fmt.Fprintf(&out, "\n%s\n", strings.Join(s.extensions, "\n"))
	for _, name := range slices.Sorted(maps.Keys(s.tables)) {
		if !s.partitions[name] {
			out.WriteString("\n" + s.tables[name].text(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.functions)) {
		out.WriteString("\n")
		if comment := s.functionComments[name]; comment != "" {
			fmt.Fprintf(&out, "-- %s\n", comment)
		}
		out.WriteString(s.functions[name] + "\n")
	}
	return out.String()
}

func (t *table) text(name string) string {
	var out strings.Builder
	if t.comment != "" {
		fmt.Fprintf(&out, "-- %s\n", t.comment)
	}
	if t.grants != "" {
		fmt.Fprintf(&out, "-- market40_app: %s.", t.grants)
		if t.auditKey != "" {
			fmt.Fprintf(&out, " Audited by (%s).", t.auditKey)
		}
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, "CREATE TABLE %s (\n", name)
	slices.SortStableFunc(t.items, func(a, b string) int { return rank(a) - rank(b) })
	for i, item := range t.items {
		column, _, _ := strings.Cut(item, " ")
		if generated := t.identity[column]; generated != "" {
			item += " " + generated
		}
		if i < len(t.items)-1 {
			item += ","
		}
		if comment := t.columnComments[column]; comment != "" {
			item += " -- " + comment
		}
		fmt.Fprintf(&out, "    %s\n", item)
	}
	out.WriteString(strings.TrimSpace(") "+t.partitionedBy) + ";\n")
	slices.SortStableFunc(t.statements, func(a, b string) int { return rank(a) - rank(b) })
	for _, statement := range t.statements {
		out.WriteString(statement + "\n")
	}
	return out.String()
}

// rank orders what belongs to a table: columns, keys, references, checks, and then indexes before triggers.
func rank(item string) int {
	for i, part := range []string{" PRIMARY KEY ", " UNIQUE ", " EXCLUDE ", " FOREIGN KEY ", " CHECK "} {
		if strings.HasPrefix(item, "CONSTRAINT ") && strings.Contains(item, part) {
			return i + 1
		}
	}
	if strings.HasPrefix(item, "CREATE TRIGGER ") || strings.HasPrefix(item, "CREATE CONSTRAINT TRIGGER ") {
		return 1
	}
	return 0
}

func sortGrants(list string) string {
	has := strings.Split(list, ",")
	sorted := []string{}
	for _, right := range []string{"SELECT", "INSERT", "UPDATE", "DELETE"} {
		if slices.Contains(has, right) {
			sorted = append(sorted, right)
		}
	}
	return strings.Join(sorted, ", ")
}

// shorter are the forms that PostgreSQL writes and those that people write.
var shorter = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`\bpublic\.`), ""},
	{regexp.MustCompile(`timestamp with time zone`), "timestamptz"},
	{regexp.MustCompile(`('(?:[^']|'')*')::text\b`), "$1"},
	{regexp.MustCompile(`= ANY \(ARRAY\[([^\[\]]*)\]\)`), "IN ($1)"},
	{regexp.MustCompile(`<> ALL \(ARRAY\[([^\[\]]*)\]\)`), "NOT IN ($1)"},
	{regexp.MustCompile(`^(CONSTRAINT \S+ CHECK) \(\((.*)\)\)$`), "$1 ($2)"},
	{regexp.MustCompile(` ON ONLY `), " ON "},
	{regexp.MustCompile(` USING btree`), ""},
}

func simplify(statement string) string {
	for _, s := range shorter {
		statement = s.from.ReplaceAllString(statement, s.to)
	}
	return statement
}
