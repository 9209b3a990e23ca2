package main_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"market40/frontend/apptest/program"
	"market40/merchants/platform/bizday"
)

// dialServer opens a connection to a server and writes the beginning of a request.
func dialServer(s *program.Server, beginning string) net.Conn {
	s.T.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.Address, "http://"), time.Minute)
	must(s.T, err)
	s.T.Cleanup(func() { _ = conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(
		4 << 10) //nolint:forcetypeassert // it reads nothing, and little waits for it
	_ = conn.SetWriteDeadline(time.Now().Add(5 * time.Second)) // the server may have hung up
	_, _ = io.WriteString(conn, beginning)
	return conn
}

// createWebhook returns the path of the only connection.
func createWebhook(s *program.Server, key string) string {
	s.T.Helper()
	made, _ := s.CallAs(key, "GET", "/api/v1/bank-connections", nil, 200).Items()[0].(map[string]any)
	return object(made).Text("webhook_path")
}

// createAuditorKey makes a key that reads.
func createAuditorKey(t *testing.T, env []string) string {
	t.Helper()
	return "Bearer " + strings.TrimSpace(program.Want(t, 0, env, "apikeys", "create", "--name", "reader", "--role",
		"auditor").Out)
}

// residentMegabytes returns the memory that a process has now.
func residentMegabytes(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	kilobytes, err := strconv.Atoi(regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindStringSubmatch(string(raw))[1])
	must(t, err)
	return kilobytes >> 10
}

const (
	// maxResident is the memory that a server may have whatever strangers send, in megabytes.
	maxResident = 250
	// unfinishedBodies is how many bodies that do not end are sent to each of four routes.
	unfinishedBodies = 250
)

// TestUnfinishedBodiesTakeLittleMemory sends bodies that do not end: of strangers, to routes for
// everybody and to others, and to a webhook. They take little memory and keep no notice out.
func TestUnfinishedBodiesTakeLittleMemory(t *testing.T) {
	t.Parallel()
	env := []string{"DATA_DIR=" + dataDir(t)}
	s := program.Serve(t, env)
	stall := registerPaidStall(t, s, env)
	key := program.AdminKey(t, env)
	hook := createWebhook(s, key)
	part := strings.Repeat(" ", 250<<10)
	var wait sync.WaitGroup
	for path, size := range map[string]int{
		"/api/v1/codes/verify": 1<<20 - 100, "/api/v1/sessions": 1<<20 - 100,
		"/api/v1/markets": 1<<20 - 100, hook: 255 << 10,
	} {
		request := fmt.Sprintf(
			"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Apikey none\r\nContent-Length: %d\r\n\r\n%s",
			path,
			size,
			part,
		)
		for range unfinishedBodies {
			wait.Go(func() { dialServer(s, request) })
		}
	}
	wait.Wait()
	payByWebhook(s, hook, 2)
	mb := residentMegabytes(t, s.Cmd.Process.Pid)
	t.Logf("%d unfinished bodies: %d MB", 4*unfinishedBodies, mb)
	if mb > maxResident {
		t.Errorf("%d unfinished bodies take %d MB", 4*unfinishedBodies, mb)
	}
	if got := paidAmounts(s, key, stall); len(got) != 2 {
		t.Errorf("the stall was paid %v", got)
	}
}

// payByWebhook reports a transfer to the stall that register makes.
func payByWebhook(s *program.Server, hook string, id int) {
	s.T.Helper()
	s.CallAs(program.SepayKey, "POST", hook, object{
		"id": id, "gateway": "MBBank", "transactionDate": time.Now().In(bizday.Vietnam).Format(
			time.DateTime), "accountNumber": "0123456789",
		"code": nil, "content": "tra tien", "transferType": "in", "transferAmount": 1000, "accumulated": 0,
		"subAccount":    nil,
		"referenceCode": fmt.Sprintf("FT%014d", id), "description": "",
	}, 200)
}

// TestStopsWhateverReads ends a server while readers do not read, senders do not end, and
// files are unfinished.
func TestStopsWhateverReads(t *testing.T) {
	t.Parallel()
	env := []string{"DATA_DIR=" + dataDir(t)}
	s := program.Serve(t, env)
	stall := registerPaidStall(t, s, env)
	for range 6 { // a key has eight streams
		key := createAuditorKey(t, env)
		for range 8 {
			dialServer(s, "GET /api/v1/stalls/"+stall+
				"/payments/stream HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 0\r\nAuthorization: "+key+"\r\n\r\n")
		}
		for range 4 {
			dialServer(
				s,
				"POST /api/v1/markets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: "+
					key+"\r\nContent-Length: 1000\r\n\r\n{",
			)
		}
		dialServer(s, "GET /api/v1/reports/adoption.xlsx HTTP/1.1\r\nHost: x\r\nAuthorization: "+key+"\r\n\r\n")
	}
	for range 300 { // more than the buffers of a connection hold, and nothing of it is read
		dialServer(s, strings.Repeat("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n", 8))
	}
	began := time.Now()
	if code := s.Stop(); code != 0 {
		t.Errorf("the server ended with %d: %s", code, s.Log.String())
	}
	took := time.Since(began).Round(time.Millisecond)
	t.Logf("the server ended after %v", took)
	if took > program.Patience { // 5 s on a machine that does nothing else; forever, if it waits for who reads
		t.Errorf("the server ended after %v", took)
	}
	program.Want(t, 0, env, "ledger", "verify")
}

// TestReadersLeaveThePaymentsTheirTime sends payments with and without 48 readers of one key, in
// turns. Before callers were limited, a payment took thousands of times as long beside them.
func TestReadersLeaveThePaymentsTheirTime(t *testing.T) {
	t.Parallel()
	env := []string{"DATA_DIR=" + dataDir(t)}
	s := program.Serve(t, env)
	stall := registerPaidStall(t, s, env)
	admin := program.AdminKey(t, env)
	hook := createWebhook(s, admin)
	serial := 1000
	median := func(n int) time.Duration {
		var took []time.Duration
		for range n {
			serial++
			began := time.Now()
			payByWebhook(s, hook, serial)
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	median(200)
	for _, path := range []string{"/api/v1/stalls/" + stall + "/payments?limit=200", "/api/v1/stalls/" + stall +
		"/payments/stream", "/api/v1/reports/adoption.xlsx"} {
		reader := createAuditorKey(t, env)
		var ratio float64
		for range 3 { // the machine may be busy with something else at any moment
			alone := median(60)
			over := startReaders(s, 48, path, reader)
			beside := median(60)
			over()
			if ratio = float64(beside) / float64(alone); ratio < 4 {
				break
			}
		}
		t.Logf("%s: a payment takes %.1f times as long", path, ratio)
		if ratio > 20 {
			t.Errorf("beside 48 readers of %s a payment takes %.1f times as long", path, ratio)
		}
	}
}

// startReaders lets a number of clients of one key read a path again and again until the returned
// function is called.
func startReaders(s *program.Server, n int, path, key string) (over func()) {
	s.T.Helper()
	ended := make(chan struct{})
	var reading sync.WaitGroup
	client := &http.Client{Timeout: 3 * time.Second}
	for range n {
		reading.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
				}
				req, err := http.NewRequestWithContext(s.T.Context(), http.MethodGet, s.Address+path, nil)
				if err != nil {
					s.T.Error(err)
					return
				}
				req.Header.Set("Authorization", key)
				req.Header.Set("Last-Event-ID", "0")
				if res, err := client.Do(req); err == nil {
					_, _ = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
				}
			}
		})
	}
	return func() {
		close(ended)
		reading.Wait()
	}
}
