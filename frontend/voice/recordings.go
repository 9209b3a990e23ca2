package voice

import (
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed clips.wav
var clipsWAV []byte

//go:embed clips.json
var clipsJSON []byte

const (
	// headerSize is how long the head of clips.wav is, as make-clips writes it: 16 bits, one
	// channel.
	headerSize = 44
	// silenceBetween is the pause between two clips, in parts of a second: as the stall app plays
	// them.
	silenceBetween = 50
)

// recordings are the samples of all clips, where each begins and how long it is, and how many make
// a second.
var recordings = sync.OnceValues(func() (found struct {
	Rate    int               `json:"rate"`
	Clips   map[string][2]int `json:"clips"`
	samples []int16
}, err error,
) {
	if err := json.Unmarshal(clipsJSON, &found); err != nil {
		return found, fmt.Errorf("read clips.json: %w", err)
	}
	if len(clipsWAV) < headerSize || string(clipsWAV[36:40]) != "data" ||
		binary.LittleEndian.Uint16(clipsWAV[22:]) != 1 || binary.LittleEndian.Uint16(clipsWAV[34:]) != 16 {
		return found, fmt.Errorf("clips.wav is not of one channel and 16 bits")
	}
	found.samples = make([]int16, (len(clipsWAV)-headerSize)/2)
	for n := range found.samples {
		found.samples[n] = int16(binary.LittleEndian.Uint16(clipsWAV[headerSize+2*n:]))
	}
	return found, nil
})

// Samples returns clips one after the other as 16-bit sound of one channel, and the samples a
// second. A clip without a recording is an error.
func Samples(clips []string) (samples []int16, rate int, err error) {
	r, err := recordings()
	if err != nil {
		return nil, 0, err
	}
	for _, name := range clips {
		at, found := r.Clips[name]
		if !found || at[0]+at[1] > len(r.samples) {
			return nil, 0, fmt.Errorf("the clip %q was not recorded", name)
		}
		samples = append(samples, r.samples[at[0]:at[0]+at[1]]...)
		samples = append(samples, make([]int16, r.Rate/silenceBetween)...)
	}
	return samples, r.Rate, nil
}

// WAV writes sound of one channel and 16 bits as a file's content.
func WAV(samples []int16, rate int) []byte {
	size := 2 * len(samples)
	file := make([]byte, 0, headerSize+size)
	file = append(file, "RIFF"...)
	file = binary.LittleEndian.AppendUint32(file, uint32(headerSize-8+size))
	file = append(file, "WAVEfmt "...)
	file = binary.LittleEndian.AppendUint32(file, 16)             // the length of what follows
	file = binary.LittleEndian.AppendUint16(file, 1)              // PCM
	file = binary.LittleEndian.AppendUint16(file, 1)              // channels
	file = binary.LittleEndian.AppendUint32(file, uint32(rate))   // samples a second
	file = binary.LittleEndian.AppendUint32(file, uint32(2*rate)) // bytes a second
	file = binary.LittleEndian.AppendUint16(file, 2)              // bytes a sample
	file = binary.LittleEndian.AppendUint16(file, 16)             // bits a sample
	file = append(file, "data"...)
	file = binary.LittleEndian.AppendUint32(file, uint32(size))
	for _, s := range samples {
		file = binary.LittleEndian.AppendUint16(file, uint16(s))
	}
	return file
}
