package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// clientFrom is a client that calls from an address of its own: all of 127.0.0.0/8 is this machine.
func clientFrom(t *testing.T, address string, connections int) *http.Client {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: time.Minute}
	transport := &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: connections}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 2 * time.Minute}
}

// signInStatus gives the status of an attempt; 0: no answer.
func signInStatus(s *program.Server, c *http.Client, in object) int {
	raw, err := json.Marshal(in)
	must(s.T, err)
	res, err := c.Post(s.Address+"/api/v1/sessions", "application/json", bytes.NewReader(raw))
	// a client that took more than ten seconds to send is disconnected, and tries again
	for tries := 0; err != nil && tries < 3; tries++ {
		res, err = c.Post(s.Address+"/api/v1/sessions", "application/json", bytes.NewReader(raw))
	}
	if err != nil {
		s.T.Log(err)
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	if res.StatusCode == 503 || res.StatusCode == 429 {
		if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil || seconds < 1 {
			s.T.Errorf("%d without Retry-After", res.StatusCode)
		}
	}
	return res.StatusCode
}

// measureMemory is the most memory that a process ever had.
func measureMemory(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindStringSubmatch(string(raw))
	if found == nil {
		t.Fatalf("no VmHWM in %s", raw)
	}
	kilobytes, err := strconv.Atoi(found[1])
	must(t, err)
	return kilobytes >> 10
}

// TestTenThousandSignInsAtOnce: a flood on one login, half of it from one address, exhausts no
// memory, leaves few rows, and locks its user out neither while it lasts nor after it: seats may be
// taken, but no wrong guess of others counts. It runs alone: the flood would take the others' time.
func TestTenThousandSignInsAtOnce(t *testing.T) {
	database := dbtest.URL(t)
	env := []string{"DATABASE_URL=" + database, "SECRET_KEY=" + program.SecretKey(1)}
	create := program.Command(
		t,
		env,
		"users",
		"create",
		"--role",
		"admin",
		"--login",
		"lan",
		"--name",
		"Nguyễn Thị Lan",
	)
	create.Stdin = strings.NewReader("tôm hùm 9 con\n")
	printed, err := create.Output()
	must(t, err)
	codes := regexp.MustCompile(`\b[A-Z2-7]{16}\b`).FindAllString(string(printed), -1)
	if len(codes) < 10 {
		t.Fatalf("no recovery codes in %s", printed)
	}
	right := func(i int) object {
		return object{"login": "lan", "password": "tôm hùm 9 con", "code": codes[i]}
	}
	s := program.Serve(t, env)
	home := clientFrom(t, "127.0.0.2", 1)
	if status := signInStatus(s, home, right(0)); status != 201 {
		t.Fatalf("before the flood: %d", status)
	}
	const flood, one = 10_000, 5_000
	var mu sync.Mutex
	answers := map[int]int{}
	var wait sync.WaitGroup
	clients := []*http.Client{clientFrom(t, "127.0.0.3", one)}
	for i := range 50 {
		clients = append(clients, clientFrom(t, fmt.Sprintf("127.0.1.%d", i+1), flood/50))
	}
	for i := range flood {
		c := clients[0]
		if i >= one {
			c = clients[1+i%50]
		}
		wait.Go(func() {
			status := signInStatus(s, c, object{"login": "lan", "password": "a wrong password"})
			mu.Lock()
			answers[status]++
			mu.Unlock()
		})
	}
	for i := range 3 { // told to try again, or accepted; never an answer that there were too many attempts
		if status := signInStatus(s, home, right(1+i)); status != 201 && status != 503 {
			t.Errorf("during the flood the right user is answered %d", status)
		}
	}
	wait.Wait()
	if answers[0] > 0 || answers[401]+answers[429]+answers[503] != flood {
		t.Errorf("the flood is answered %v", answers)
	}
	if status := signInStatus(s, home, right(4)); status != 201 {
		t.Errorf("after the flood the right user is answered %d", status)
	}
	t.Logf("the flood is answered %v, with %d MB at most", answers, measureMemory(t, s.Cmd.Process.Pid))
	if mb := measureMemory(t, s.Cmd.Process.Pid); mb > 700 { // two hashes of 64 MiB, and 10,000 connections
		t.Errorf("the server took %d MB", mb)
	}
}
