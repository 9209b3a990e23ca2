package soundbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"market40/payments/money"
	"market40/payments/soundbox"
)

// far is a model of the server: what came, and when.
type far struct {
	id   uuid.UUID
	key  []byte
	now  time.Time
	came []time.Time // version n at n-1; its amount is n
	sent int64
}

func (f *far) sign(m soundbox.Message) []byte {
	m.Now = f.now
	raw, err := soundbox.Sign(f.key, soundbox.Topic(f.id, soundbox.Say), m)
	if err != nil {
		panic(err)
	}
	return raw
}

// answer is what the server says to a greeting, or when something came (nil).
func (f *far) answer(greeting []byte) (answers [][]byte) {
	if greeting != nil {
		var g soundbox.Greeting
		if err := soundbox.Open(f.key, soundbox.Topic(f.id, soundbox.Hello), greeting, &g); err != nil {
			panic(err)
		}
		f.sent = g.Last
		answers = append(answers, f.sign(soundbox.Message{Kind: soundbox.Welcome, Nonce: g.Nonce, Seq: f.sent}))
	}
	for v := f.sent + 1; v <= int64(len(f.came)); v++ {
		at, amount := f.came[v-1], money.FromDong(v)
		expires := at.Add(soundbox.ExpiresAfter)
		m := soundbox.Message{
			Kind: soundbox.Payment, After: v - 1, Seq: v, ID: &f.id, Amount: &amount, OccurredAt: &at,
			ReceivedAt: &at, ExpiresAt: &expires,
		}
		if !f.now.Before(expires) {
			m = soundbox.Message{Kind: soundbox.Missed, After: v - 1, Seq: v, Count: 1, Amount: &amount}
		}
		answers = append(answers, f.sign(m))
		f.sent = v
	}
	return answers
}

// TestNothingIsSpokenTwiceOldOrNever lets a network lose, repeat, delay, disorder and change what a
// server says, and the box fail: each payment is spoken once, alone while it is young or as part of
// a sum, and by its own amount.
func TestNothingIsSpokenTwiceOldOrNever(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := &far{id: uuid.New(), key: soundbox.NewKey(), now: time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)}
		skew := time.Duration(rapid.IntRange(-3600, 3600).Draw(t, "the box's clock is off by")) * time.Second
		clock := func() time.Time { return f.now.Add(skew) }
		var stored soundbox.Mark
		box := soundbox.NewReceiver(f.id, f.key, stored, clock)
		var wire [][]byte
		count, sum := 0, money.FromDong(0)
		greet := func() {
			stored = box.Mark()
			raw, err := box.Greet()
			if err != nil {
				t.Fatal(err)
			}
			wire = append(wire, f.answer(raw)...)
		}
		speak := func() {
			next := box.Next()
			stored = box.Mark()
			for _, m := range next {
				if m.Kind == soundbox.Payment {
					if !f.now.Before(m.ExpiresAt.Add(time.Second)) {
						t.Fatalf("version %d is spoken at %s, %s after it came", m.Seq, f.now, f.now.Sub(*m.ReceivedAt))
					}
					if m.Amount.Dong() != m.Seq {
						t.Fatalf("version %d is spoken as %s", m.Seq, m.Amount)
					}
					m.Count = 1
				}
				count, sum = count+m.Count, sum.Add(*m.Amount)
			}
		}
		take := func(raw []byte) error {
			err := box.Accept(raw)
			if errors.Is(err, soundbox.ErrGap) || errors.Is(err, soundbox.ErrExpired) ||
				errors.Is(err, soundbox.ErrForged) || errors.Is(err, soundbox.ErrUnreadable) {
				greet()
			}
			return err
		}
		actions := map[string]func(*rapid.T){
			"pay": func(*rapid.T) { f.came = append(f.came, f.now); wire = append(wire, f.answer(nil)...) },
			"wait": func(t *rapid.T) {
				f.now = f.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second)
			},
			"speak": func(*rapid.T) { speak() },
			"greet": func(*rapid.T) { greet() },
			"fail": func(*rapid.T) { // what was not stored is lost; what comes over the old connection too
				box, wire = soundbox.NewReceiver(f.id, f.key, stored, clock), nil
				greet()
			},
			"deliver": func(t *rapid.T) {
				if len(wire) == 0 {
					t.Skip()
				}
				n := rapid.IntRange(0, len(wire)-1).Draw(t, "which") // in any order
				raw := wire[n]
				if !rapid.Bool().Draw(t, "again") {
					wire = append(wire[:n:n], wire[n+1:]...)
				}
				if rapid.IntRange(0, 5).Draw(t, "change") == 0 {
					raw = append([]byte(nil), raw...)
					raw[rapid.IntRange(0, len(raw)-1).Draw(t, "where")] ^= byte(rapid.IntRange(1, 255).Draw(t, "how"))
					if err := take(raw); err == nil {
						t.Fatalf("it takes %s", raw)
					}
					return
				}
				_ = take(raw)
				stored = box.Mark()
			},
			"lose": func(t *rapid.T) {
				if len(wire) == 0 {
					t.Skip()
				}
				wire = wire[1:]
			},
		}
		t.Repeat(actions)
		// A good connection at last.
		for range 5 {
			wire = nil
			greet()
			for len(wire) > 0 {
				raw := wire[0]
				wire = wire[1:]
				_ = take(raw)
			}
			speak()
		}
		all := int64(len(f.came))
		if count != len(f.came) || sum.Dong() != all*(all+1)/2 {
			t.Fatalf("it has spoken %d of %d payments, %s of %d", count, all, sum, all*(all+1)/2)
		}
	})
}

// TestABoxWithoutAClockSpeaksNothingYoung: until a welcome has set the clock, what it stored is a
// count and a sum.
func TestABoxWithoutAClockSpeaksNothingYoung(t *testing.T) {
	t.Parallel()
	now, amount := time.Now(), money.FromDong(45000)
	stored := soundbox.Mark{Last: 1, Waiting: []soundbox.Message{{
		Kind: soundbox.Payment, Seq: 1, Amount: &amount,
		ExpiresAt: &now,
	}}}
	said := soundbox.NewReceiver(uuid.New(), soundbox.NewKey(), stored, time.Now).Next()
	if len(said) != 1 || said[0].Kind != soundbox.Missed || said[0].Count != 1 || said[0].Amount.Dong() != 45000 {
		t.Errorf("it says %+v", said)
	}
}

// TestASignatureIsOfItsTopic: what was said to one box or as one thing is nothing to another.
func TestASignatureIsOfItsTopic(t *testing.T) {
	t.Parallel()
	id, key := uuid.New(), soundbox.NewKey()
	raw, err := soundbox.Sign(key, soundbox.Topic(id, soundbox.Ack), soundbox.Receipt{Seq: 7})
	must(t, err)
	var r soundbox.Receipt
	if err := soundbox.Open(key, soundbox.Topic(id, soundbox.Ack), raw, &r); err != nil || r.Seq != 7 {
		t.Errorf("it is read as %+v, %v", r, err)
	}
	for _, topic := range []string{soundbox.Topic(id, soundbox.Hello), soundbox.Topic(uuid.New(), soundbox.Ack)} {
		if err := soundbox.Open(key, topic, raw, &r); !errors.Is(err, soundbox.ErrForged) {
			t.Errorf("for %s: %v", topic, err)
		}
	}
	if soundbox.Password(key) == soundbox.Password(soundbox.NewKey()) || strings.Contains(string(raw),
		soundbox.Password(key)) {
		t.Error("the password is no secret")
	}
}

// FuzzOpen reads what is signed and what is not: it never panics, and takes nothing that was not
// signed.
func FuzzOpen(f *testing.F) {
	id, key := uuid.MustParse("019a0000-0000-7000-8000-000000000001"), make([]byte, soundbox.KeySize)
	for _, body := range []string{
		`{"seq":1}`, `{"nonce":"a","last":2}`,
		`{"kind":"payment","seq":2,"after":1,"amount":"1"}`, `{"kind":"missed","seq":2,"count":1,"amount":"-1"}`,
		`{}{}`, `[]`, ``,
	} {
		signed, err := soundbox.Sign(key, soundbox.Topic(id, soundbox.Say), json.RawMessage(body))
		if err == nil {
			f.Add(signed)
		}
		f.Add([]byte(body))
		f.Add([]byte(strings.Repeat("0", 64) + "\n" + body))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		// As it comes: only Sign signs with this key.
		box := soundbox.NewReceiver(id, soundbox.NewKey(), soundbox.Mark{}, time.Now)
		if box.Accept(payload) == nil {
			t.Fatalf("%q is taken and was not signed", payload)
		}
		_, _ = soundbox.ReadRequest(payload)
		// As a body that was signed: whatever is taken can be spoken.
		signed, err := soundbox.Sign(key, soundbox.Topic(id, soundbox.Say), json.RawMessage(payload))
		if err != nil {
			return
		}
		box = soundbox.NewReceiver(id, key, soundbox.Mark{}, time.Now)
		if box.Accept(signed) == nil {
			for _, m := range box.Next() {
				_ = fmt.Sprint(m.Amount, m.TakenBack)
			}
		}
		var g soundbox.Greeting
		var r soundbox.Receipt
		_ = soundbox.Open(key, soundbox.Topic(id, soundbox.Say), signed, &g)
		_ = soundbox.Open(key, soundbox.Topic(id, soundbox.Say), signed, &r)
	})
}
