package main_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"market40/frontend/apptest/program"
)

// readDocumentedBlock returns the first block of the guide in a language.
func readDocumentedBlock(t *testing.T, language string) string {
	t.Helper()
	for _, b := range readGuideBlocks(t, "en") {
		if b.language == language {
			return b.text
		}
	}
	t.Fatalf("the guide has no %s block", language)
	return ""
}

// programFolder returns the folder that holds the program as market40.
func programFolder(t *testing.T) string {
	t.Helper()
	return filepath.Dir(program.Command(t, nil).Path)
}

// scramServer is a PostgreSQL on loopback that requires a password of every caller, as a fresh one
// does.
type scramServer struct{ host, port, password string }

func newScramServer(t *testing.T, password string) scramServer {
	t.Helper()
	dir, err := os.MkdirTemp("", "m40-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	host, port, err := net.SplitHostPort(freeAddress(t))
	must(t, err)
	s := scramServer{host, port, password}
	must(t, os.WriteFile(filepath.Join(dir, "password"), []byte(s.password),
		0o644)) //nolint:gosec // of a server that lives as long as the test
	data, as := filepath.Join(dir, "data"), databaseUser(t, dir)
	initdb := exec.Command(postgresProgram(t, "initdb"), "-D", data, "-U", "postgres", "--auth=scram-sha-256",
		"--pwfile="+filepath.Join(dir, "password"), "--no-sync", "--locale=C.UTF-8")
	initdb.SysProcAttr = as
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	server := exec.Command(postgresProgram(t, "postgres"), "-D", data, "-c", "listen_addresses="+host, "-c", "port="+
		port, "-c", "unix_socket_directories=", "-c", "fsync=off")
	server.SysProcAttr = as
	must(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGINT)
		_ = server.Wait()
	})
	waitForPort(t, net.JoinHostPort(host, port))
	return s
}

// databaseUser is whom PostgreSQL runs as: it refuses root. The folder is given to that user.
func databaseUser(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	}
	found, err := user.Lookup("postgres")
	must(t, err)
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	must(t, err)
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	must(t, err)
	must(t, os.Chown(dir, int(uid), int(gid)))
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(found) > 0 {
		return found[len(found)-1]
	}
	path, err := exec.LookPath(name)
	must(t, err)
	return path
}

// waitForPort returns when somebody listens.
func waitForPort(t *testing.T, address string) {
	t.Helper()
	for end := time.Now().Add(program.Patience); time.Now().Before(end); {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			time.Sleep(50 * time.Millisecond) // it listens a moment before it answers
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("nothing listens on %s", address)
}

// runScript runs a script of the documentation in a folder.
func runScript(t *testing.T, dir string, env []string, script string) {
	t.Helper()
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "DATABASE_URL=", "SECRET_KEY="), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out)
	}
}

// TestDocumentedNginx starts the guide's nginx block on free ports before a running server.
func TestDocumentedNginx(t *testing.T) {
	t.Parallel()
	nginx, err := exec.LookPath("nginx")
	for _, path := range []string{"/usr/sbin/nginx", "../../bin/nginx"} {
		if _, found := os.Stat(path); err != nil && found == nil {
			nginx, err = path, nil
		}
	}
	must(t, err)
	nginx, err = filepath.Abs(nginx)
	must(t, err)
	dir, secured, plain := t.TempDir(), freeAddress(t), freeAddress(t)
	s := program.Serve(
		t,
		[]string{"DATA_DIR=" + dataDir(t), "PUBLIC_URL=https://" + secured, "TRUSTED_PROXIES=127.0.0.1"},
	)
	makeCertificate(t, dir)
	config := strings.NewReplacer(
		"listen 443", "listen "+secured, "listen 80;", "listen "+plain+";", "http://127.0.0.1:8080", s.Address,
		"/etc/ssl/cho.example.vn.pem", filepath.Join(dir, "cert.pem"), "/etc/ssl/cho.example.vn.key",
		filepath.Join(dir, "key.pem"),
	).Replace(readDocumentedBlock(t, "nginx"))
	whole := "daemon off; pid " + dir + "/pid; error_log stderr; events {}\nhttp { access_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		whole += kind + "_temp_path " + filepath.Join(dir, kind) + ";\n"
	}
	must(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(whole+config+"}\n"), 0o600))
	var said bytes.Buffer
	cmd := exec.Command(nginx, "-e", "stderr", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"))
	cmd.Stderr = &said
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); <-ended })
	client := &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			ForceAttemptHTTP2: true,
		}, //nolint:gosec // its own certificate
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var res *http.Response
	for end := time.Now().Add(program.Patience); time.Now().Before(end); {
		select {
		case <-ended:
			t.Fatalf("nginx does not start: %s", said.String())
		default:
		}
		if res, err = client.Get("https://" + secured + "/stall/"); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	must(t, err)
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != 200 || res.ProtoMajor != 2 || !bytes.Contains(body, []byte("<html")) {
		t.Errorf("/stall/ through nginx: %s %s", res.Proto, res.Status)
	}
	for url, want := range map[string]int{
		"https://" + secured + "/metrics": 404, "http://" + plain + "/stall/": 301,
		"https://" + secured + "/readyz": 200,
	} {
		res, err := client.Get(url)
		must(t, err)
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", url, res.StatusCode, want)
		}
	}
}
