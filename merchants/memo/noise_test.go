package memo_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"market40/merchants/memo"
)

const (
	base62    = written + "abcdefghijklmnopqrstuvwxyz"
	shoppers  = "tien ca rau thit bo muong 4 kem jam ck cho chi Lan quay sap 12 mua hang CHUYEN TIEN tom 4 ky 45k tam 4 jean NGUYEN THI HA VU TRONG KHOA com Jollibee"
	fragments = 12
)

// bankNoise writes memos with no code in them, of the pieces that banks and wallets put there.
type bankNoise struct {
	rand  *rand.Rand
	words []string
}

func newBankNoise() bankNoise {
	return bankNoise{rand.New(rand.NewPCG(40, 4)), strings.Fields(shoppers)}
}

func (n bankNoise) from(alphabet string, size int) string {
	text := make([]byte, size)
	for i := range text {
		text[i] = alphabet[n.rand.IntN(len(alphabet))]
	}
	return string(text)
}

func (n bankNoise) fragment() string {
	switch n.rand.IntN(fragments) {
	case 0:
		return "FT" + n.from("0123456789", 14)
	case 1:
		return "MBVCB." + n.from("0123456789", 10) + "." + n.from("0123456789", 6) + "."
	case 2:
		return "ZP" + n.from(written, 10) + ","
	case 3:
		return "CHUYEN TIEN-OQCH" + n.from(base62, 10) + "-MOMO" + n.from("0123456789", 12) + "MOMO"
	case 4:
		return fmt.Sprintf("%08x-%04x-%04x", n.rand.Uint32(), n.rand.IntN(1<<16), n.rand.IntN(1<<16))
	case 5:
		return "/MAC/" + n.from("0123456789ABCDEF", 16)
	case 6:
		return "Trace " + n.from("0123456789", 6)
	case 7:
		return n.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 26)
	case 8:
		return "GD " + n.from("0123456789", 6) + "-090922 15:45:46"
	default:
		return n.words[n.rand.IntN(len(n.words))] + " " + n.words[n.rand.IntN(len(n.words))]
	}
}

// A million memos of random pieces: no code in any, and hardly the prefix.
func TestNoCodeInNoise(t *testing.T) {
	t.Parallel()
	const memos = 1_000_000
	noise := newBankNoise()
	squash := strings.NewReplacer(" ", "", "-", "", ".", "", ",", "", "/", "", ":", "")
	characters, prefixes := 0, 0
	for range memos {
		text := noise.fragment() + noise.fragment() + " " + noise.fragment() + noise.fragment()
		characters += len(text)
		if found := memo.Find(text); found != nil {
			t.Errorf("%q gives %q", text, found)
		}
		prefixes += strings.Count(squash.Replace(strings.ToUpper(text)), memo.Prefix)
	}
	t.Logf("%d characters, the prefix %d times", characters, prefixes)
	if prefixes > memos/1000 {
		t.Errorf("the prefix occurs %d times in %d memos", prefixes, memos)
	}
}

// Of texts that have the form by chance, one in 23² = 529 is sound.
func TestChanceOfValidChecks(t *testing.T) {
	t.Parallel()
	const texts = 529 * 2000
	noise := newBankNoise()
	sound := 0
	for range texts {
		sound += len(memo.Find(memo.Prefix + noise.from(symbols, memo.Length-len(memo.Prefix))))
	}
	if sound < 1800 || sound > 2200 {
		t.Errorf("%d of %d are sound, about 2000 expected", sound, texts)
	}
}
