package soundbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"market40/payments/soundbox"
)

const (
	// boxConnects is how long connecting may take.
	boxConnects = 10 * time.Second
	// boxGathers is how long a box gathers what comes at once before it speaks.
	boxGathers = 200 * time.Millisecond
	// boxGreetsAgain is after how long without a welcome a box greets once more.
	boxGreetsAgain = 5 * time.Second
	// boxSilent is how long a box is without a line before it says so: its silence must mean that
	// nothing came.
	boxSilent = 8 * time.Second
	// codeEvery is how often a new box says its code.
	codeEvery = 15 * time.Second
	// boxPauses is the longest pause between two tries to connect.
	boxPauses = 4 * time.Second
)

// fatal is what trying again does not mend.
type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// run connects again and again until ctx ends, or no connection is possible.
func (b *box) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer b.voice.Wait()
	defer cancel()
	b.lineLost = time.Now()
	for pause := boxGathers; ctx.Err() == nil; pause = min(2*pause, boxPauses) {
		began := time.Now()
		err := b.runConnection(ctx)
		if b.lineLost.IsZero() {
			b.lineLost = time.Now()
		}
		var end fatal
		if errors.As(err, &end) {
			return end.error
		}
		if ctx.Err() != nil {
			return nil
		}
		b.print("line lost", err.Error())
		if time.Since(began) > boxPauses {
			pause = boxGathers
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		if !b.lossSpoken && time.Since(b.lineLost) > boxSilent {
			b.lossSpoken = true
			b.queueSentences(ctx, []string{"lost", "offline"})
		}
	}
	return nil
}

// runConnection connects, and speaks what comes until the line is lost.
func (b *box) runConnection(ctx context.Context) error {
	lost := make(chan error, 4)
	if err := b.connect(ctx, lost); err != nil {
		return err
	}
	defer func() { _ = b.client.Disconnect(&paho.Disconnect{}) }() // it may be lost
	if err := b.subscribe(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(boxGathers)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-lost:
			return err
		case err := <-b.mute:
			return fatal{err} // a box that cannot be heard must not say that it speaks
		case m := <-b.received:
			if err := b.handleMessage(ctx, m); err != nil {
				return err
			}
			if len(b.received) > 0 {
				continue // one receipt for all
			}
			if err := b.receipt(ctx); err != nil {
				return err
			}
			continue // more may come: it is spoken together
		case <-tick.C:
		}
		if err := b.turn(ctx); err != nil {
			return err
		}
	}
}

// connect opens the line and says who the box is.
func (b *box) connect(ctx context.Context, lost chan<- error) error {
	ctx, cancel := context.WithTimeout(ctx, boxConnects)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", b.address.Host)
	if err != nil {
		return err
	}
	if b.address.Scheme == "mqtts" {
		over := tls.Client(conn, b.tls)
		if err := over.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return err
		}
		conn = packets.NewThreadSafeConn(over)
	}
	b.received = make(chan *paho.Publish, 256)
	report := func(err error) {
		select {
		case lost <- err:
		default: // one is enough
		}
	}
	b.client = paho.NewClient(paho.ClientConfig{
		Conn: conn,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			select {
			case b.received <- p.Packet:
			default: // the gap shows
			}
			return true, nil
		}},
		OnClientError: report,
		OnServerDisconnect: func(d *paho.Disconnect) {
			report(fmt.Errorf("the server hung up (reason 0x%02x)",
				d.ReasonCode))
		},
	})
	name := b.state.ID.String()
	answer, err := b.client.Connect(ctx, &paho.Connect{
		ClientID: name, CleanStart: true, KeepAlive: 20, Username: name,
		UsernameFlag: true, Password: []byte(soundbox.Password(b.state.Key)), PasswordFlag: true,
	})
	if err != nil {
		_ = conn.Close()
		return checkRefusal(answer, err)
	}
	return nil
}

// checkRefusal returns why a server refuses the box, and whether that may change.
func checkRefusal(answer *paho.Connack, err error) error {
	if answer == nil {
		return err
	}
	switch answer.ReasonCode {
	case 0x86:
		return fatal{errors.New("the server refuses this box's password")}
	case 0x87:
		return fatal{errors.New("this box was revoked: start again with --pair")}
	case 0x85:
		return fatal{errors.New("the server refuses this box's name")}
	}
	return err
}

// subscribe subscribes to both kinds of topics of a box: the one that is granted shows whether it is
// paired.
func (b *box) subscribe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, boxConnects)
	defer cancel()
	granted, err := b.client.Subscribe(ctx,
		&paho.Subscribe{Subscriptions: []paho.SubscribeOptions{
			{Topic: b.topic(soundbox.Say)},
			{Topic: b.topic(soundbox.Pairing)},
		}})
	if granted == nil || len(granted.Reasons) != 2 {
		return fmt.Errorf("subscribe: %w", err)
	}
	switch {
	case granted.Reasons[0] < 0x80:
		if !b.state.Paired {
			b.state.Paired = true
			b.print("paired", "")
			if err := b.save(); err != nil {
				return fatal{err}
			}
		}
		return b.greet(ctx)
	case granted.Reasons[1] >= 0x80:
		return errors.New("the server granted no topic")
	case b.state.Paired:
		return fatal{errors.New("the server does not know this box any longer: start again with --pair")}
	}
	return b.requestCode(ctx)
}

func (b *box) topic(name string) string { return soundbox.Topic(b.state.ID, name) }

func (b *box) publish(ctx context.Context, name string, payload []byte) error {
	if _, err := b.client.Publish(ctx, &paho.Publish{Topic: b.topic(name), Payload: payload}); err != nil {
		return fmt.Errorf("say %s: %w", name, err)
	}
	return nil
}

// greet sends the box's state, at most once a second.
func (b *box) greet(ctx context.Context) error {
	if wait := time.Second - time.Since(b.greeted); wait > 0 {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
	b.greeted = time.Now()
	if err := b.save(); err != nil { // a greeting is a receipt too
		return fatal{err}
	}
	payload, err := b.receiver.Greet()
	if err != nil {
		return err
	}
	return b.publish(ctx, soundbox.Hello, payload)
}
