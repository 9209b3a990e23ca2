package main_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

const repository = "../.."

var (
	// A comment that is broken into lines is one text.
	nextCommentLine = regexp.MustCompile(`\n[ \t]*(//|--|#)[ \t]?`)
	citedFile       = regexp.MustCompile(`([\w./-]*\w\.md)(?:#([\w-]+)|, ["“]([^"”]+)["”])?`)
	backquoted      = regexp.MustCompile("`([^`\n]+)`")
	sourceFile      = regexp.MustCompile(`^[\w./*-]+\.(go|sql|ts|svelte|csv)$`)
)

// TestCitedDocumentsExist checks every *.md file that a comment, setting or README names, and the
// heading where one is named as file#anchor or as file, "heading". A file is named from the
// repository's root or from the folder of whoever names it.
func TestCitedDocumentsExist(t *testing.T) {
	t.Parallel()
	must(t, eachText(func(name, text string) {
		for _, m := range citedFile.FindAllStringSubmatch(nextCommentLine.ReplaceAllString(text, " "), -1) {
			document, err := os.ReadFile(filepath.Join(repository, m[1]))
			if err != nil {
				document, err = os.ReadFile(filepath.Join(repository, path.Dir(name), m[1]))
			}
			switch {
			case err != nil:
				t.Errorf("%s names %s, which does not exist", name, m[1])
			case m[2] != "" && !slices.Contains(anchors(document), m[2]):
				t.Errorf("%s names %s#%s, which has no such heading", name, m[1], m[2])
			case m[3] != "" && !slices.Contains(anchors(document), anchor(m[3])):
				t.Errorf("%s names %s, %q, which has no such heading", name, m[1], m[3])
			}
		}
	}))
}

// TestNamedSourcesExist checks every source file that a README names in backquotes. It is named from
// the repository's root, or by the end of its path below the README's folder; "*" is any text.
func TestNamedSourcesExist(t *testing.T) {
	t.Parallel()
	var sources []string
	readmes := map[string]string{}
	must(t, eachFile(func(name string) error {
		sources = append(sources, name)
		if path.Base(name) != "README.md" {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(repository, name))
		readmes[name] = string(text)
		return err
	}))
	for readme, text := range readmes {
		for _, m := range backquoted.FindAllStringSubmatch(text, -1) {
			if !sourceFile.MatchString(m[1]) {
				continue
			}
			pattern := regexp.QuoteMeta(path.Clean(m[1]))
			pattern = "(^|/)" + strings.ReplaceAll(pattern, `\*`, `[^/]*`) + "$"
			fits := regexp.MustCompile(pattern).MatchString
			if !slices.ContainsFunc(sources, func(name string) bool {
				below, inFolder := strings.CutPrefix(
					path.Join("/", name),
					strings.TrimSuffix(path.Join("/", path.Dir(readme)), "/"),
				)
				return inFolder && fits(below) || fits(name) && strings.Count(name, "/") == strings.Count(m[1], "/")
			}) {
				t.Errorf("%s names %s, which does not exist", readme, m[1])
			}
		}
	}
}

// eachText calls do with the name and text of every file in which people write comments or prose.
func eachText(do func(name, text string)) error {
	kinds := []string{".go", ".md", ".yml", ".yaml", ".ts", ".svelte", ".sql", ""}
	return eachFile(func(name string) error {
		if !slices.Contains(kinds, path.Ext(name)) || strings.HasPrefix(name, "migrations/0") { // never edited
			return nil
		}
		text, err := os.ReadFile(filepath.Join(repository, name))
		if err == nil {
			do(name, string(text))
		}
		return err
	})
}

// eachFile calls do with the name of every file that people wrote.
func eachFile(do func(name string) error) error {
	generated := []string{"node_modules", "dist", "bin", "data", "screenshots", ".git"}
	return fs.WalkDir(os.DirFS(repository), ".", func(name string, file fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case file.IsDir() && slices.Contains(generated, file.Name()):
			return fs.SkipDir
		case file.IsDir():
			return nil
		}
		return do(name)
	})
}

// anchors returns the anchors of a document's headings.
func anchors(document []byte) (all []string) {
	for line := range strings.Lines(string(document)) {
		if heading := strings.TrimLeft(line, "#"); heading != line {
			all = append(all, anchor(heading))
		}
	}
	return all
}

// anchor returns a heading as the end of a link: lower case, without marks, blanks as hyphens.
func anchor(heading string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == ' ':
			return '-'
		case c == '-' || c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c):
			return unicode.ToLower(c)
		}
		return -1
	}, strings.TrimSpace(heading))
}

// TestMapNamesEveryPackage compares the table under "The map" in README.md with the folders. The
// first name of a row is a path; a further one is a path, or a neighbour of the first.
func TestMapNamesEveryPackage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(repository, "README.md"))
	must(t, err)
	_, section, _ := strings.Cut(string(text), "\n## The map\n")
	section, _, _ = strings.Cut(section, "\n## ")
	named := map[string]bool{}
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		first := ""
		for _, m := range backquoted.FindAllStringSubmatch(cells[1], -1) {
			folder, err := mappedFolder(first, m[1])
			if err != nil {
				t.Error(err)
				continue
			}
			named[folder] = true
			if first == "" {
				first = folder
			}
		}
	}
	for name := range arrows {
		if !named[name] {
			t.Errorf(`the table under "The map" in README.md lacks %s`, name)
		}
	}
}

// mappedFolder finds the folder that a name in a row means.
func mappedFolder(first, name string) (string, error) {
	for _, folder := range []string{path.Join(path.Dir(first), name), name} {
		if first == "" {
			folder = name
		}
		if info, err := os.Stat(filepath.Join(repository, folder)); err == nil && info.IsDir() {
			return folder, nil
		}
	}
	return "", fmt.Errorf("the map in README.md names %s, which is no folder", name)
}
