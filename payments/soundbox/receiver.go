package soundbox

import (
	"crypto/rand"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Refusals of a Receiver.
var (
	ErrRepeated = errors.New("the message was accepted before")
	ErrGap      = errors.New("a message before it is missing")
	ErrExpired  = errors.New("it is too old to be spoken")
	ErrUnasked  = errors.New("no greeting waits for it")
)

// Mark is what a box stores for the time when it is switched off. Write it before the receipt is
// sent and before the messages of Next are spoken. Then no accepted message is lost, and none is
// spoken twice.
type Mark struct {
	Last    int64     `json:"last"`              // the last version that it has taken
	Waiting []Message `json:"waiting,omitempty"` // taken and not yet spoken
}

// Receiver is the part of a box that decides what may be spoken. It trusts neither the network nor
// its own clock. It drops messages that are not signed, were accepted before, follow a gap, or are
// too old. It uses no MQTT, makes no sound, and is not for several goroutines at once.
type Receiver struct {
	id   uuid.UUID
	key  []byte
	now  func() time.Time
	mark Mark

	nonce     string    // of the greeting that waits for its welcome; "": none
	greetedAt time.Time // when that was said
	server    time.Time // the server's clock at the last welcome; zero: there was none
	reading   time.Time // ours when its greeting was said
}

// NewReceiver returns the receiver of a box that stopped at a mark.
func NewReceiver(id uuid.UUID, key []byte, mark Mark, now func() time.Time) *Receiver {
	return &Receiver{id: id, key: key, now: now, mark: mark}
}

// Mark returns how far the box has come.
func (r *Receiver) Mark() Mark { return r.mark }

// Greet returns the payload of a greeting. Until it is answered, no other message is accepted.
func (r *Receiver) Greet() ([]byte, error) {
	r.nonce, r.greetedAt = rand.Text(), r.now()
	return Sign(r.key, Topic(r.id, Hello), Greeting{Nonce: r.nonce, Last: r.mark.Last})
}

// Waits returns for how long a greeting has waited for its welcome; 0: none waits.
func (r *Receiver) Waits() time.Duration {
	if r.nonce == "" {
		return 0
	}
	return max(1, r.now().Sub(r.greetedAt))
}

// Accept accepts a message. It returns nil if the message waits to be spoken or was a welcome. After
// ErrGap and ErrExpired the box has to greet again. The server then sends what is missing, and what
// is too old as a count and a sum.
func (r *Receiver) Accept(payload []byte) error {
	var m Message
	if err := Open(r.key, Topic(r.id, Say), payload, &m); err != nil {
		return err
	}
	if err := m.check(); err != nil {
		return err
	}
	if m.Kind == Welcome {
		return r.welcome(m)
	}
	switch {
	case r.nonce != "":
		return ErrUnasked
	case m.Seq <= r.mark.Last:
		return ErrRepeated
	case m.After > r.mark.Last:
		return ErrGap
	case r.expired(m):
		return ErrExpired
	}
	r.mark.Last = m.Seq
	r.mark.Waiting = append(r.mark.Waiting, m)
	return nil
}

// Receipt returns the payload of the receipt for all accepted messages.
func (r *Receiver) Receipt() ([]byte, error) {
	return Sign(r.key, Topic(r.id, Ack), Receipt{Seq: r.mark.Last})
}

// Next returns all waiting messages, to be spoken now. Those that have become too old are replaced
// by one with their count and their sum.
func (r *Receiver) Next() (say []Message) {
	old := Message{Kind: Missed}
	for _, m := range r.mark.Waiting {
		if r.expired(m) {
			old.count(m.Kind == Correction, *m.Amount)
			old.Seq = m.Seq
			continue
		}
		say = append(say, m)
	}
	r.mark.Waiting = nil
	if old.Seq > 0 {
		say = append([]Message{old}, say...)
	}
	return say
}

// welcome sets the clock by the server's, and the version after which payments follow. The server
// knows this version even if the box lost its mark. If the box is ahead of the server, the database
// was restored since.
func (r *Receiver) welcome(m Message) error {
	if m.Nonce != r.nonce || r.nonce == "" {
		return ErrUnasked
	}
	r.nonce = ""
	r.server, r.reading = m.Now, r.greetedAt
	if m.Seq < r.mark.Last {
		r.mark.Waiting = nil
	}
	r.mark.Last = m.Seq
	return nil
}

// expired reports whether a message is too old, by the server's clock. The time since the welcome
// is counted from the greeting before it. Of two clocks it uses the one that is ahead: the one that
// stops while the machine sleeps, or the one that people set.
func (r *Receiver) expired(m Message) bool {
	if m.ExpiresAt == nil {
		return false
	}
	if r.server.IsZero() {
		return true // the server has not sent the time yet
	}
	now := r.now()
	passed := max(now.Sub(r.reading), now.Round(0).Sub(r.reading.Round(0)))
	return !r.server.Add(passed).Before(*m.ExpiresAt)
}
