package voice_test

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"market40/frontend/voice"
)

type table struct {
	Clips   map[string]string `json:"clips"`
	Tones   []string          `json:"tones"`
	Numbers [][2]string       `json:"numbers"`
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestNumbersFollowTheTable(t *testing.T) {
	t.Parallel()
	var words table
	read(t, "words.json", &words)
	for _, row := range words.Numbers {
		n, err := strconv.ParseUint(row[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if said := voice.Text(voice.Number(n)); said != row[1] {
			t.Errorf("%s is said %q, want %q", row[0], said, row[1])
		}
	}
}

// Every number says itself: no two sound alike, and every word has its recording.
func TestNumbersDiffer(t *testing.T) {
	t.Parallel()
	var clips struct {
		Clips map[string][2]int `json:"clips"`
	}
	read(t, "clips.json", &clips)
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint64Range(0, 9_999_999_999_999).Draw(t, "a"), rapid.Uint64Range(0, 9_999_999_999_999).Draw(t,
			"b")
		if a != b && voice.Text(voice.Number(a)) == voice.Text(voice.Number(b)) {
			t.Fatalf("%d and %d sound alike", a, b)
		}
		for _, name := range voice.Number(a) {
			if clips.Clips[name][1] == 0 {
				t.Fatalf("%s of %d has no recording", name, a)
			}
		}
	})
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		clips       []string
		first, text string
	}{
		{voice.Received(45000), "chime", "đã nhận bốn mươi lăm nghìn đồng"},
		{voice.Received(999), "alarm", "chú ý, chỉ nhận chín trăm chín mươi chín đồng"},
		{voice.Received(200), "alarm", "chú ý, chỉ nhận hai trăm đồng"},
		{voice.Received(1000), "chime", "đã nhận một nghìn đồng"},
		{voice.Late(45000, 10, 42), "chime", "đã nhận bốn mươi lăm nghìn đồng khoản lúc mười giờ bốn mươi hai"},
		{voice.Late(45000, 7, 0), "chime", "đã nhận bốn mươi lăm nghìn đồng khoản lúc bảy giờ"},
		{voice.Several(30, 1350000), "chime", "có ba mươi khoản tổng cộng một triệu ba trăm năm mươi nghìn đồng"},
		{voice.Reversed(45000), "correction", "ngân hàng rút lại bốn mươi lăm nghìn đồng"},
	} {
		if c.clips[0] != c.first || voice.Text(c.clips) != c.text {
			t.Errorf("%q says %q, want %q after %s", c.clips, voice.Text(c.clips), c.text, c.first)
		}
	}
}

// Every word and tone has a recording that sounds: none is empty or longer than a breath, and they
// do not overlap.
func TestRecordings(t *testing.T) {
	t.Parallel()
	var words table
	var clips struct {
		Rate  int               `json:"rate"`
		Clips map[string][2]int `json:"clips"`
	}
	read(t, "words.json", &words)
	read(t, "clips.json", &clips)
	raw, err := os.ReadFile("clips.wav")
	if err != nil {
		t.Fatal(err)
	}
	sound := raw[44:] // a WAV's header, 16 bits a sample
	var ends []int
	for name := range words.Clips {
		words.Tones = append(words.Tones, name)
	}
	for _, name := range words.Tones {
		at := clips.Clips[name]
		if at[1] < clips.Rate/20 || at[1] > 4*clips.Rate || 2*(at[0]+at[1]) > len(sound) {
			t.Errorf("%s lies at %v", name, at)
			continue
		}
		loudest := 0
		for i := 2 * at[0]; i < 2*(at[0]+at[1]); i += 2 {
			level := int(int16(uint16(sound[i]) | uint16(sound[i+1])<<8))
			loudest = max(loudest, level, -level)
		}
		if loudest < 16000 || loudest > 32700 {
			t.Errorf("%s is as loud as %d of 32767", name, loudest)
		}
		if slices.Contains(ends, at[0]) {
			t.Errorf("%s begins where another ends", name)
		}
		ends = append(ends, at[0]+at[1])
	}
	if len(clips.Clips) != len(words.Tones) {
		t.Errorf("%d recordings, %d words and tones", len(clips.Clips), len(words.Tones))
	}
	if strings.Contains(voice.Text(voice.Received(1)), "  ") {
		t.Error("a word is missing")
	}
}

// TestEveryClipIsRecorded: each sentence is sound, as long as its clips are, and a WAV file of it
// says so itself.
func TestEveryClipIsRecorded(t *testing.T) {
	t.Parallel()
	var words table
	read(t, "words.json", &words)
	for name := range words.Clips {
		words.Tones = append(words.Tones, name)
	}
	for _, name := range words.Tones {
		samples, rate, err := voice.Samples([]string{name})
		if err != nil || rate != 16000 || len(samples) < 2000 || !slices.ContainsFunc(samples,
			func(s int16) bool { return s > 1000 }) {
			t.Errorf("%s is %d samples of %d a second, %v", name, len(samples), rate, err)
		}
	}
	one, _, _ := voice.Samples([]string{"chime"})
	two, rate, err := voice.Samples(voice.Received(45000))
	if err != nil || len(two) < 3*rate/2 || !slices.Equal(one, two[:len(one)]) {
		t.Errorf("a sentence of %d samples, %v", len(two), err)
	}
	if file := voice.WAV(two, rate); len(file) != 44+2*len(two) || string(file[:4]) != "RIFF" {
		t.Errorf("a file of %d bytes", len(file))
	}
	if _, _, err := voice.Samples([]string{"chime", "nothing"}); err == nil {
		t.Error("a clip that was not recorded is silence")
	}
	if got := strings.Join(voice.Pairing("104729"), " "); got != "pairing 1 0 4 7 2 9" {
		t.Errorf("a code is said %s", got)
	}
}
