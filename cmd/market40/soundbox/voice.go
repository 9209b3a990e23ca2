package soundbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"market40/cmd/market40/app"
	"market40/frontend/voice"
	"market40/merchants/platform/bizday"
	"market40/payments/money"
	"market40/payments/soundbox"
)

// speaker makes sound of a sentence, and is done when it has been heard or written.
type speaker func(ctx context.Context, samples []int16, rate int) error

// openSpeaker opens the machine's speaker (aplay, of ALSA), or a WAV file to append to.
func openSpeaker(wav string) (speaker, error) {
	if wav != "" {
		return wavFile(wav), nil
	}
	aplay, err := exec.LookPath("aplay")
	if err != nil {
		return nil, app.WrongUse(
			errors.New("this machine has no aplay (Debian: alsa-utils): give --wav FILE to write the speech to a file"))
	}
	return func(ctx context.Context, samples []int16, rate int) error {
		cmd := exec.CommandContext(ctx, aplay, "-q", "-t", "wav", "-")
		cmd.Stdin = bytes.NewReader(voice.WAV(samples, rate))
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("aplay: %w: %s", err, bytes.TrimSpace(out))
		}
		return nil
	}, nil
}

// mostWritten is how much a WAV file holds, in samples: an hour at 16 kHz. Past it the file begins
// anew.
const mostWritten = 60 * 60 * 16000

// wavFile writes each sentence after those before it. The file is whole whenever it is looked at.
func wavFile(path string) speaker {
	var all []int16
	return func(_ context.Context, samples []int16, rate int) error {
		if len(all)+len(samples) > mostWritten {
			all = nil
		}
		all = append(all, samples...)
		return replaceFile(path, voice.WAV(all, rate), 0o644)
	}
}

// replaceFile replaces a file in one step.
func replaceFile(path string, content []byte, mode os.FileMode) (err error) {
	made, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = made.Close() // it may be closed
			_ = os.Remove(made.Name())
		}
	}()
	if err = made.Chmod(mode); err != nil {
		return err
	}
	if _, err = made.Write(content); err != nil {
		return err
	}
	if err = made.Sync(); err != nil {
		return err
	}
	if err = made.Close(); err != nil {
		return err
	}
	return os.Rename(made.Name(), path)
}

const (
	// oneByOne is how many payments at once are said one by one, as by the stall's app; more are
	// said as a count and a sum.
	oneByOne = 3
	// lateAfter is the age up to which a payment is not announced as
	// late.
	lateAfter = 2 * time.Minute
)

// sentencesOf returns what a box says about waiting messages, as lists of clips. After a gap it says
// a count and a sum instead of thirty sentences, but mentions small amounts.
// frontend/stall/announce.ts says the same.
func sentencesOf(waiting []soundbox.Message) (said [][]string) {
	var came, back []soundbox.Message
	for _, m := range waiting {
		switch m.Kind {
		case soundbox.Payment:
			came = append(came, m)
		case soundbox.Correction:
			back = append(back, m)
		case soundbox.Missed:
			said = append(said, missedSentences(m)...)
		}
	}
	if len(came) > oneByOne {
		said = append(said, gapSentences(came)...)
	} else {
		for _, m := range came {
			said = append(said, payment(m))
		}
	}
	for _, m := range back {
		said = append(said, voice.Reversed(uint64(m.Amount.Dong())))
	}
	return said
}

func missedSentences(m soundbox.Message) (said [][]string) {
	if m.Count > 0 {
		said = append(said, voice.Several(uint64(m.Count), uint64(m.Amount.Dong())))
	}
	if m.Corrections > 0 {
		said = append(said, voice.Reversed(uint64(m.TakenBack.Dong())))
	}
	return said
}

func gapSentences(came []soundbox.Message) (said [][]string) {
	total, small := money.FromDong(0), [][]string(nil)
	for _, m := range came {
		total = total.Add(*m.Amount)
		if m.Amount.Dong() < voice.SmallAmount && len(small) < oneByOne {
			small = append(small, voice.Received(uint64(m.Amount.Dong())))
		}
	}
	return append([][]string{voice.Several(uint64(len(came)), uint64(total.Dong()))}, small...)
}

// payment returns the sentence of one payment, with the time of day if it reached us late. A bank
// may report a date alone, without a time.
func payment(m soundbox.Message) []string {
	dong := uint64(m.Amount.Dong())
	exact := map[string]time.Duration{"second": 0, "minute": time.Minute}
	within, known := exact[m.Precision]
	if known && m.ReceivedAt != nil && m.ReceivedAt.Sub(m.OccurredAt.Add(within)) > lateAfter {
		at := m.OccurredAt.In(bizday.Vietnam)
		return voice.Late(dong, at.Hour(), at.Minute())
	}
	return voice.Received(dong)
}
