// Command measures prints the size and the words of the code (`go run ./.ci/measures`): how large
// the packages are, how long the functions, and how far the names are plain English.
package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// dialect are words that readers elsewhere would not know in these meanings.
var dialect = regexp.MustCompile(`(?i)\b(told|tells?|kept|stands|whose|nobody)\b`)

const (
	maxColumns = 120
	window     = 6 // lines that make a repetition
)

// measures are what is counted over all packages.
type measures struct {
	packages, tests       map[string]int // lines by folder
	exported              map[string]int // names by folder
	files                 map[string]int // by folder
	methods               map[string]int // by type
	functions             []int          // lines
	names, oneWord        int            // of functions
	long, words, lines    int
	otherWords            int // in SQL, TypeScript and Svelte
	otherLines            int
	testLines, codeLines  int
	windows               map[string]int
	testWindows, repeated int
}

func main() {
	m := measures{
		packages: map[string]int{}, tests: map[string]int{}, exported: map[string]int{}, files: map[string]int{},
		methods: map[string]int{}, windows: map[string]int{},
	}
	for _, root := range []string{"cmd", "frontend", "merchants", "migrations", "payments", "reports"} {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist"):
				return filepath.SkipDir
			case !d.IsDir():
				m.files[filepath.Dir(path)]++
			}
			switch filepath.Ext(path) {
			case ".go":
				return m.add(path)
			case ".sql", ".ts", ".svelte":
				return m.addWords(path)
			}
			return nil
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	m.print()
}

// addWords counts the words of one file that is not Go. It leaves out the numbered migrations, which
// never change.
func (m *measures) addWords(path string) error {
	if filepath.Dir(path) == "migrations" || filepath.Base(path) == "schema.d.ts" {
		return nil
	}
	lines, err := read(path)
	for _, line := range lines {
		m.otherWords += len(dialect.FindAllString(line, -1))
	}
	m.otherLines += len(lines)
	return err
}

// add measures one file of Go.
func (m *measures) add(path string) error {
	lines, err := read(path)
	if err != nil {
		return err
	}
	folder, isTest := filepath.Dir(path), strings.HasSuffix(path, "_test.go")
	for _, line := range lines {
		m.words += len(dialect.FindAllString(line, -1))
		if len([]rune(strings.ReplaceAll(line, "\t", "    "))) > maxColumns {
			m.long++
		}
	}
	m.lines += len(lines)
	if isTest {
		m.testLines += len(lines)
		m.tests[folder] += len(lines)
		m.repeat(lines)
		return nil
	}
	m.codeLines += len(lines)
	m.packages[folder] += len(lines)
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, 0)
	if err != nil {
		return err
	}
	for _, d := range file.Decls {
		m.declare(set, folder, d)
	}
	return nil
}

func (m *measures) declare(set *token.FileSet, folder string, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		m.functions = append(m.functions, set.Position(d.End()).Line-set.Position(d.Pos()).Line+1)
		m.names++
		if isOneWord(d.Name.Name) {
			m.oneWord++
		}
		if d.Recv != nil {
			m.methods[folder+"."+receiver(d.Recv.List[0].Type)]++
		} else if d.Name.IsExported() {
			m.exported[folder]++
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				m.export(folder, s.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					m.export(folder, n)
				}
			}
		}
	}
}

func (m *measures) export(folder string, n *ast.Ident) {
	if n.IsExported() {
		m.exported[folder]++
	}
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return "?"
}

func isOneWord(name string) bool {
	return !strings.ContainsFunc(name[1:], unicode.IsUpper)
}

// repeat counts the windows of a test file that also occur in earlier tests.
func (m *measures) repeat(lines []string) {
	var plain []string
	for _, line := range lines {
		if line = strings.TrimSpace(line); len(line) > 3 && !strings.HasPrefix(line, "//") {
			plain = append(plain, line)
		}
	}
	for i := 0; i+window <= len(plain); i++ {
		text := strings.Join(plain[i:i+window], "\n")
		m.testWindows++
		if m.windows[text]++; m.windows[text] > 1 {
			m.repeated++
		}
	}
}

func read(path string) (lines []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	return lines, s.Err()
}

func values(of map[string]int) (all []int) {
	for _, n := range of {
		all = append(all, n)
	}
	return all
}

// spread returns the median, the 90th percentile and the greatest of some numbers.
func spread(all []int) string {
	slices.Sort(all)
	return fmt.Sprintf("median %d, p90 %d, max %d", all[len(all)/2], all[len(all)*9/10], all[len(all)-1])
}

func largest(of map[string]int) string {
	name := ""
	for n, count := range of {
		if count > of[name] || count == of[name] && n < name {
			name = n
		}
	}
	return name
}

func (m *measures) print() {
	fmt.Printf("packages                         %d\n", len(m.packages))
	fmt.Printf("lines per package                %s (%s)\n", spread(values(m.packages)), largest(m.packages))
	fmt.Printf("files per folder                 max %d (%s)\n", m.files[largest(m.files)], largest(m.files))
	fmt.Printf("exported names per package       %s (%s)\n", spread(values(m.exported)), largest(m.exported))
	fmt.Printf("methods per type                 max %d (%s)\n", m.methods[largest(m.methods)], largest(m.methods))
	fmt.Printf("function length                  %s\n", spread(m.functions))
	fmt.Printf("lines over %d columns           %d\n", maxColumns, m.long)
	fmt.Printf("one-word function names          %.0f %%\n", 100*float64(m.oneWord)/float64(m.names))
	fmt.Printf("dialect words per 1,000 lines    %.1f\n", 1000*float64(m.words)/float64(m.lines))
	fmt.Printf("the same in SQL, TS and Svelte   %.1f\n", 1000*float64(m.otherWords)/float64(m.otherLines))
	fmt.Printf("test lines per line of code      %.2f\n", float64(m.testLines)/float64(m.codeLines))
	fmt.Printf("repeated windows of test lines   %d of %d\n", m.repeated, m.testWindows)
}
