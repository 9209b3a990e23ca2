// Package soundbox is the command that is a soundbox: it connects over MQTT and speaks what comes
// to a stall. It is the reference for makers of others.
package soundbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eclipse/paho.golang/paho"
	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/frontend/voice"
	"market40/payments/soundbox"
)

// boxFlags are the flags of the command.
type boxFlags struct {
	server, state, wav, ca string
	pair                   bool
}

// Command returns `market40 soundbox`.
func Command() *cobra.Command {
	var f boxFlags
	c := &cobra.Command{
		Use:     "soundbox --server mqtts://HOST:PORT --state FILE [--pair] [--wav FILE]",
		Short:   "Run a soundbox: speak a stall's payments until stopped",
		Example: "  market40 soundbox --server mqtts://cho.example.vn:8883 --state /var/lib/soundbox/box.json",
		Args:    cobra.NoArgs,
		Long: "A soundbox for a stall, and the reference for makers of others. A new one (without a state file, or with --pair) speaks\n" +
			"a code of six digits: the stall's owner enters it in the app under Thêm, Loa báo tiền.",
		RunE: func(cmd *cobra.Command, _ []string) error { return beSoundbox(cmd.Context(), f, cmd.OutOrStdout()) },
	}
	c.Flags().StringVar(&f.server, "server", "",
		"the address for boxes that serve prints: mqtt://… or mqtts://…")
	c.Flags().StringVar(&f.state, "state", "", "the file that stores the box's identity and how far it has spoken")
	c.Flags().BoolVar(&f.pair, "pair", false, "start again as a box that is not paired")
	c.Flags().StringVar(&f.wav, "wav", "", "write the speech to this WAV file instead of the machine's speaker")
	c.Flags().StringVar(&f.ca, "ca", "", "PEM file of authorities for the server's certificate (default: the system's)")
	_ = c.MarkFlagRequired("server") // they exist
	_ = c.MarkFlagRequired("state")
	return c
}

// boxState is what a box keeps in its file.
type boxState struct {
	ID     uuid.UUID `json:"id"`
	Key    []byte    `json:"key"`
	Paired bool      `json:"paired"`
	soundbox.Mark
}

// box is a running soundbox.
type box struct {
	path     string
	state    boxState
	address  *url.URL
	tls      *tls.Config
	speak    speaker
	out      io.Writer
	receiver *soundbox.Receiver

	client         *paho.Client // the present line
	received       chan *paho.Publish
	code           soundbox.Code // of a new box
	codeEnds       time.Time
	codeSpokenAt   time.Time
	lineLost       time.Time // zero: there is one
	lossSpoken     bool
	started        bool // it has said that it is there
	greeted        time.Time
	unacknowledged bool // messages were received and not yet acknowledged

	voice    sync.WaitGroup // what is being said
	speaking atomic.Int32   // how many sentences wait or are being said
	mouth    sync.Mutex     // held while one is
	mute     chan error     // the speaker failed
	lines    sync.Mutex     // of what is printed
}

func beSoundbox(ctx context.Context, f boxFlags, out io.Writer) error {
	b := &box{path: f.state, out: out, mute: make(chan error, 1)}
	var err error
	if b.address, err = url.Parse(f.server); err != nil || b.address.Host == "" || b.address.Port() == "" ||
		b.address.Scheme != "mqtt" && b.address.Scheme != "mqtts" {
		return app.WrongUse(errors.New("--server must be mqtt://host:port or mqtts://host:port"))
	}
	if b.tls, err = boxTLS(f.ca, b.address); err != nil {
		return app.WrongUse(err)
	}
	if b.speak, err = openSpeaker(f.wav); err != nil {
		return err
	}
	if err := b.open(f.pair); err != nil {
		return err
	}
	b.receiver = soundbox.NewReceiver(b.state.ID, b.state.Key, b.state.Mark, time.Now)
	return b.run(ctx)
}

// boxTLS returns the TLS settings by which a box checks the server.
func boxTLS(ca string, server *url.URL) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: server.Hostname()}
	if ca == "" {
		return config, nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("--ca: the file contains no certificate in PEM")
	}
	return config, nil
}

// open reads the box's file, or makes a new box.
func (b *box) open(anew bool) error {
	raw, err := os.ReadFile(b.path)
	switch {
	case anew || errors.Is(err, fs.ErrNotExist):
		b.state = boxState{ID: uuid.New(), Key: soundbox.NewKey()}
		return b.save()
	case err != nil:
		return fmt.Errorf("--state: %w", err)
	}
	if err := json.Unmarshal(raw, &b.state); err != nil || len(b.state.Key) != soundbox.KeySize ||
		b.state.ID == uuid.Nil || b.state.Last < 0 {
		return app.WrongUse(
			fmt.Errorf("--state: %s is not the file of a soundbox: remove it, or start again with --pair",
				b.path),
		)
	}
	return nil
}

// save writes the box's file before anything is done that rests on it.
func (b *box) save() error {
	if b.receiver != nil {
		b.state.Mark = b.receiver.Mark()
	}
	raw, err := json.Marshal(b.state)
	if err != nil {
		return err
	}
	if err := replaceFile(b.path, raw, 0o600); err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	return nil
}

// print prints what the box does: a word, a tabulator, its details.
func (b *box) print(what, about string) {
	b.lines.Lock()
	defer b.lines.Unlock()
	fmt.Fprintf(b.out, "%s\t%s\n", what, strings.ReplaceAll(about, "\n", " "))
}

// queueSentences has sentences said, each after what is being said; it does not wait for that.
func (b *box) queueSentences(ctx context.Context, sentences ...[]string) {
	b.speaking.Add(1)
	b.voice.Go(func() {
		defer b.speaking.Add(-1)
		b.mouth.Lock()
		defer b.mouth.Unlock()
		for _, clips := range sentences {
			if ctx.Err() != nil {
				return
			}
			if err := b.play(ctx, clips); err != nil && ctx.Err() == nil {
				select {
				case b.mute <- err:
				default: // one is enough
				}
				return
			}
		}
	})
}

// play makes sound of a sentence.
func (b *box) play(ctx context.Context, clips []string) error {
	samples, rate, err := voice.Samples(clips)
	if err != nil {
		return err
	}
	b.print("said", strings.Join(clips, " ")+"\t"+voice.Text(clips))
	return b.speak(ctx, samples, rate)
}
