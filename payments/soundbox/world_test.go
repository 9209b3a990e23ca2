package soundbox_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	"github.com/google/uuid"

	"market40/merchants"
	"market40/merchants/platform/bizday"
	"market40/migrations/database/worldtest"
	"market40/payments/paymentstest"
	"market40/payments/soundbox"
)

type object = worldtest.Object

var must = worldtest.Must

// world is a program with its own database, real HTTP and a real broker; the boxes' clock may be
// moved.
type world struct {
	*worldtest.World
	boxes         *soundbox.Soundboxes
	mqtt          string
	admin, market string
	hook          string
	ahead         atomic.Int64 // nanoseconds
	sent          int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: worldtest.New(t, time.Time{})}
	paid := paymentstest.NewParts(w.DB, w.Keys, w.Now)
	w.boxes = soundbox.New(w.DB, w.Keys, paid.Intake.Feed(),
		func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) })
	w.Routes(merchants.New(w.DB, w.Keys, w.Now), paid, w.boxes)
	w.Serve()
	paid.Start(context.WithoutCancel(t.Context()))
	t.Cleanup(paid.Stop)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w.mqtt = listener.Addr().String()
	must(t, w.boxes.Serve(context.WithoutCancel(t.Context()), listener, nil))
	t.Cleanup(w.boxes.Stop)
	w.admin = w.Key("admin", "")
	w.market = w.RegisterMarket(w.admin, "CHODAM", "22366")
	w.hook = w.Call(w.admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "SePay",
		"secrets": object{"api_key": "sepay-test-key"},
	}, 201).Text("webhook_path")
	return w
}

// stall is a stall with its owner.
type stall struct {
	*world
	id, code, account, owner string
}

func (w *world) stall(number, account string) *stall {
	w.T.Helper()
	made := w.Call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{
		"number": number, "kind": "stall", "goods_group": "hai_san", "merchant": object{"full_name": "Người bán " +
			number, "phone": "0905" + account[:6]},
		"account": object{
			"bank_bin": "970422", "account_number": account, "holder_name": "NGUOI BAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	s := &stall{world: w, id: made.Text("id"), code: made.Text("code.code"), account: account}
	s.owner = w.Key("merchant", "stall:"+s.id)
	return s
}

// pay lets the bank report a transfer with a memo.
func (s *stall) pay(memo string, amount int) {
	s.T.Helper()
	s.sent++
	s.Call("", "POST", s.hook, object{
		"id": s.sent, "gateway": "MBBank", "transactionDate": time.Now().In(bizday.Vietnam).Format(
			time.DateTime), "accountNumber": s.account,
		"code": nil, "content": memo, "transferType": "in", "transferAmount": amount, "accumulated": 0,
		"subAccount":    nil,
		"referenceCode": fmt.Sprintf("FT26325%09d", s.sent), "description": "",
	}, 200, "Authorization", "Apikey sepay-test-key")
}

// pair enters a code.
func (s *stall) pair(code string, want int) object {
	s.T.Helper()
	return s.Call(s.owner, "POST", "/api/v1/stalls/"+s.id+"/soundboxes", object{"code": code, "name": "Loa"}, want)
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

// connect opens a connection and returns the server's answer: 0 is welcome.
func (d *device) connect() byte {
	d.T.Helper()
	return d.connectAs(&paho.Connect{
		ClientID: d.id.String(), Username: d.id.String(),
		Password: []byte(soundbox.Password(d.key)),
	})
}

func (d *device) connectAs(c *paho.Connect) byte {
	d.T.Helper()
	conn, err := net.Dial("tcp", d.mqtt)
	must(d.T, err)
	d.T.Cleanup(func() { _ = conn.Close() })
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
	answer, err := d.client.Connect(d.T.Context(), c)
	if answer == nil {
		d.T.Fatalf("connect: %v", err)
	}
	return answer.ReasonCode
}

// receive asks for a topic and is the server's answer.
func (d *device) receive(topic string) byte {
	d.T.Helper()
	granted, err := d.client.Subscribe(d.T.Context(),
		&paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: topic}}})
	if granted == nil {
		d.T.Fatalf("subscribe to %s: %v", topic, err)
	}
	return granted.Reasons[0]
}

func (d *device) publish(topic string, payload []byte) {
	d.T.Helper()
	_, err := d.client.Publish(d.T.Context(), &paho.Publish{Topic: topic, Payload: payload})
	must(d.T, err)
}

// sign says something as a box does.
func (d *device) sign(name string, message any) {
	d.T.Helper()
	topic := soundbox.Topic(d.id, name)
	payload, err := soundbox.Sign(d.key, topic, message)
	must(d.T, err)
	d.publish(topic, payload)
}

// next returns the next message that the device receives.
func (d *device) next(name string, message any) {
	d.T.Helper()
	select {
	case p := <-d.came:
		if p.Topic != soundbox.Topic(d.id, name) {
			d.T.Fatalf("it received %s", p.Topic)
		}
		must(d.T, soundbox.Open(d.key, p.Topic, p.Payload, message))
	case why := <-d.cut:
		d.T.Fatalf("the server hung up (0x%02x)", why)
	case <-time.After(worldtest.Patience):
		d.T.Fatal("it received nothing")
	}
}

// silent expects that the device receives nothing for a while.
func (d *device) silent() {
	d.T.Helper()
	select {
	case p := <-d.came:
		d.T.Errorf("it received %s", p.Payload)
	case <-time.After(700 * time.Millisecond):
	}
}

// hungUp wants the server to hang up for a reason.
func (d *device) hungUp(why byte) {
	d.T.Helper()
	select {
	case got := <-d.cut:
		if got != why {
			d.T.Errorf("the server hung up by 0x%02x, want 0x%02x", got, why)
		}
	case <-time.After(worldtest.Patience):
		d.T.Errorf("the server did not hang up (0x%02x)", why)
	}
}

// code asks for a code, as a new box.
func (d *device) code() string {
	d.T.Helper()
	if why := d.connect(); why != 0 {
		d.T.Fatalf("a new box is refused: 0x%02x", why)
	}
	if why := d.receive(soundbox.Topic(d.id, soundbox.Pairing)); why != 0 {
		d.T.Fatalf("a new box hears nothing: 0x%02x", why)
	}
	return d.another()
}

// another asks for another code on the same connection.
func (d *device) another() string {
	d.T.Helper()
	raw, err := json.Marshal(soundbox.Request{Key: base64.RawURLEncoding.EncodeToString(d.key)})
	must(d.T, err)
	d.publish(soundbox.Topic(d.id, soundbox.Ask), raw)
	var code soundbox.Code
	d.next(soundbox.Pairing, &code)
	return code.Code
}

// paired is a device of a stall, on a new connection of its own.
func (s *stall) paired() *device {
	s.T.Helper()
	d := s.device()
	s.pair(d.code(), 201)
	var code soundbox.Code
	if d.next(soundbox.Pairing, &code); !code.Paired {
		s.T.Fatalf("it received %+v", code)
	}
	d.hungUp(0)
	d.again()
	return d
}

// again connects a paired device.
func (d *device) again() {
	d.T.Helper()
	if why := d.connect(); why != 0 {
		d.T.Fatalf("a paired box is refused: 0x%02x", why)
	}
	if why := d.receive(soundbox.Topic(d.id, soundbox.Say)); why != 0 {
		d.T.Fatalf("a paired box hears nothing: 0x%02x", why)
	}
}

// greet says how far the device is, and is where the server goes on from.
func (d *device) greet(last int64) int64 {
	d.T.Helper()
	nonce := uuid.NewString()
	d.sign(soundbox.Hello, soundbox.Greeting{Nonce: nonce, Last: last})
	var m soundbox.Message
	if d.next(soundbox.Say, &m); m.Kind != soundbox.Welcome || m.Nonce != nonce {
		d.T.Fatalf("it is greeted by %+v", m)
	}
	return m.Seq
}

func (d *device) message() (m soundbox.Message) {
	d.T.Helper()
	d.next(soundbox.Say, &m)
	return m
}
