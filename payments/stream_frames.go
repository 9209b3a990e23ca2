package payments

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"
)

// channel is shared by the open streams of one ledger account. It has the newest payments, read once
// for all streams.
type channel struct {
	account uuid.UUID
	woken   chan struct{} // holds one wake-up
	stop    context.CancelFunc

	mu      sync.Mutex
	opened  bool
	frames  []frame // every payment above from and up to upTo, in the order of versions
	from    int64
	upTo    int64
	speaker Speaker
	streams map[*stream]bool
}

// frame is a payment as a stream writes it.
type frame struct {
	version int64
	text    []byte
}

func (at *channel) add(frames []frame) {
	at.mu.Lock()
	defer at.mu.Unlock()
	for _, f := range frames {
		if f.version > at.upTo {
			at.frames, at.upTo = append(at.frames, f), f.version
		}
	}
	if n := len(at.frames) - recentFrames; n > 0 {
		at.from = at.frames[n-1].version
		at.frames = slices.Clone(at.frames[n:])
	}
}

// view is the content of a channel for one reader.
type view struct {
	frames     []frame // the payments above the reader's version, when that is not below from
	from, upTo int64
	speaker    Speaker
}

// newest returns the newest version that the channel knows of.
func (at *channel) newest() int64 {
	at.mu.Lock()
	defer at.mu.Unlock()
	return at.upTo
}

// view returns the content of a channel for a reader with a version.
func (at *channel) view(version int64) view {
	at.mu.Lock()
	defer at.mu.Unlock()
	byVersion := func(f frame, v int64) int { return cmp.Compare(f.version, v) }
	first, _ := slices.BinarySearchFunc(at.frames, version+1, byVersion)
	return view{at.frames[first:], at.from, at.upTo, at.speaker}
}

func framesOf(payments []Payment) ([]frame, error) {
	frames := make([]frame, 0, len(payments))
	for _, p := range payments {
		data, err := json.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("write payment: %w", err)
		}
		var text bytes.Buffer
		fmt.Fprintf(&text, "id: %d\nevent: payment\ndata: %s\n\n", p.Version, data)
		frames = append(frames, frame{p.Version, text.Bytes()})
	}
	return frames, nil
}
