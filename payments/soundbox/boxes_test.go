package soundbox_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	"github.com/google/uuid"

	"market40/migrations/database/worldtest"
	"market40/payments/soundbox"
)

// TestBoxReceivesPaymentsInOrder one by one while it is young, and a receipt is stored.
func TestBoxReceivesPaymentsInOrder(t *testing.T) {
	t.Parallel()
	s := newWorld(t).stall("A1", "1111111")
	s.pay(s.code, 1000) // before the box: none of its business
	d := s.paired()
	if at := d.greet(0); at != 1 {
		t.Errorf("a new box begins at %d", at)
	}
	for n := range 3 {
		s.pay(s.code, 10000*(n+1))
		m := d.message()
		exact := m.Precision == "second" || m.OccurredAt.Second() == 0 // a whole minute may be a time without seconds
		if m.Kind != soundbox.Payment || m.After != int64(n+1) || m.Seq != int64(n+2) ||
			m.Amount.Dong() != int64(10000*(n+1)) || !exact {
			t.Errorf("payment %d is announced as %+v", n, m)
		}
		if young := m.ExpiresAt.Sub(*m.ReceivedAt); young != 120*time.Second {
			t.Errorf("it may be spoken for %s", young)
		}
	}
	d.sign(soundbox.Ack, soundbox.Receipt{Seq: 3})
	for s.boxes()[0]["heard_version"] != float64(3) {
		time.Sleep(10 * time.Millisecond)
	}
	if at := d.greet(0); at != 3 { // it has lost its mark
		t.Errorf("a box that forgot is greeted at %d", at)
	}
	if m := d.message(); m.Seq != 4 || m.Amount.Dong() != 30000 {
		t.Errorf("then it received %+v", m)
	}
	if at := d.greet(900); at != 4 { // it claims more than there is
		t.Errorf("a box from the future is greeted at %d", at)
	}
	d.silent()
}

func (s *stall) boxes() []object {
	return s.Call(s.owner, "GET", "/api/v1/stalls/"+s.id+"/soundboxes", nil, 200).Items()
}

// TestWhatIsOldIsACountAndASum: what the bank reported more than 120 seconds ago is never money
// that comes now.
func TestWhatIsOldIsACountAndASum(t *testing.T) {
	t.Parallel()
	s := newWorld(t).stall("A1", "1111111")
	d := s.paired()
	for _, amount := range []int{45000, 200, 12000} {
		s.pay(s.code, amount)
	}
	s.ahead.Store(int64(121 * time.Second))
	d.greet(0)
	if m := d.message(); m.Kind != soundbox.Missed || m.Count != 3 || m.Amount.Dong() != 57200 || m.After != 0 ||
		m.Seq != 3 || m.Corrections != 0 || m.ID != nil {
		t.Errorf("it received %+v", m)
	}
	s.ahead.Store(0)
	s.pay(s.code, 7000)
	if m := d.message(); m.Kind != soundbox.Payment || m.After != 3 || m.Amount.Dong() != 7000 {
		t.Errorf("then it received %+v", m)
	}
}

// TestReversalIsSentAsCorrection, and what a person assigned is as old as its notice.
func TestReversalIsSentAsCorrection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, other := w.stall("A1", "1111111"), w.stall("A2", "2222222")
	d := s.paired()
	d.greet(0)
	s.pay(other.code, 5000) // another's code on this account: a case
	found := w.Call(w.admin, "GET", "/api/v1/cases?state=open", nil, 200).Items()[0].Text("id")
	wish := object{"action": "assign", "stall_id": s.id, "reason": "người bán xác nhận"}
	w.Call(w.admin, "POST", "/api/v1/cases/"+found+"/resolve", wish, 200)
	w.Call(w.Key("manager", "market:CHODAM"), "POST", "/api/v1/cases/"+found+"/resolve", wish, 200)
	if m := d.message(); m.Kind != soundbox.Payment || m.Amount.Dong() != 5000 ||
		time.Since(*m.ReceivedAt) > time.Minute {
		t.Errorf("an assigned payment is announced as %+v", m)
	}
	w.Call(w.admin, "POST", "/api/v1/cases/"+found+"/reopen", object{"reason": "nhầm sạp"}, 200)
	if m := d.message(); m.Kind != soundbox.Correction || m.Amount.Dong() != 5000 || m.Seq != 2 {
		t.Errorf("taken back it is announced as %+v", m)
	}
	w.ahead.Store(int64(3 * time.Minute))
	d.again()
	// Not greeted at 2: its mark was lost before it took anything.
	d.greet(0)
	if m := d.message(); m.Kind != soundbox.Missed || m.Count != 1 || m.Amount.Dong() != 5000 || m.Corrections != 1 ||
		m.TakenBack.Dong() != 5000 {
		t.Errorf("later both are announced as %+v", m)
	}
}

// TestABoxIsNotFlooded: without a receipt it is sent thirty-two, and the rest after it.
func TestABoxIsNotFlooded(t *testing.T) {
	t.Parallel()
	s := newWorld(t).stall("A1", "1111111")
	d := s.paired()
	for n := range 40 {
		s.pay(s.code, 1000+n)
	}
	d.greet(0)
	for range 32 {
		d.message()
	}
	d.silent()
	d.sign(soundbox.Ack, soundbox.Receipt{Seq: 32})
	for range 8 {
		d.message()
	}
	d.silent()
}

// TestABoxHasItsOwnTopicsOnly: it receives and sends nothing else, whatever it requests.
func TestABoxHasItsOwnTopicsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, other := w.stall("A1", "1111111"), w.stall("A2", "2222222")
	d, thief, stranger := s.paired(), other.paired(), w.device()
	d.greet(0)
	thief.greet(0)
	if why := stranger.connect(); why != 0 {
		t.Fatalf("a new box is refused: 0x%02x", why)
	}
	for _, box := range []*device{thief, stranger} {
		for _, topic := range []string{
			soundbox.Topic(d.id, soundbox.Say), soundbox.Topic(d.id, soundbox.Hello),
			soundbox.Topic(d.id, soundbox.Pairing), "#", "soundboxes/#", "soundboxes/+/say", "$SYS/#", "$share/x/" +
				soundbox.Topic(d.id, soundbox.Say), soundbox.Topic(box.id, soundbox.Hello), soundbox.Topic(box.id,
				"#"),
		} {
			if why := box.receive(topic); why < 0x80 {
				t.Errorf("%s may hear %s", box.id, topic)
			}
		}
	}
	if stranger.receive(soundbox.Topic(stranger.id, soundbox.Say)) < 0x80 ||
		thief.receive(soundbox.Topic(thief.id, soundbox.Pairing)) < 0x80 {
		t.Error("a box hears what the other kind does")
	}
	forged, err := soundbox.Sign(thief.key, soundbox.Topic(d.id, soundbox.Ack), soundbox.Receipt{Seq: 1})
	must(t, err)
	s.pay(s.code, 45000)
	d.message()
	thief.publish(soundbox.Topic(d.id, soundbox.Ack), forged)
	thief.publish(soundbox.Topic(d.id, soundbox.Say), forged)
	d.silent()
	thief.silent()
	if heard := s.boxes()[0]["heard_version"]; heard != float64(0) {
		t.Errorf("another's receipt counts: %v", heard)
	}
}

// TestWhoMayConnect: a box by its own name and password, without a will.
func TestWhoMayConnect(t *testing.T) {
	t.Parallel()
	s := newWorld(t).stall("A1", "1111111")
	d := s.paired()
	right := []byte(soundbox.Password(d.key))
	const badName, badPassword = 0x85, 0x86
	for name, c := range map[string]struct {
		connect paho.Connect
		want    byte
	}{
		"another's password": {paho.Connect{
			ClientID: d.id.String(), Username: d.id.String(),
			Password: []byte(soundbox.Password(soundbox.NewKey())),
		}, badPassword},
		"its key": {
			paho.Connect{ClientID: d.id.String(), Username: d.id.String(), Password: d.key},
			badPassword,
		},
		// a password that is announced and empty
		"no password": {paho.Connect{ClientID: d.id.String(), Username: d.id.String()}, 0x82},
		"another client id": {
			paho.Connect{ClientID: uuid.NewString(), Username: d.id.String(), Password: right},
			badName,
		},
		"no name": {paho.Connect{ClientID: "x", Username: "x", Password: right}, badName},
		"another spelling": {paho.Connect{
			ClientID: d.id.String(), Username: strings.ToUpper(d.id.String()),
			Password: right,
		}, badName},
		"inline": {paho.Connect{ClientID: "inline", Username: "inline", Password: right}, badName},
		"a will": {paho.Connect{
			ClientID: d.id.String(), Username: d.id.String(), Password: right,
			WillMessage: &paho.WillMessage{Topic: "x", Payload: []byte("y")},
		}, badName},
	} {
		if got := (&device{world: s.world, id: d.id}).connectAs(&c.connect); got != c.want {
			t.Errorf("%s is answered 0x%02x, want 0x%02x", name, got, c.want)
		}
	}
	for range 20 {
		(&device{world: s.world, id: d.id}).connectAs(&paho.Connect{
			ClientID: d.id.String(), Username: d.id.String(),
			Password: []byte("x"),
		})
	}
	if why := d.connect(); why != 0x9f {
		t.Errorf("after twenty wrong passwords of its address a box is answered 0x%02x", why)
	}
	s.ahead.Store(int64(61 * time.Second))
	if why := d.connect(); why != 0 {
		t.Errorf("a minute later it is answered 0x%02x", why)
	}
}

// TestNonsenseIsCutOff: what cannot be read, is not signed, or cannot be so.
func TestNonsenseIsCutOff(t *testing.T) {
	t.Parallel()
	s := newWorld(t).stall("A1", "1111111")
	d := s.paired()
	const badPayload = 0x99
	for _, say := range []func(){
		func() { d.publish(soundbox.Topic(d.id, soundbox.Hello), []byte("hello")) },
		func() { d.publish(soundbox.Topic(d.id, soundbox.Hello), []byte(strings.Repeat("0", 64)+"\n{}")) },
		func() { d.sign(soundbox.Hello, soundbox.Greeting{Last: 1}) },
		func() { d.sign(soundbox.Hello, soundbox.Greeting{Nonce: "x", Last: -1}) },
		func() { d.sign(soundbox.Hello, object{"nonce": "x", "last": 0, "more": 1}) },
		func() { d.sign(soundbox.Ack, soundbox.Receipt{Seq: 1}) }, // was never sent
		func() { d.sign(soundbox.Ack, soundbox.Receipt{Seq: -1}) },
		func() { d.publish(soundbox.Topic(d.id, soundbox.Ack), nil) },
	} {
		say()
		d.hungUp(badPayload)
		d.again()
	}
	stranger := s.device()
	stranger.connect()
	stranger.publish(soundbox.Topic(stranger.id, soundbox.Ask), []byte(`{"key":"short"}`))
	stranger.hungUp(badPayload)
}

// TestLimits: packets that are too large or too many, and new boxes of one address.
func TestLimits(t *testing.T) {
	t.Parallel()
	s := newWorld(t).stall("A1", "1111111")
	d := s.paired()
	d.publish(soundbox.Topic(d.id, soundbox.Hello), bytes.Repeat([]byte("x"), 5000))
	d.hungUp(0)
	d.again()
	for n := 0; n < 120 && len(d.cut) == 0; n++ {
		// One after the other is answered: what was sent and not read when the server hangs up
		// would take its last word away.
		answered, cancel := context.WithTimeout(t.Context(), time.Second)
		_, _ = d.client.Publish(answered, &paho.Publish{
			Topic: soundbox.Topic(d.id, "nothing"), Payload: []byte("x"),
			QoS: 1,
		})
		cancel()
	}
	d.hungUp(0x96)
	var refused byte
	var waiting int
	for refused == 0 && waiting < 20 {
		if refused = s.device().connect(); refused == 0 {
			waiting++
		}
	}
	if waiting != 10 || refused != 0x97 {
		t.Errorf("%d new boxes of one address wait, then 0x%02x", waiting, refused)
	}
	d.again() // paired ones are let in all the same
}

// TestPairing: codes end, are used once, and are guessed five times; its owner alone pairs a box.
func TestPairing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, other := w.stall("A1", "1111111"), w.stall("A2", "2222222")
	d := w.device()
	first := d.code()
	second := d.another()
	if len(first) != 6 || first == second {
		t.Fatalf("the codes are %q and %q", first, second)
	}
	s.pair(first, 422)
	w.ahead.Store(int64(5*time.Minute + time.Second))
	if code := s.pair(second, 422).Text("code"); code != "code_unknown" {
		t.Errorf("an expired code is %s", code)
	}
	w.ahead.Store(0)
	at := "/api/v1/stalls/" + s.id + "/soundboxes"
	wish := object{"code": d.another(), "name": "Loa"}
	w.Call(other.owner, "POST", at, wish, 404)
	w.Call(w.admin, "POST", at, wish, 403)
	w.Call(w.Key("manager", "market:CHODAM"), "POST", at, wish, 403)
	id := w.Call(s.owner, "POST", at, wish, 201).Text("id")
	if id != d.id.String() {
		t.Errorf("the box is %s, want %s", id, d.id)
	}
	other.pair(wish.Text("code"), 422) // used
	w.Call(other.owner, "DELETE", "/api/v1/stalls/"+other.id+"/soundboxes/"+id, nil, 404)
	w.Call(other.owner, "DELETE", at+"/"+id, nil, 404)
	for range 5 {
		s.pair("000000", 422)
	}
	if refused := s.pair(w.device().code(), 429).Text("code"); refused != "too_many_codes" {
		t.Errorf("a sixth code is %s", refused)
	}
	w.ahead.Store(int64(16 * time.Minute))
	for n := range 4 {
		s.pair(w.device().code(), 201)
		if n == 3 {
			s.pair(w.device().code(), 409)
		}
	}
}

// TestABoxEndsWithItsTenancy: the next tenant's takings are not spoken by the last one's box.
func TestABoxEndsWithItsTenancy(t *testing.T) {
	t.Parallel()
	s := newWorld(t).stall("A1", "1111111")
	d := s.paired()
	d.greet(0)
	s.Call(s.SignInAdmin(), "POST", "/api/v1/stalls/"+s.id+"/tenancies",
		object{"merchant": object{"full_name": "Trần Văn Ba", "phone": "0905999999"}}, 201)
	d.hungUp(0x87)
	if why := d.connect(); why != 0x87 {
		t.Errorf("it is answered 0x%02x", why)
	}
}

// TestThePhoneKnowsWhoSpeaks: the stream reports a connected box before the payments, of what it
// has taken, and that it is gone.
func TestThePhoneKnowsWhoSpeaks(t *testing.T) {
	t.Parallel()
	s := newWorld(t).stall("A1", "1111111")
	events := s.stream()
	want := func(event string) {
		t.Helper()
		select {
		case got := <-events:
			if !strings.HasPrefix(got, event) {
				t.Errorf("the phone received %s, want %s", got, event)
			}
		case <-time.After(worldtest.Patience):
			t.Fatalf("the phone did not receive %s", event)
		}
	}
	s.pay(s.code, 1000)
	want("payment ") // without a box
	d := s.paired()
	d.greet(0)
	want(`speaker {"active":true,"heard":1}`) // a stream that is open looks for a new box
	events = s.stream()
	want(`speaker {"active":true,"heard":1}`)
	s.pay(s.code, 45000)
	want("payment ")
	m := d.message()
	d.sign(soundbox.Ack, soundbox.Receipt{Seq: m.Seq})
	want(fmt.Sprintf(`speaker {"active":true,"heard":%d}`, m.Seq))
	at := "/api/v1/stalls/" + s.id + "/soundboxes/" + d.id.String()
	s.Call(s.owner, "PATCH", at, object{"speaks": false}, 204)
	want(`speaker {"active":false,"heard":0}`)
	s.Call(s.owner, "PATCH", at, object{"speaks": true}, 204)
	want(`speaker {"active":true,"heard":2}`)
	must(t, d.client.Disconnect(&paho.Disconnect{}))
	want(`speaker {"active":false,"heard":0}`)
}

// TestReconnectedBoxIsServed: a phone network drops connections without a word, and the box comes
// again while the old one is still open.
func TestReconnectedBoxIsServed(t *testing.T) {
	t.Parallel()
	s := newWorld(t).stall("A1", "1111111")
	d := s.paired()
	d.greet(0)
	for n := range int64(150) {
		d.again()
		d.greet(n)
		s.pay(s.code, 1000)
		if m := d.message(); m.Kind != soundbox.Payment || m.Seq != n+1 {
			t.Fatalf("connection %d gets %+v", n, m)
		}
	}
}
