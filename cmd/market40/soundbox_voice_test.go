package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	market40 "market40/cmd/market40"
	"market40/frontend/voice"
	"market40/payments/money"
	"market40/payments/soundbox"
)

// message is one that waits in a box: n đồng, told seconds after they were paid.
func message(kind string, dong int64, seconds int) soundbox.Message {
	id, amount := uuid.New(), money.FromDong(dong)
	received := time.Date(2026, 11, 23, 3, 45, 0, 0, time.UTC) // 10:45 in the market
	occurred := received.Add(-time.Duration(seconds) * time.Second)
	return soundbox.Message{Kind: kind, ID: &id, Amount: &amount, OccurredAt: &occurred, ReceivedAt: &received, Precision: "second"}
}

// TestTheBoxSaysWhatTheAppSays: the same words as frontend/stall/announce.test.ts wants of the phone.
func TestTheBoxSaysWhatTheAppSays(t *testing.T) {
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
		"one by one": {[]soundbox.Message{message(soundbox.Payment, 45000, 5), message(soundbox.Payment, 12000, 5)},
			"đã nhận bốn mươi lăm nghìn đồng; đã nhận mười hai nghìn đồng"},
		"a gap": {[]soundbox.Message{message(soundbox.Payment, 45000, 5), message(soundbox.Payment, 12000, 5), message(soundbox.Payment, 200, 5), message(soundbox.Payment, 3000, 5), message(soundbox.Payment, 1000, 5)},
			"có năm khoản tổng cộng sáu mươi mốt nghìn hai trăm đồng; chú ý, chỉ nhận hai trăm đồng"},
		"late":     {[]soundbox.Message{message(soundbox.Payment, 45000, 180)}, "đã nhận bốn mươi lăm nghìn đồng khoản lúc mười giờ bốn mươi hai"},
		"a minute": {[]soundbox.Message{minute}, "đã nhận bốn mươi lăm nghìn đồng"},
		"a day":    {[]soundbox.Message{day}, "đã nhận bốn mươi lăm nghìn đồng"},
		"back":     {[]soundbox.Message{message(soundbox.Correction, 45000, 5)}, "ngân hàng rút lại bốn mươi lăm nghìn đồng"},
		"missed": {[]soundbox.Message{{Kind: soundbox.Missed, Count: 5, Amount: &sum, Corrections: 2, TakenBack: &back}},
			"có năm khoản tổng cộng sáu mươi mốt nghìn hai trăm đồng; ngân hàng rút lại bốn mươi lăm nghìn đồng"},
	} {
		var said []string
		for _, clips := range market40.Sentences(c.waiting) {
			said = append(said, voice.Text(clips))
		}
		if got := strings.Join(said, "; "); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if tone := market40.Sentences([]soundbox.Message{message(soundbox.Correction, 45000, 5)})[0][0]; tone != "correction" {
		t.Errorf("what is taken back sounds like %s", tone)
	}
}

// selfSigned writes a certificate for this machine, which vouches for itself.
func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	folder := t.TempDir()
	cert, key = filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	as := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, as, as, private.Public(), private)
	must(t, err)
	must(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600))
	raw, err = x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	return cert, key
}

// TestABoxWantsTheServersCertificate: over TLS, by the certificate of the pages; from a stranger it takes nothing.
func TestABoxWantsTheServersCertificate(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	env := []string{"DATABASE_URL=" + s.database(), "SECRET_KEY=" + someSecret(1)}
	owner := s.owner(env)
	cert, key := selfSigned(t)
	secure := serve(t, append(env, "TLS_CERT_FILE="+cert, "TLS_KEY_FILE="+key, "PUBLIC_URL=https://127.0.0.1", "MQTT_LISTEN_ADDR=:0"))
	address := strings.Replace(mqttOf(secure), "[::]", "127.0.0.1", 1)
	if !strings.HasPrefix(address, "mqtts://") {
		t.Fatalf("boxes connect to %s", address)
	}
	wary := newBox(t).start(address)
	if why := wary.prints("line lost"); !strings.Contains(why, "certificate") {
		t.Errorf("without --ca the box says %s", why)
	}
	b := newBox(t).start(address, "--ca", cert)
	s.pair(owner, b)
	s.pay(s.code, 45000)
	b.hears("chime received 4 tens five_after_tens thousand dong")
}
