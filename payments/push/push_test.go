package push_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/payments/push"
)

// service is a browser's push service. It counts messages and answers with a status.
type service struct {
	*httptest.Server
	status, messages atomic.Int32
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{}
	s.status.Store(http.StatusCreated)
	s.Server = httptest.NewServer(http.HandlerFunc(func(res http.ResponseWriter, req *http.Request) {
		if req.Header.Get("TTL") != "120" || req.Header.Get("Content-Encoding") != "aes128gcm" {
			t.Errorf("a message has TTL %s, %s", req.Header.Get("TTL"), req.Header.Get("Content-Encoding"))
		}
		s.messages.Add(1)
		res.WriteHeader(int(s.status.Load()))
	}))
	t.Cleanup(s.Close)
	return s
}

// newPhone returns the subscription of a new phone at an address.
func newPhone(t testing.TB, endpoint string) (s push.Subscription) {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	must(t, err)
	secret := make([]byte, 16)
	_, err = rand.Read(secret)
	must(t, err)
	s.Endpoint = endpoint
	s.Keys.P256dh = base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())
	s.Keys.Auth = base64.RawURLEncoding.EncodeToString(secret)
	return s
}

// scene is a stall with a merchant who is signed in, and a notifier with a movable clock.
type scene struct {
	*world
	service           *service
	notifier          *push.Notifier
	owner             roles.Principal
	stall, memo, bank string
	now               time.Time
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{world: newWorld(t), service: newService(t), now: time.Now()}
	s.bank = s.SePay(nil)
	s.stall, s.memo = s.Stall(s.Market, "A1", "970422", "1111111")
	s.OpenBrowser().SignInByPhone(s.Call(s.Admin, "GET", "/api/v1/stalls/"+s.stall, nil, 200).Text("merchant.phone"), 1)
	var session, user, merchant uuid.UUID
	must(t, s.DB.Pool.QueryRow(t.Context(), `SELECT e.id, e.user_id, t.merchant_id FROM sessions e, tenancies t
		WHERE e.ended_at IS NULL ORDER BY e.created_at DESC LIMIT 1`).Scan(&session, &user, &merchant))
	s.owner = roles.Principal{
		ActorID: user, SessionID: &session, Role: roles.Merchant, ScopeKind: roles.ScopeMerchant,
		ScopeID: &merchant, MerchantID: &merchant,
	}
	var err error
	s.notifier, err = push.New(push.Parts{
		DB: s.DB, Keys: s.Keys, Payments: s.Payments.Payments, Now: func() time.Time { return s.now },
		Hosts: []string{"127.0.0.1"}, Client: s.service.Client(), PublicURL: "https://cho.example.vn",
	})
	must(t, err)
	return s
}

func (s *scene) subscribe(endpoint string) error {
	_, err := s.notifier.Subscribe(s.T.Context(), s.owner, s.stall, newPhone(s.T, endpoint))
	return err
}

// pay pays the stall and runs the job after a pause.
func (s *scene) pay(id int, pause time.Duration) {
	s.T.Helper()
	s.Accept(s.bank, transfer{ID: id, Account: "1111111", Memo: s.memo, Amount: 45000})
	s.run(pause)
}

func (s *scene) run(pause time.Duration) {
	s.T.Helper()
	s.now = s.now.Add(pause)
	must(s.T, s.notifier.Job().Do(s.T.Context()))
}

// want checks how many messages were sent, and how many subscriptions exist.
func (s *scene) want(messages, subscriptions int) {
	s.T.Helper()
	var found int
	must(s.T, s.DB.Pool.QueryRow(s.T.Context(), `SELECT count(*) FROM push_subscriptions`).Scan(&found))
	if sent := int(s.service.messages.Load()); sent != messages || found != subscriptions {
		s.T.Errorf("%d messages to %d subscriptions, want %d and %d", sent, found, messages, subscriptions)
	}
}

// TestOneMessageForAllPayments sends one message for all payments since the last one.
func TestOneMessageForAllPayments(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.Accept(s.bank, transfer{ID: 1, Account: "1111111", Memo: s.memo, Amount: 1000}) // before the subscription
	for range 2 {                                                                     // the same phone again
		must(t, s.subscribe(s.service.URL+"/1"))
	}
	s.run(time.Second)
	s.want(0, 1)
	s.Accept(s.bank, transfer{ID: 2, Account: "1111111", Memo: s.memo, Amount: 2000})
	s.pay(3, time.Second)
	s.want(1, 1)
	s.run(time.Minute)
	s.want(1, 1)
}

// TestFailures retries with a growing pause, and drops the subscription after twelve failures.
func TestFailures(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	must(t, s.subscribe(s.service.URL+"/1"))
	s.service.status.Store(http.StatusServiceUnavailable)
	s.pay(1, 0)
	s.run(time.Second) // the pause is two seconds
	s.want(1, 1)
	for n := range 11 {
		s.run(time.Hour)
		s.want(2+n, 1)
	}
	s.run(time.Hour)
	s.want(12, 0)
}

// TestEndedSubscription drops a subscription that the push service has ended (410).
func TestEndedSubscription(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	must(t, s.subscribe(s.service.URL+"/1"))
	s.service.status.Store(http.StatusGone)
	s.pay(1, time.Second)
	s.want(1, 0)
}

// TestEndedSession sends nothing after the merchant has signed out.
func TestEndedSession(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	must(t, s.subscribe(s.service.URL+"/1"))
	s.Exec(`UPDATE sessions SET ended_at = now()`)
	s.pay(1, time.Second)
	s.want(0, 0)
}

// TestSubscribeRefuses refuses unknown push services, wrong keys, programs and too many phones.
func TestSubscribeRefuses(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	wrong := newPhone(t, s.service.URL+"/1")
	wrong.Keys.P256dh = "AAAA"
	for _, c := range []struct {
		in   push.Subscription
		code string
	}{
		{newPhone(t, "https://evil.example/send"), "unknown_push_service"},
		{newPhone(t, "ftp://127.0.0.1/send"), "unknown_push_service"},
		{newPhone(t, "https://user@127.0.0.1/send"), "unknown_push_service"},
		{wrong, "key_form"},
	} {
		_, err := s.notifier.Subscribe(t.Context(), s.owner, s.stall, c.in)
		var refusal *problem.Error
		if !errors.As(err, &refusal) || len(refusal.Fields) != 1 || refusal.Fields[0].Code != c.code {
			t.Errorf("%s is answered %v, want %s", c.in.Endpoint, err, c.code)
		}
	}
	program := s.owner
	program.SessionID = nil
	if _, err := s.notifier.Subscribe(t.Context(), program, s.stall, newPhone(t, s.service.URL+"/1")); err == nil {
		t.Error("a program subscribed")
	}
	for n := range 20 {
		must(t, s.subscribe(s.service.URL+"/"+string(rune('a'+n))))
	}
	if s.subscribe(s.service.URL+"/z") == nil {
		t.Error("a 21st phone subscribed")
	}
	s.want(0, 20)
}
