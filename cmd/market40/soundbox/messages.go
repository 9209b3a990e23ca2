package soundbox

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"market40/frontend/voice"
	"market40/payments/soundbox"
)

// handleMessage handles one message of the server.
func (b *box) handleMessage(ctx context.Context, m *paho.Publish) error {
	if m.Topic == b.topic(soundbox.Pairing) {
		return b.handleCode(m.Payload)
	}
	before := b.receiver.Waits()
	err := b.receiver.Accept(m.Payload)
	switch {
	case err == nil:
		if before > 0 {
			return b.welcomed(ctx)
		}
		b.unacknowledged = true
		return nil
	case errors.Is(err, soundbox.ErrUnasked) || errors.Is(err, soundbox.ErrRepeated):
		b.print("ignored", err.Error())
		return nil
	}
	b.print("refused", err.Error())
	return b.greet(ctx)
}

// receipt stores what was received, and only then confirms it. From now on the box has to speak it.
func (b *box) receipt(ctx context.Context) error {
	if !b.unacknowledged {
		return nil
	}
	if err := b.save(); err != nil {
		return fatal{err}
	}
	receipt, err := b.receiver.Receipt()
	if err != nil {
		return err
	}
	b.unacknowledged = false
	return b.publish(ctx, soundbox.Ack, receipt)
}

// welcomed records that the connection works, and announces that it is back if its loss was
// announced.
func (b *box) welcomed(ctx context.Context) error {
	b.print("connected", "")
	b.lineLost, b.unacknowledged = time.Time{}, false // the greeting was a receipt
	if err := b.save(); err != nil {
		return fatal{err}
	}
	switch {
	case !b.started:
		b.queueSentences(ctx, []string{"chime", "ready"})
	case b.lossSpoken:
		b.queueSentences(ctx, []string{"online"})
	}
	b.started, b.lossSpoken = true, false
	return nil
}

// turn does what is due: it speaks what waits, speaks the code, greets or requests a new code.
func (b *box) turn(ctx context.Context) error {
	if !b.state.Paired {
		return b.turnNew(ctx)
	}
	if wait := b.receiver.Waits(); wait > 0 || b.speaking.Load() > 0 {
		if wait > boxGreetsAgain {
			return b.greet(ctx)
		}
		return nil
	}
	waiting := b.receiver.Next()
	if len(waiting) == 0 {
		return nil
	}
	if err := b.save(); err != nil { // what was begun is not begun again
		return fatal{err}
	}
	b.queueSentences(ctx, sentencesOf(waiting)...)
	return nil
}

// requestCode requests a code, as a new box.
func (b *box) requestCode(ctx context.Context) error {
	b.code, b.codeEnds = soundbox.Code{}, time.Now().Add(boxGreetsAgain)
	payload, err := json.Marshal(soundbox.Request{Key: base64.RawURLEncoding.EncodeToString(b.state.Key)})
	if err != nil {
		return err
	}
	return b.publish(ctx, soundbox.Ask, payload)
}

// handleCode handles the code that the box has to speak, or the news that a person has entered it.
func (b *box) handleCode(payload []byte) error {
	var code soundbox.Code
	if err := soundbox.Open(b.state.Key, b.topic(soundbox.Pairing), payload, &code); err != nil {
		b.print("refused", err.Error())
		return nil
	}
	if code.Paired {
		return errors.New("it was paired, and connects again as a paired box")
	}
	b.code, b.codeSpokenAt = code, time.Time{}
	b.codeEnds = time.Now().Add(time.Duration(code.ExpiresIn+code.Wait) * time.Second)
	if code.Code != "" {
		b.print("code", code.Code)
	}
	return nil
}

// turnNew speaks the code at intervals, and requests another when it has expired.
func (b *box) turnNew(ctx context.Context) error {
	switch {
	case time.Now().After(b.codeEnds):
		return b.requestCode(ctx)
	case b.code.Code == "" || time.Since(b.codeSpokenAt) < codeEvery:
		return nil
	}
	b.codeSpokenAt = time.Now()
	b.queueSentences(ctx, voice.Pairing(b.code.Code))
	return nil
}
