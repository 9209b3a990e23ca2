package soundbox

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"market40/payments/money"
)

const (
	// KeySize is how long a box's key is, in bytes.
	KeySize = 32
	// maxMessage is the largest message either side takes, in bytes.
	maxMessage = 2 << 10
	// ExpiresAfter is how long after the bank's notice a payment may be spoken: later it would be
	// taken for what comes now.
	ExpiresAfter = 120 * time.Second
)

// The topics of a box, each soundboxes/{id}/….
const (
	Say     = "say"     // to a paired box: a Message
	Hello   = "hello"   // from it: a Greeting
	Ack     = "ack"     // from it: a Receipt
	Pairing = "pairing" // to a new box: a Code
	Ask     = "ask"     // from it: a Request
)

// Topic returns one of a box's topics.
func Topic(box uuid.UUID, name string) string { return "soundboxes/" + box.String() + "/" + name }

// ErrForged is a message that was not signed by the other side.
var ErrForged = errors.New("the message is not signed by its claimed sender")

// ErrUnreadable is a message that holds what no such message holds.
var ErrUnreadable = errors.New("the message cannot be read")

// The kinds of a Message.
const (
	Welcome    = "welcome"    // answers a Greeting: from here on payments follow
	Payment    = "payment"    // money came
	Correction = "correction" // a payment was taken back
	Missed     = "missed"     // a count and a sum of what is too old to be spoken as money that comes now
)

// Message is a message to a box. Each but a welcome covers the account's versions after After, up
// to Seq. A box without After has missed something; one that has Seq already got the message.
type Message struct {
	Kind string    `json:"kind"`
	Seq  int64     `json:"seq"`
	Now  time.Time `json:"now"` // the server's clock

	Nonce string `json:"nonce,omitempty"` // welcome: of the greeting that it answers

	After int64      `json:"after"`
	ID    *uuid.UUID `json:"id,omitempty"` // payment, correction: of the payment
	// đồng; of a correction what was taken back; missed: the sum of what came
	Amount     *money.Amount `json:"amount,omitempty"`
	OccurredAt *time.Time    `json:"occurred_at,omitempty"`
	Precision  string        `json:"precision,omitempty"`   // of occurred_at: second, minute, day; "": unknown
	ReceivedAt *time.Time    `json:"received_at,omitempty"` // when the bank's notice arrived
	ExpiresAt  *time.Time    `json:"expires_at,omitempty"`  // payment, correction: not to be spoken from then on

	Count       int           `json:"count,omitempty"`       // missed: how many payments came
	Corrections int           `json:"corrections,omitempty"` // missed: how many were taken back
	TakenBack   *money.Amount `json:"taken_back,omitempty"`  // missed: the sum of those
}

// Greeting is what a box says when it is connected, and whenever something is missing.
type Greeting struct {
	Nonce string `json:"nonce"` // drawn anew each time: the welcome repeats it
	Last  int64  `json:"last"`  // the last version that it has taken
}

// Receipt names the version up to which a box has received payments: it stores them, and speaks
// them in their turn.
type Receipt struct {
	Seq int64 `json:"seq"`
}

// Request is a new box's wish for a code.
type Request struct {
	Key string `json:"key"` // base64url: KeySize bytes of its own
}

// Code is what a new box speaks until a person enters it.
type Code struct {
	Code      string `json:"code,omitempty"`
	ExpiresIn int    `json:"expires_in,omitempty"` // seconds
	Paired    bool   `json:"paired,omitempty"`     // it was entered: connect again
	Wait      int    `json:"wait,omitempty"`       // seconds: there is no code now, ask again then
}

// NewKey draws a box's key.
func NewKey() []byte {
	key := make([]byte, KeySize)
	rand.Read(key)
	return key
}

// Password returns the MQTT password that is derived from a box's key. The key of messages cannot
// be derived from it.
func Password(key []byte) string {
	return base64.RawURLEncoding.EncodeToString(deriveKey(key, "market40 soundbox password"))
}

// deriveKey returns a key for one purpose (HKDF with SHA-256, RFC 5869).
func deriveKey(key []byte, purpose string) []byte {
	derived, err := hkdf.Key(sha256.New, key, nil, purpose, sha256.Size)
	if err != nil {
		panic(err) //nolint:forbidigo // only a length past 255 digests is refused
	}
	return derived
}

func computeMAC(key []byte, topic string, body []byte) []byte {
	h := hmac.New(sha256.New, deriveKey(key, "market40 soundbox messages"))
	h.Write([]byte(topic))
	h.Write([]byte{'\n'})
	h.Write(body)
	return h.Sum(nil)
}

// Sign returns a message for a topic: a signature, a line feed, and the body as JSON. The signature
// is 64 hexadecimal digits of HMAC-SHA-256 over topic, line feed and body.
func Sign(key []byte, topic string, message any) ([]byte, error) {
	body, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("write message for %s: %w", topic, err)
	}
	return append(hex.AppendEncode(nil, computeMAC(key, topic, body)), append([]byte{'\n'}, body...)...), nil
}

// Open reads what Sign wrote for the same topic. Errors: ErrForged, ErrUnreadable.
func Open(key []byte, topic string, payload []byte, message any) error {
	digits, body, found := bytes.Cut(payload, []byte{'\n'})
	if !found || len(payload) > maxMessage {
		return ErrUnreadable
	}
	if !hmac.Equal(digits, hex.AppendEncode(nil, computeMAC(key, topic, body))) {
		return ErrForged
	}
	return readMessage(body, message)
}

// readMessage reads one JSON object without unknown fields.
func readMessage(body []byte, message any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(message); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows it", ErrUnreadable)
	}
	return nil
}

// ReadRequest returns the key in a new box's request for a code. Errors: ErrUnreadable.
func ReadRequest(payload []byte) ([]byte, error) {
	var r Request
	if len(payload) > maxMessage {
		return nil, ErrUnreadable
	}
	if err := readMessage(payload, &r); err != nil {
		return nil, err
	}
	key, err := base64.RawURLEncoding.DecodeString(r.Key)
	if err != nil || len(key) != KeySize {
		return nil, fmt.Errorf("%w: key must be %d bytes in base64url", ErrUnreadable, KeySize)
	}
	return key, nil
}

const maxNonce = 64

// check refuses a greeting that no box says.
func (g Greeting) check() error {
	if g.Nonce == "" || len(g.Nonce) > maxNonce || g.Last < 0 {
		return fmt.Errorf("%w: a greeting has a nonce of 1 to %d characters, and last is 0 or more", ErrUnreadable,
			maxNonce)
	}
	return nil
}

// check refuses a message that lacks what its kind has: it would be spoken as nothing, or as
// something else.
func (m *Message) check() error {
	wrong := func(what string) error { return fmt.Errorf("%w: a %s without %s", ErrUnreadable, m.Kind, what) }
	if m.Seq < 0 || m.After < 0 || m.Now.IsZero() {
		return wrong("its place")
	}
	switch m.Kind {
	case Welcome:
		if m.Nonce == "" {
			return wrong("its nonce")
		}
		return nil
	case Payment, Correction:
		if m.ID == nil || m.ExpiresAt == nil || m.OccurredAt == nil || !positive(m.Amount) {
			return wrong("id, amount or times")
		}
	case Missed:
		if m.Count < 0 || m.Corrections < 0 || (m.Count > 0) != (m.Amount != nil) ||
			(m.Corrections > 0) != (m.TakenBack != nil) ||
			m.Amount != nil && !positive(m.Amount) || m.TakenBack != nil && !positive(m.TakenBack) {
			return wrong("count and sum")
		}
	default:
		return fmt.Errorf("%w: its kind is not known", ErrUnreadable)
	}
	if m.After >= m.Seq {
		return wrong("its place")
	}
	return nil
}

func positive(a *money.Amount) bool { return a != nil && a.Sign() > 0 }

// count counts one more payment, or one more that was taken back, of a Missed message.
func (m *Message) count(back bool, amount money.Amount) {
	count, sum := &m.Count, &m.Amount
	if back {
		count, sum = &m.Corrections, &m.TakenBack
	}
	*count++
	if *sum != nil {
		amount = amount.Add(**sum)
	}
	*sum = &amount
}
