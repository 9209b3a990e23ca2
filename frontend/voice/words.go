// Package voice says in Vietnamese what came: which recorded clips, one after the other. The stall
// app (words.ts) and the soundbox speak by the same table, words.json; make-clips makes the
// recordings.
package voice

import (
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
)

//go:embed words.json
var wordsJSON []byte

// words are the texts of the clips, by name; a test reads the table, so that it is never unreadable
// here.
var words = sync.OnceValue(func() map[string]string {
	var table struct {
		Clips map[string]string `json:"clips"`
	}
	_ = json.Unmarshal(wordsJSON, &table)
	return table.Clips
})

// groups are what every three digits are called, the lowest first; above them everything is counted
// in billions.
var groups = []string{"", "thousand", "million"}

// Number returns the clips of a number from 0 on, as people in the South and the North both say it:
// 15 "mười lăm", 21 "hai mươi mốt", 105 "một trăm linh năm", 1005 "một nghìn không trăm linh năm".
func Number(n uint64) []string {
	if n == 0 {
		return []string{"0"}
	}
	return number(n, false)
}

// number returns the words of n. After a higher group, its hundreds are named even if there are
// none.
func number(n uint64, after bool) (said []string) {
	const billion = 1_000_000_000
	if n >= billion {
		said = append(number(n/billion, after), "billion")
		after, n = true, n%billion
	}
	for g := len(groups) - 1; g >= 0; g-- {
		size := uint64(1)
		for range g {
			size *= 1000
		}
		if part := n / size % 1000; part > 0 {
			said = append(said, hundreds(part, after)...)
			if groups[g] != "" {
				said = append(said, groups[g])
			}
			after = true
		}
	}
	return said
}

// hundreds returns the words of 1 to 999.
func hundreds(n uint64, after bool) (said []string) {
	digit := func(d uint64) string { return strconv.FormatUint(d, 10) }
	h, t, u := n/100, n/10%10, n%10
	if h > 0 || after {
		said = append(said, digit(h), "hundred")
	}
	switch {
	case t == 0 && u > 0 && len(said) > 0:
		return append(said, "and", digit(u))
	case t == 0 && u > 0:
		return append(said, digit(u))
	case t == 0:
		return said
	case t == 1:
		said = append(said, "ten")
	default:
		said = append(said, digit(t), "tens")
	}
	switch {
	case u == 1 && t > 1:
		return append(said, "one_after_tens")
	case u == 5:
		return append(said, "five_after_tens")
	case u > 0:
		return append(said, digit(u))
	}
	return said
}

// SmallAmount is the amount in đồng below which money is announced by an alarm: a known fraud pays
// 200 đ for 200.000 đ.
const SmallAmount = 1000

// Received returns the sentence for a received amount. An amount under SmallAmount has an alarm
// before it.
func Received(dong uint64) []string {
	if dong < SmallAmount {
		return sentence("alarm", "only", Number(dong), "dong")
	}
	return sentence("chime", "received", Number(dong), "dong")
}

// Late returns the sentence for money that was sent at an earlier time of the day.
func Late(dong uint64, hour, minute int) []string {
	said := append(Received(dong), "at")
	said = append(said, Number(uint64(hour))...)
	said = append(said, "hour")
	if minute > 0 {
		said = append(said, Number(uint64(minute))...)
	}
	return said
}

// Several returns the sentence for several payments, with their count and sum.
func Several(payments, dong uint64) []string {
	return sentence("chime", "have", Number(payments), "payments", "total", Number(dong), "dong")
}

// Reversed returns the sentence for a reversed payment.
func Reversed(dong uint64) []string {
	return sentence("correction", "taken_back", Number(dong), "dong")
}

// Pairing returns a new soundbox's code, digit by digit.
func Pairing(code string) []string {
	return sentence("pairing", strings.Split(code, ""))
}

// sentence joins clips and numbers.
func sentence(parts ...any) (said []string) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			said = append(said, p)
		case []string:
			said = append(said, p...)
		}
	}
	return said
}

// Text returns what clips say; tones add nothing.
func Text(clips []string) string {
	said := make([]string, 0, len(clips))
	for _, name := range clips {
		if text := words()[name]; text != "" {
			said = append(said, text)
		}
	}
	return strings.Join(said, " ")
}
