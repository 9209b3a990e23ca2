package soundbox_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"market40/merchants"
	"market40/merchants/access/signin"
	"market40/merchants/access/trail"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/payments/paymentstest"
	"market40/payments/soundbox"
)

// world is a program with its own database, real HTTP and a real broker; the boxes' clock may be
// moved.
type world struct {
	t             *testing.T
	db            *database.DB
	server        *httptest.Server
	boxes         *soundbox.Soundboxes
	keys          *signin.APIKeys
	people        *signin.People
	mqtt          string
	admin, market string
	hook          string
	ahead         atomic.Int64 // nanoseconds
	told          int
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: dbtest.New(t)}
	keys, err := seal.Open(t.Context(), w.db.Pool, [seal.KeySize]byte{1}, time.Now)
	must(t, err)
	w.keys, w.people = signin.NewAPIKeys(w.db, time.Now), signin.NewPeople(w.db, keys, time.Now)
	paid := paymentstest.NewParts(w.db, keys, time.Now)
	w.boxes = soundbox.New(w.db, keys, paid.Intake.Feed(),
		func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) })
	e := web.New(web.Parts{
		DB: w.db, Keys: keys, Gate: signin.Gate{Keys: w.keys, People: w.people},
		Trail: trail.NewTrail(w.db, keys, time.Now), Now: time.Now, Version: "test",
	})
	merchants.New(w.db, keys, time.Now).Routes(e)
	paid.Routes(e)
	w.boxes.Routes(e)
	paid.Start(context.WithoutCancel(t.Context()))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w.mqtt = listener.Addr().String()
	must(t, w.boxes.Serve(context.WithoutCancel(t.Context()), listener, nil))
	w.server = httptest.NewServer(e.Engine)
	t.Cleanup(func() {
		w.boxes.Stop()
		paid.Stop()
		w.server.Close()
	})
	w.admin = w.key("admin", "")
	w.market = w.call(w.admin, "POST", "/api/v1/markets", object{
		"code": "CHODAM", "name": "Chợ Đầm", "class": 1,
		"kind": "dan_sinh", "commune_code": "22366",
	}, 201).text("id")
	w.hook = w.call(w.admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "SePay",
		"secrets": object{"api_key": "sepay-test-key"},
	}, 201).text("webhook_path")
	return w
}

func (w *world) key(role, scope string) string {
	w.t.Helper()
	key, err := w.keys.Create(w.t.Context(), signin.Order{Name: w.t.Name(), Role: role, Scope: scope})
	must(w.t, err)
	return "Bearer " + key
}

type object map[string]any

func (o object) text(path string) string {
	var at any = map[string]any(o)
	for name := range strings.SplitSeq(path, ".") {
		m, _ := at.(map[string]any)
		at = m[name]
	}
	text, _ := at.(string)
	return text
}

func (o object) items() (items []object) {
	list, _ := o["items"].([]any)
	for _, item := range list {
		items = append(items, item.(map[string]any))
	}
	return items
}

// session stands before a session's token where a key would stand.
const session = "session:"

// person signs in an admin, who has proved who they are just now.
func (w *world) person() string {
	w.t.Helper()
	const password = "tôm hùm 9 con"
	login := fmt.Sprint("person-", uuid.New())
	made, err := w.people.Create(w.t.Context(), signin.UserOrder{
		Login: login, FullName: login, Role: "admin",
		Scopes: []signin.ScopeOrder{{}}, Password: password,
	})
	must(w.t, err)
	code, err := totp.GenerateCode(made.Secret, time.Now())
	must(w.t, err)
	token, _, err := w.people.SignIn(w.t.Context(), signin.Attempt{
		Login: login, Password: password, Code: code,
		Address: "127.0.0.1",
	})
	must(w.t, err)
	return session + token
}

func (w *world) call(key, method, path string, body any, want int) object {
	w.t.Helper()
	raw, err := json.Marshal(body)
	must(w.t, err)
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, bytes.NewReader(raw))
	must(w.t, err)
	req.Header.Set("Content-Type", "application/json")
	if token, signedIn := strings.CutPrefix(key, session); signedIn {
		req.AddCookie(&http.Cookie{Name: signin.Cookie, Value: token})
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	} else {
		req.Header.Set("Authorization", key)
	}
	res, err := http.DefaultClient.Do(req)
	must(w.t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	must(w.t, err)
	if res.StatusCode != want {
		w.t.Fatalf("%s %s answered %d, want %d: %s", method, path, res.StatusCode, want, answer)
	}
	o := object{}
	if len(answer) > 0 {
		must(w.t, json.Unmarshal(answer, &o))
	}
	return o
}

// stall is a stall with its owner.
type stall struct {
	*world
	id, code, account, owner string
}

func (w *world) stall(number, account string) *stall {
	w.t.Helper()
	made := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{
		"number": number, "kind": "stall", "goods_group": "hai_san", "merchant": object{"full_name": "Người bán " +
			number, "phone": "0905" + account[:6]},
		"account": object{
			"bank_bin": "970422", "account_number": account, "holder_name": "NGUOI BAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	s := &stall{world: w, id: made.text("id"), code: made.text("code.code"), account: account}
	s.owner = w.key("merchant", "stall:"+s.id)
	return s
}

// pay lets the bank tell of a transfer with a memo.
func (s *stall) pay(memo string, amount int) {
	s.t.Helper()
	s.told++
	s.call("Apikey sepay-test-key", "POST", s.hook, object{
		"id": s.told, "gateway": "MBBank", "transactionDate": time.Now().In(bizday.Vietnam).Format(
			time.DateTime), "accountNumber": s.account,
		"code": nil, "content": memo, "transferType": "in", "transferAmount": amount, "accumulated": 0,
		"subAccount":    nil,
		"referenceCode": fmt.Sprintf("FT26325%09d", s.told), "description": "",
	}, 200)
}

// pair enters a code.
func (s *stall) pair(code string, want int) object {
	s.t.Helper()
	return s.call(s.owner, "POST", "/api/v1/stalls/"+s.id+"/soundboxes", object{"code": code, "name": "Loa"}, want)
}

// device is an MQTT client that claims to be a box.
type device struct {
	*world
	id     uuid.UUID
	key    []byte
	client *paho.Client
	came   chan *paho.Publish
	cut    chan byte // why the server hung up; 0: it did not say
}

func (w *world) device() *device {
	return &device{world: w, id: uuid.New(), key: soundbox.NewKey()}
}

// connect opens a line and is the server's answer: 0 is welcome.
func (d *device) connect() byte {
	d.t.Helper()
	return d.connectAs(&paho.Connect{
		ClientID: d.id.String(), Username: d.id.String(),
		Password: []byte(soundbox.Password(d.key)),
	})
}

func (d *device) connectAs(c *paho.Connect) byte {
	d.t.Helper()
	conn, err := net.Dial("tcp", d.mqtt)
	must(d.t, err)
	d.t.Cleanup(func() { _ = conn.Close() })
	came, cut := make(chan *paho.Publish, 500), make(chan byte, 10)
	d.came, d.cut = came, cut
	d.client = paho.NewClient(paho.ClientConfig{
		Conn: conn,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool,
			error,
		) {
			came <- p.Packet
			return true, nil
		}},
		OnServerDisconnect: func(p *paho.Disconnect) { cut <- p.ReasonCode },
		OnClientError:      func(error) { cut <- 0 },
	})
	c.CleanStart, c.KeepAlive, c.UsernameFlag, c.PasswordFlag = true, 20, true, true
	answer, err := d.client.Connect(d.t.Context(), c)
	if answer == nil {
		d.t.Fatalf("connect: %v", err)
	}
	return answer.ReasonCode
}

// receive asks for a topic and is the server's answer.
func (d *device) receive(topic string) byte {
	d.t.Helper()
	granted, err := d.client.Subscribe(d.t.Context(),
		&paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: topic}}})
	if granted == nil {
		d.t.Fatalf("subscribe to %s: %v", topic, err)
	}
	return granted.Reasons[0]
}

func (d *device) publish(topic string, payload []byte) {
	d.t.Helper()
	_, err := d.client.Publish(d.t.Context(), &paho.Publish{Topic: topic, Payload: payload})
	must(d.t, err)
}

// sign says something as a box does.
func (d *device) sign(name string, message any) {
	d.t.Helper()
	topic := soundbox.Topic(d.id, name)
	payload, err := soundbox.Sign(d.key, topic, message)
	must(d.t, err)
	d.publish(topic, payload)
}

// patience is how long anything may take on a busy machine.
const patience = time.Minute

// next is the next thing that the device is told.
func (d *device) next(name string, message any) {
	d.t.Helper()
	select {
	case p := <-d.came:
		if p.Topic != soundbox.Topic(d.id, name) {
			d.t.Fatalf("it is told of %s", p.Topic)
		}
		must(d.t, soundbox.Open(d.key, p.Topic, p.Payload, message))
	case why := <-d.cut:
		d.t.Fatalf("the server hung up (0x%02x)", why)
	case <-time.After(patience):
		d.t.Fatal("it is told nothing")
	}
}

// silent wants nothing to be told for a while.
func (d *device) silent() {
	d.t.Helper()
	select {
	case p := <-d.came:
		d.t.Errorf("it is told %s", p.Payload)
	case <-time.After(700 * time.Millisecond):
	}
}

// hungUp wants the server to hang up for a reason.
func (d *device) hungUp(why byte) {
	d.t.Helper()
	select {
	case got := <-d.cut:
		if got != why {
			d.t.Errorf("the server hung up by 0x%02x, want 0x%02x", got, why)
		}
	case <-time.After(patience):
		d.t.Errorf("the server did not hang up (0x%02x)", why)
	}
}

// code asks for a code, as a new box.
func (d *device) code() string {
	d.t.Helper()
	if why := d.connect(); why != 0 {
		d.t.Fatalf("a new box is refused: 0x%02x", why)
	}
	if why := d.receive(soundbox.Topic(d.id, soundbox.Pairing)); why != 0 {
		d.t.Fatalf("a new box hears nothing: 0x%02x", why)
	}
	return d.another()
}

// another asks for another code on the same line.
func (d *device) another() string {
	d.t.Helper()
	raw, err := json.Marshal(soundbox.Request{Key: base64.RawURLEncoding.EncodeToString(d.key)})
	must(d.t, err)
	d.publish(soundbox.Topic(d.id, soundbox.Ask), raw)
	var told soundbox.Code
	d.next(soundbox.Pairing, &told)
	return told.Code
}

// paired is a device of a stall, on a new line of its own.
func (s *stall) paired() *device {
	s.t.Helper()
	d := s.device()
	s.pair(d.code(), 201)
	var told soundbox.Code
	if d.next(soundbox.Pairing, &told); !told.Paired {
		s.t.Fatalf("it is told %+v", told)
	}
	d.hungUp(0)
	d.again()
	return d
}

// again connects a paired device.
func (d *device) again() {
	d.t.Helper()
	if why := d.connect(); why != 0 {
		d.t.Fatalf("a paired box is refused: 0x%02x", why)
	}
	if why := d.receive(soundbox.Topic(d.id, soundbox.Say)); why != 0 {
		d.t.Fatalf("a paired box hears nothing: 0x%02x", why)
	}
}

// greet says how far the device is, and is where the server goes on from.
func (d *device) greet(last int64) int64 {
	d.t.Helper()
	nonce := uuid.NewString()
	d.sign(soundbox.Hello, soundbox.Greeting{Nonce: nonce, Last: last})
	var m soundbox.Message
	if d.next(soundbox.Say, &m); m.Kind != soundbox.Welcome || m.Nonce != nonce {
		d.t.Fatalf("it is greeted by %+v", m)
	}
	return m.Seq
}

func (d *device) message() (m soundbox.Message) {
	d.t.Helper()
	d.next(soundbox.Say, &m)
	return m
}
