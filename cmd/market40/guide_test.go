package main_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
)

// guideBlock is a fenced block of the operator's guide. The language of what is run has a second word:
// "sh run" needs no root, "sh serve" starts the server again, "sh root" is for .ci/operator-walk.
type guideBlock struct{ language, text string }

var fencedBlock = regexp.MustCompile("(?ms)^```(\\w[^\n]*)\n(.*?)^```$")

// readGuideBlocks returns the blocks of the guide in a language of people, en or vi.
func readGuideBlocks(t *testing.T, name string) (blocks []guideBlock) {
	t.Helper()
	text, err := os.ReadFile("guide/" + name + ".md")
	must(t, err)
	for _, m := range fencedBlock.FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, guideBlock{language: m[1], text: m[2]})
	}
	return blocks
}

// operator runs the guide's blocks, one after the other, as a person at a server would.
type operator struct {
	t        *testing.T
	dir      string
	places   *strings.Replacer // from the guide's folders and addresses to the test's
	programs string
	server   *program.Server
}

// TestGuideCommands runs the blocks of the guide in their order, on a PostgreSQL that requires
// passwords: roles, first admin, a bank, a backup, its restore, both proofs, another key.
func TestGuideCommands(t *testing.T) {
	t.Parallel()
	pg, dir, address := newScramServer(t, "of the superuser"), t.TempDir(), freeAddress(t)
	o := &operator{t: t, dir: dir, places: strings.NewReplacer(
		"/etc/market40", filepath.Join(dir, "etc"), "/root/", dir+"/",
		"127.0.0.1:5432", net.JoinHostPort(pg.host, pg.port), "127.0.0.1:8080", address,
		"runuser -u postgres -- psql",
		"env PGHOST="+pg.host+" PGPORT="+pg.port+" PGUSER=postgres 'PGPASSWORD="+pg.password+"' psql -d postgres",
	)}
	o.install()
	for _, b := range readGuideBlocks(t, "en") {
		switch b.language {
		case "sh run":
			o.run(b.text)
		case "sh serve":
			o.serve()
		}
	}
	health := o.run(`curl -fsS -H "Authorization: Bearer $KEY" $SERVER/api/v1/bank-connections/$ID`)
	if !regexp.MustCompile(`"last_received_at":\s*"20`).MatchString(health) {
		t.Errorf("the connection received nothing: %s", health)
	}
	if said := o.server.Log.String(); strings.Contains(said, "owner") {
		t.Errorf("the server, which cannot change the tables, says %s", said)
	}
	if _, err := o.try("market40-as app backup /root/second.backup"); err == nil {
		t.Error("the serving role may read everything, as the owner may")
	}
}

// install puts the package's files where the replaced paths lead.
func (o *operator) install() {
	o.t.Helper()
	o.programs = filepath.Join(o.dir, "bin") + ":" + programFolder(o.t)
	for _, folder := range []string{"bin", "etc"} {
		must(o.t, os.Mkdir(filepath.Join(o.dir, folder), 0o700))
	}
	for from, to := range map[string]string{"market40.env": "etc/market40.env", "market40-as": "bin/market40-as"} {
		text, err := os.ReadFile(filepath.Join("packaging", from))
		must(o.t, err)
		must(o.t, os.WriteFile(filepath.Join(o.dir, to), []byte(o.places.Replace(string(text))),
			0o700)) //nolint:gosec // a script
	}
}

// run runs a block that must succeed, and returns what it printed.
func (o *operator) run(block string) string {
	o.t.Helper()
	out, err := o.try(block)
	if err != nil {
		o.t.Fatalf("%v\n%s\n%s", err, block, out)
	}
	return out
}

// try runs a block as bash would in one session: what earlier blocks set is set. The keyboard types a
// password.
func (o *operator) try(block string) (string, error) {
	state := filepath.Join(o.dir, "state")
	cmd := exec.Command("bash", "-euo", "pipefail", "-c",
		"set -a; [ ! -e "+state+" ] || . "+state+"\n"+o.places.Replace(block)+"\nexport -p >"+state)
	cmd.Dir, cmd.Env = o.dir, o.env()
	cmd.Stdin = strings.NewReader("sáu con trâu trắng ở chợ\n")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (o *operator) env() []string {
	return []string{"PATH=" + o.programs + ":" + os.Getenv("PATH"), "HOME=" + o.dir, "LANG=C.UTF-8"}
}

// serve starts the server as its unit would, again if it runs.
func (o *operator) serve() {
	o.t.Helper()
	if o.server != nil {
		o.server.Stop()
	}
	cmd := exec.Command(filepath.Join(o.dir, "bin/market40-as"), "app", "serve")
	cmd.Dir, cmd.Env = o.dir, o.env()
	o.server = program.StartServer(o.t, cmd)
}

var (
	shellComment = regexp.MustCompile(`(?m)(^| )#.*$`)
	headingMarks = regexp.MustCompile(`(?m)^#+ `)
	guideAnchor  = regexp.MustCompile(`\]\(#([^)]*)\)`)
)

// TestGuidesAgree compares both languages: the same blocks in the same order, comments aside, the same
// headings, and links that lead to headings.
func TestGuidesAgree(t *testing.T) {
	t.Parallel()
	en, vi := readGuideBlocks(t, "en"), readGuideBlocks(t, "vi")
	for i := range min(len(en), len(vi)) {
		a, b := en[i], vi[i]
		if strings.HasPrefix(a.language, "sh") || a.language == "nginx" || a.language == "ini" {
			a.text, b.text = shellComment.ReplaceAllString(a.text, ""), shellComment.ReplaceAllString(b.text, "")
			a.text, b.text = strings.TrimRight(a.text, " \n"), strings.TrimRight(b.text, " \n")
		}
		if a.language != b.language ||
			strings.ReplaceAll(a.text, " \n", "\n") != strings.ReplaceAll(b.text, " \n", "\n") {
			t.Errorf("block %d:\n%s\n%s\nand in Vietnamese:\n%s\n%s", i+1, a.language, a.text, b.language, b.text)
		}
	}
	if len(en) != len(vi) {
		t.Errorf("%d blocks in English, %d in Vietnamese", len(en), len(vi))
	}
	levels := map[string]string{}
	for _, name := range []string{"en", "vi"} {
		text, err := os.ReadFile("guide/" + name + ".md")
		must(t, err)
		prose := fencedBlock.ReplaceAll(text, nil)
		levels[name] = strings.Join(headingMarks.FindAllString(string(prose), -1), "")
		there := map[string]bool{}
		for _, a := range anchors(prose) {
			there[a] = true
		}
		for _, m := range guideAnchor.FindAllStringSubmatch(string(prose), -1) {
			if !there[m[1]] {
				t.Errorf("the guide in %s has no heading #%s", name, m[1])
			}
		}
	}
	if levels["en"] != levels["vi"] {
		t.Errorf("headings: %q in English, %q in Vietnamese", levels["en"], levels["vi"])
	}
}
