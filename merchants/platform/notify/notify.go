// Package notify sends short messages to phones: through an operator's HTTP gateway, or in a demo
// onto the terminal. It tries once and stores nothing; the caller handles a failure.
package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// MaxText is how long one message is, in characters of the GSM alphabet (3GPP TS 23.038): a longer
// one is paid twice.
const MaxText = 160

// sendWithin is how long a gateway may take to accept a message.
const sendWithin = 10 * time.Second

// Sender brings a text to a phone in its national form, "0912345678". An error means that it was
// not accepted; that a gateway accepted it does not say that it arrived.
type Sender interface {
	Send(ctx context.Context, phone, text string) error
}

// Console shows messages instead of sending them: for demos and developers, never where real people
// sign in.
type Console struct{ Out io.Writer }

// Send writes a message, and of the phone its last three digits.
func (c Console) Send(_ context.Context, phone, text string) error {
	_, err := fmt.Fprintf(c.Out, "demo: SMS to •••%s: %s\n", phone[max(0, len(phone)-3):], strings.ReplaceAll(text,
		"\n", " "))
	return err
}

// Gateway posts {"to":"+84912345678","text":"…","id":"…"} with `Authorization: Bearer TOKEN` to an
// address. Any 2xx means accepted; a redirect is a failure, so that the token goes nowhere else.
// The id is another for each message: a gateway may drop what it has seen.
type Gateway struct {
	address, token string
	client         *http.Client
}

// NewGateway sends through address with a client of the caller's, which decides where connections
// may go.
func NewGateway(address, token string, client *http.Client) *Gateway {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Gateway{address, token, &own}
}

// Send sends a message. Its errors contain neither the phone nor the text.
func (g *Gateway) Send(ctx context.Context, phone, text string) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	body, err := json.Marshal(map[string]string{
		"to": "+84" + strings.TrimPrefix(phone, "0"), "text": text,
		"id": uuid.Must(uuid.NewV7()).String(),
	})
	if err != nil {
		return fmt.Errorf("write a message: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the SMS gateway: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if g.token != "" {
		req.Header.Set("Authorization", "Bearer "+g.token)
	}
	res, err := g.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the SMS gateway: %w", err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection is used again
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("the SMS gateway answered %d", res.StatusCode)
	}
	return nil
}
