package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// receiver is a real rsyslog on loopback that writes the structured data of what it parsed, a JSON
// object a line.
type receiver struct {
	t                   *testing.T
	dir, address, lines string
	cmd                 *exec.Cmd
}

func newReceiver(t *testing.T, overTLS bool) *receiver {
	t.Helper()
	r := &receiver{t: t, dir: t.TempDir(), address: freeAddress(t)}
	r.lines = filepath.Join(r.dir, "lines")
	_, port, err := net.SplitHostPort(r.address)
	must(t, err)
	secured, over := "", ""
	if overTLS {
		makeCertificate(t, r.dir)
		secured = fmt.Sprintf(
			`DefaultNetstreamDriverCAFile="%[1]s/ca.pem" DefaultNetstreamDriverCertFile="%[1]s/cert.pem" DefaultNetstreamDriverKeyFile="%[1]s/key.pem"`,
			r.dir,
		)
		over = `StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"`
	}
	must(t, os.WriteFile(filepath.Join(r.dir, "conf"), fmt.Appendf(nil, `global(workDirectory="%[1]s" %[2]s)
module(load="imtcp" %[3]s)
module(load="mmpstrucdata")
input(type="imtcp" port="%[4]s" address="127.0.0.1")
template(name="parsed" type="string" string="%%app-name%% %%msgid%% %%syslogfacility-text%% %%$!rfc5424-sd%% %%msg%%\n")
action(type="mmpstrucdata" sd_name.lowercase="on")
if $app-name == 'market40' then action(type="omfile" file="%[1]s/lines" template="parsed")
`, r.dir, secured, over, port), 0o600))
	r.start()
	return r
}

// makeCertificate writes a certificate for loopback that signs itself, and its key: ca.pem,
// cert.pem, key.pem.
func makeCertificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter:    time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	must(t, err)
	private, err := x509.MarshalECPrivateKey(key)
	must(t, err)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	must(t, os.WriteFile(filepath.Join(dir, "ca.pem"), certificate, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "cert.pem"), certificate, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{
		Type:  "EC PRIVATE KEY",
		Bytes: private,
	}), 0o600))
}

func (r *receiver) start() {
	r.t.Helper()
	daemon, err := exec.LookPath("rsyslogd")
	if err != nil {
		daemon = "/usr/sbin/rsyslogd" // where a user's PATH does not reach
	}
	r.cmd = exec.CommandContext(r.t.Context(), daemon, "-n", "-f", filepath.Join(r.dir, "conf"), "-i",
		filepath.Join(r.dir, "pid"))
	var said program.LockedBuffer
	r.cmd.Stderr = &said
	must(r.t, r.cmd.Start())
	r.t.Cleanup(r.stop)
	for end := time.Now().Add(program.Patience); time.Now().Before(end); {
		if conn, err := net.Dial("tcp", r.address); err == nil {
			_ = conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.t.Fatalf("rsyslog does not listen: %s", said.String())
}

func (r *receiver) stop() {
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	_ = r.cmd.Wait()
}

// parsed are the structured data that arrived, by id; doubles fall together.
func (r *receiver) parsed() map[string]object {
	r.t.Helper()
	text, _ := os.ReadFile(r.lines)
	found := map[string]object{}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
		rest, ours := strings.CutPrefix(line, "market40 audit audit ")
		if !ours && line != "" {
			r.t.Fatalf("arrived in another form: %q", line)
		}
		var data struct {
			Fields object `json:"market40@32473"`
		}
		if err := json.NewDecoder(strings.NewReader(rest)).Decode(&data); ours && err != nil {
			r.t.Fatalf("arrived unparsed: %q: %v", line, err)
		}
		if id := data.Fields.Text("id"); id != "" {
			found[id] = data.Fields
		}
	}
	return found
}

// wantAll waits until every line of the trail has arrived, and gives what did.
func (r *receiver) wantAll(s *program.Server, auditor string) map[string]object {
	r.t.Helper()
	var missing []any
	for end := time.Now().Add(program.Patience); time.Now().Before(end); {
		missing = nil
		found := r.parsed()
		for _, item := range s.CallAs(auditor, "GET", "/api/v1/audit?limit=200", nil, 200).Items() {
			if line := object(item.(map[string]any)); found[line.Text("id")] == nil &&
				line.Text("outcome") != "under_way" {
				missing = append(missing, line)
			}
		}
		if len(missing) == 0 {
			return found
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.t.Fatalf("%d lines never arrived, the first: %v", len(missing), missing[0])
	return nil
}

// TestTheTrailReachesRsyslog stops the receiver, and then the server, between lines: none is lost,
// and what is hostile in a path stays in its field.
func TestTheTrailReachesRsyslog(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"tcp", "tls"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t, scheme == "tls")
			env := []string{
				"DATABASE_URL=" + dbtest.URL(t),
				"SECRET_KEY=" + program.SecretKey(1),
				"AUDIT_SYSLOG=" + scheme +
					"://" + r.address,
			}
			if scheme == "tls" {
				env = append(env, "AUDIT_SYSLOG_CA="+filepath.Join(r.dir, "ca.pem"))
			}
			admin := "Bearer " + strings.TrimSpace(
				program.Want(t, 0, env, "apikeys", "create", "--role", "admin", "--name",
					"a").Out,
			)
			s := program.Serve(t, env)
			act := func(n int) {
				for i := range n {
					s.CallAs(admin, "DELETE", fmt.Sprintf("/api/v1/sessions/%d-%s", i, hostile), nil, 404)
				}
			}
			act(5)
			r.wantAll(s, admin)
			r.stop()
			act(20)
			r.start()
			r.wantAll(s, admin)
			s.Stop()
			s = program.Serve(t, env)
			act(5)
			found := r.wantAll(s, admin)
			if len(found) != 31 {
				t.Errorf("%d lines arrived, want 30 and that of the command", len(found))
			}
			asked, err := url.Parse("/" + hostile)
			must(t, err)
			for id, fields := range found {
				if fields.Text("method") == "COMMAND" {
					continue
				}
				if !strings.HasSuffix(fields.Text("object"), strings.TrimPrefix(asked.EscapedPath(), "/")) ||
					fields.Text("outcome") != "refused" || fields.Text("status") != "404" {
					t.Errorf("%s arrived as %v", id, fields)
				}
			}
		})
	}
}

// hostile ends a message of syslog, of CEF and of JSON, where it is believed.
const hostile = `%22%5D%0A3C13%3E1%20-%20-%20su%20-%20-%20-%20root|=]"%5C`

func TestAuditExport(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	admin := "Bearer " + strings.TrimSpace(
		program.Want(t, 0, env, "apikeys", "create", "--role", "admin", "--name", "a").Out,
	)
	s := program.Serve(t, env)
	for range 3 {
		s.CallAs(admin, "POST", "/api/v1/petitions", object{"name": "x"}, 404)
		s.CallAs(admin, "DELETE", "/api/v1/sessions/"+hostile, nil, 404)
	}
	lines := strings.Split(
		strings.TrimSuffix(program.Want(t, 0, env, "audit", "export", "--format", "ecs").Out, "\n"),
		"\n",
	)
	if len(lines) != 4 || !strings.Contains(lines[0], "COMMAND market40 apikeys create") {
		t.Fatalf("%d lines: %v", len(lines), lines)
	}
	for _, line := range lines[1:] {
		var o struct {
			At    time.Time `json:"@timestamp"`
			Event struct{ ID, Outcome, Action string }
			URL   struct{ Path string }
			HTTP  struct {
				Response struct {
					StatusCode int `json:"status_code"`
				}
			}
		}
		must(t, json.Unmarshal([]byte(line), &o))
		if o.At.IsZero() || o.Event.ID == "" || o.Event.Outcome != "failure" || o.HTTP.Response.StatusCode != 404 ||
			!strings.HasPrefix(o.URL.Path, "/api/v1/sessions/") {
			t.Errorf("%s", line)
		}
	}
	if cef := strings.Split(program.Want(t, 0, env, "audit", "export", "--format", "cef", "--from", "2026-01-01").Out,
		"\n"); len(cef) != 5 || !strings.HasPrefix(cef[0], "CEF:0|market40|market40|") {
		t.Errorf("%q", cef)
	}
	if none := program.Want(t, 0, env, "audit", "export", "--to", "2026-01-01").Out; none != "" {
		t.Errorf("before the first line: %q", none)
	}
	program.Want(t, 2, env, "audit", "export", "--format", "xml")
	program.Want(t, 2, env, "audit", "export", "--from", "yesterday")
	program.Want(t, 2, append(env, "AUDIT_SYSLOG=udp://x:514"), "audit", "verify")
	program.Want(t, 2, append(env, "AUDIT_SYSLOG=tls://x:6514", "AUDIT_SYSLOG_CA=/nowhere"), "audit", "verify")
}
