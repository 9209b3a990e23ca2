package soundbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	box "market40/cmd/market40/soundbox"
	"market40/frontend/voice"
	"market40/payments/money"
	"market40/payments/soundbox"
)

// message is one that waits in a box: n đồng, announced seconds after they were paid.
func message(kind string, dong int64, seconds int) soundbox.Message {
	id, amount := uuid.New(), money.FromDong(dong)
	received := time.Date(2026, 11, 23, 3, 45, 0, 0, time.UTC) // 10:45 in the market
	occurred := received.Add(-time.Duration(seconds) * time.Second)
	return soundbox.Message{
		Kind: kind, ID: &id, Amount: &amount, OccurredAt: &occurred, ReceivedAt: &received,
		Precision: "second",
	}
}

// TestBoxSpeaksAsTheApp: the same words as frontend/stall/announce.test.ts expects of the
// phone.
func TestBoxSpeaksAsTheApp(t *testing.T) {
	t.Parallel()
	back, sum := money.FromDong(45000), money.FromDong(61200)
	day := message(soundbox.Payment, 45000, 9000)
	day.Precision = "day"
	minute := message(soundbox.Payment, 45000, 179)
	minute.Precision = "minute"
	for name, c := range map[string]struct {
		waiting []soundbox.Message
		want    string
	}{
		"nothing": {nil, ""},
		"one by one": {
			[]soundbox.Message{message(soundbox.Payment, 45000, 5), message(soundbox.Payment, 12000, 5)},
			"đã nhận bốn mươi lăm nghìn đồng; đã nhận mười hai nghìn đồng",
		},
		"a gap": {
			[]soundbox.Message{
				message(soundbox.Payment, 45000, 5), message(soundbox.Payment, 12000, 5),
				message(soundbox.Payment, 200, 5), message(soundbox.Payment, 3000, 5), message(soundbox.Payment, 1000, 5),
			},
			"có năm khoản tổng cộng sáu mươi mốt nghìn hai trăm đồng; chú ý, chỉ nhận hai trăm đồng",
		},
		"late": {
			[]soundbox.Message{message(soundbox.Payment, 45000, 180)},
			"đã nhận bốn mươi lăm nghìn đồng khoản lúc mười giờ bốn mươi hai",
		},
		"a minute": {[]soundbox.Message{minute}, "đã nhận bốn mươi lăm nghìn đồng"},
		"a day":    {[]soundbox.Message{day}, "đã nhận bốn mươi lăm nghìn đồng"},
		"back": {
			[]soundbox.Message{message(soundbox.Correction, 45000, 5)},
			"ngân hàng rút lại bốn mươi lăm nghìn đồng",
		},
		"missed": {
			[]soundbox.Message{{
				Kind: soundbox.Missed, Count: 5, Amount: &sum, Corrections: 2,
				TakenBack: &back,
			}},
			"có năm khoản tổng cộng sáu mươi mốt nghìn hai trăm đồng; ngân hàng rút lại bốn mươi lăm nghìn đồng",
		},
	} {
		var said []string
		for _, clips := range box.Sentences(c.waiting) {
			said = append(said, voice.Text(clips))
		}
		if got := strings.Join(said, "; "); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if tone := box.Sentences([]soundbox.Message{message(soundbox.Correction, 45000, 5)})[0][0]; tone != "correction" {
		t.Errorf("what is taken back sounds like %s", tone)
	}
}
