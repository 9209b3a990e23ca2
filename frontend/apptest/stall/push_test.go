package stall_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
)

// pushService is a browser's push service: it takes messages, and knows the phone's keys to open
// them.
type pushService struct {
	*testing.T
	server *httptest.Server
	phone  *ecdh.PrivateKey
	secret []byte
	public string       // ours, by which it knows us
	status atomic.Int32 // what it answers to what comes from now on
	came   chan object
}

func newPushService(t *testing.T) *pushService {
	t.Helper()
	phone, err := ecdh.P256().GenerateKey(rand.Reader)
	must(t, err)
	s := &pushService{T: t, phone: phone, secret: make([]byte, 16), came: make(chan object, 10)}
	s.status.Store(201)
	_, err = rand.Read(s.secret)
	must(t, err)
	s.server = httptest.NewServer(http.HandlerFunc(func(res http.ResponseWriter, req *http.Request) {
		status := int(s.status.Load()) // once: a test may change it as soon as it heard of the message
		body, err := io.ReadAll(req.Body)
		if err != nil || req.Method != "POST" || req.Header.Get("TTL") != "120" ||
			req.Header.Get("Content-Encoding") != "aes128gcm" {
			t.Errorf("%s, TTL %s, %s, %v", req.Method, req.Header.Get("TTL"), req.Header.Get("Content-Encoding"), err)
		}
		s.vapid(req.Header.Get("Authorization"))
		if status == 201 {
			s.came <- s.open(body)
		} else {
			s.came <- nil
		}
		res.WriteHeader(status)
	}))
	t.Cleanup(s.server.Close)
	return s
}

// subscription is what the phone's browser gives.
func (s *pushService) subscription() object {
	encode := base64.RawURLEncoding.EncodeToString
	return object{"endpoint": s.server.URL + "/send/1", "keys": object{
		"p256dh": encode(s.phone.PublicKey().Bytes()),
		"auth":   encode(s.secret),
	}}
}

// vapid checks the sender's signature by the key that the service was given (RFC 8292).
func (s *pushService) vapid(header string) {
	token, key, found := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	if !found || key != s.public || len(parts) != 3 {
		s.Errorf("the sender is %q, want the key %q", header, s.public)
		return
	}
	decode := func(text string) []byte {
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			s.Error(err)
		}
		return raw
	}
	raw, signature := decode(key), decode(parts[2])
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		s.Error(err)
		return
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		s.Error("the signature is not of that key")
	}
	var claims struct {
		Aud string
		Exp int64
	}
	if err := json.Unmarshal(decode(parts[1]), &claims); err != nil || claims.Aud != s.server.URL ||
		claims.Exp < time.Now().Unix() || claims.Exp > time.Now().Add(24*time.Hour).Unix() {
		s.Errorf("the claims are %s", decode(parts[1]))
	}
}

// open decrypts a message as the phone does (RFC 8291, section 3.4; RFC 8188).
func (s *pushService) open(body []byte) (o object) {
	salt, size, text := body[:16], int(body[20]), body[21:]
	theirs, err := ecdh.P256().NewPublicKey(text[:size])
	if err != nil {
		s.Error(err)
		return nil
	}
	shared, err := s.phone.ECDH(theirs)
	if err != nil {
		s.Error(err)
		return nil
	}
	derive := func(secret, salt []byte, info string, length int) []byte {
		key, err := hkdf.Key(sha256.New, secret, salt, info, length)
		if err != nil {
			s.Error(err)
		}
		return key
	}
	input := derive(shared, s.secret, "WebPush: info\x00"+string(s.phone.PublicKey().Bytes())+string(text[:size]), 32)
	block, err := aes.NewCipher(derive(input, salt, "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		s.Error(err)
		return nil
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		s.Error(err)
		return nil
	}
	plain, err := aead.Open(nil, derive(input, salt, "Content-Encoding: nonce\x00", 12), text[size:], nil)
	if err != nil || binary.BigEndian.Uint32(body[16:20]) < 18 {
		s.Errorf("the message does not open: %v", err)
		return nil
	}
	plain = plain[:strings.LastIndexByte(string(plain), 2)]
	if err := json.Unmarshal(plain, &o); err != nil {
		s.Errorf("the message is %s: %v", plain, err)
	}
	return o
}

func (s *pushService) next() object {
	s.Helper()
	select {
	case o := <-s.came:
		return o
	case <-time.After(2 * program.Patience):
		s.Fatal("no message came")
		return nil
	}
}

// TestAPhoneIsNotifiedWhileTheAppIsClosed: a push service takes the message, knows who sent it, and
// the phone opens and shows it.
func TestAPhoneIsNotifiedWhileTheAppIsClosed(t *testing.T) {
	t.Parallel()
	service := newPushService(t)
	v := inviteOwnerIn(apptest.BrowseWhole(t, 360), program.OpenShop(t, "PUSH_HOSTS=127.0.0.1"), 360)
	service.public = v.CallAs(v.Admin, "GET", "/api/v1/push/key", nil, 200).Text("public_key")
	subscribe := func(subscription object) string {
		t.Helper()
		raw, err := json.Marshal(subscription)
		must(t, err)
		answered, err := chromedp.Run(v.tab, chromedp.Evaluate[string](`fetch('/api/v1/stalls/`+v.Stall+
			`/push-subscriptions', { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(`+string(raw)+`) }).then((r) => r.status + '')`, chromedp.EvalAwaitPromise))
		must(t, err)
		return answered
	}
	elsewhere := service.subscription()
	elsewhere["endpoint"] = "https://evil.example/send"
	if got := subscribe(elsewhere); got != "422" {
		t.Errorf("another host is answered %s", got)
	}
	for range 2 { // the same phone twice is one
		if got := subscribe(service.subscription()); got != "201" {
			t.Fatalf("subscribing is answered %s", got)
		}
	}
	v.Pay(v.Code, 45000)
	message := service.next()
	if message.Text("title") != "Đã nhận 45.000 đ" || message.Text("amount") != "45000" ||
		message.Text("stall_id") != v.Stall ||
		!strings.Contains(message.Text("body"), "Sạp A-12") {
		t.Errorf("the phone receives %v", message)
	}
	v.shows(message)
	v.Pay(v.Code, 200)
	if message = service.next(); message.Text("title") != "Chú ý: chỉ nhận 200 đ" {
		t.Errorf("of a small amount it receives %v", message)
	}
	service.status.Store(410) // the phone is gone
	v.Pay(v.Code, 1000)
	service.next()
	v.forgotten()
	service.status.Store(201)
	v.Pay(v.Code, 2000)
	select {
	case message := <-service.came:
		t.Errorf("a phone that is gone receives %v", message)
	case <-time.After(5 * time.Second): // two looks of the job
	}
	v.renews(service)
}

// fakePush is a browser's side of a push service that is not a maker's own: %s is the service's
// address, %s the phone's keys.
const fakePush = `(() => {
	const made = () => Number(localStorage.getItem('made') ?? 0);
	const subscription = () => {
		const endpoint = '%s/send/app' + made();
		return { endpoint, options: {}, toJSON: () => ({ endpoint, keys: %s }), unsubscribe: async () => { localStorage.setItem('ended', made()); return true; } };
	};
	PushManager.prototype.getSubscription = async () => made() && localStorage.getItem('ended') !== String(made()) ? subscription() : null;
	PushManager.prototype.subscribe = async () => { localStorage.setItem('made', made() + 1); return subscription(); };
})()`

// renews subscribes in the app. A subscription that the service has ended is made anew when the app
// is opened.
func (v *seller) renews(service *pushService) {
	v.T.Helper()
	keys, err := json.Marshal(service.subscription()["keys"])
	must(v.T, err)
	_, err = chromedp.Call(v.tab, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(fakePush, service.server.URL, keys)})
	must(v.T, err)
	v.do(chromedp.Reload())
	v.open("more")
	v.until(`document.querySelector('[data-push=off]') !== null`)
	v.press("Báo cả khi đóng")
	v.until(`document.querySelector('[data-push=on]') !== null`)
	v.Pay(v.Code, 3000)
	if message := service.next(); message.Text("amount") != "3000" {
		v.T.Errorf("the phone receives %v", message)
	}
	service.status.Store(410)
	v.Pay(v.Code, 4000)
	service.next()
	v.forgotten()
	service.status.Store(201)
	v.do(chromedp.Reload())
	v.until(`document.querySelector('[data-push=on]') !== null && localStorage.getItem('made') === '2'`)
	v.Pay(v.Code, 5000)
	if message := service.next(); message.Text("amount") != "5000" {
		v.T.Errorf("after it was renewed the phone receives %v", message)
	}
}

// forgotten waits until the server keeps no subscription: the service hears of a message before the
// server hears its answer.
func (v *seller) forgotten() {
	v.T.Helper()
	conn, err := pgx.Connect(v.T.Context(), v.Database())
	must(v.T, err)
	defer conn.Close(v.T.Context())
	left := 1
	for end := time.Now().Add(program.Patience); left > 0; time.Sleep(program.PollInterval) {
		must(v.T, conn.QueryRow(v.T.Context(), `SELECT count(*) FROM push_subscriptions`).Scan(&left))
		if left > 0 && time.Now().After(end) {
			v.T.Fatalf("%d subscriptions are still stored", left)
		}
	}
}

// shows passes a message to the phone's service worker, which must show it as a notification.
// Chromium cannot subscribe without a push service of Google's, so the message takes its last step
// by the browser's own tools.
func (v *seller) shows(message object) {
	v.T.Helper()
	v.until(`navigator.serviceWorker.controller !== null`)
	raw, err := json.Marshal(message)
	must(v.T, err)
	registrations := make(chan string, 10)
	must(v.T, chromedp.Listen(v.tab, func(event any) {
		if e, is := event.(*serviceworker.EventWorkerRegistrationUpdated); is {
			for _, r := range e.Registrations {
				registrations <- string(r.RegistrationID)
			}
		}
	}))
	apptest.Permit(v.T, v.tab, "notifications", browser.PermissionSettingGranted)
	_, err = chromedp.Call(v.tab, serviceworker.Enable, cdp.Empty{})
	must(v.T, err)
	origin := "http://" + v.wire.Listener.Addr().String()
	var registration serviceworker.RegistrationID
	select {
	case id := <-registrations:
		registration = serviceworker.RegistrationID(id)
		v.do(chromedp.Navigate("about:blank")) // the app is closed
		_, err = chromedp.Call(v.tab, serviceworker.DeliverPushMessage,
			serviceworker.DeliverPushMessageParams{Origin: origin, RegistrationID: registration, Data: string(raw)})
		must(v.T, err)
	case <-time.After(program.Patience):
		v.T.Fatal("no service worker")
	}
	v.do(chromedp.Navigate(origin + "/stall/"))
	v.untilNotified(message.Text("title"))
	// While the app is looked at it is shown too: a browser ends the subscription of who shows
	// nothing.
	_, err = chromedp.Call(v.tab, serviceworker.DeliverPushMessage,
		serviceworker.DeliverPushMessageParams{
			Origin: origin, RegistrationID: registration,
			Data: `{"title":"Đã nhận 52.000 đ","body":"Sạp A-12","tag":"m40-2"}`,
		})
	must(v.T, err)
	v.untilNotified("Đã nhận 52.000 đ")
}

// untilNotified waits until the phone shows a notification with a title. It checks at intervals,
// because a browser that is checked on every frame is too busy to show any.
func (v *seller) untilNotified(title string) {
	v.T.Helper()
	const titles = `navigator.serviceWorker.ready.then((r) => r.getNotifications()).then((all) => all.map((n) => n.title))`
	ctx, end := context.WithTimeout(v.tab, program.Patience)
	defer end()
	for {
		shown, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](titles, chromedp.EvalAwaitPromise))
		if slices.Contains(shown, title) {
			return
		}
		if ctx.Err() != nil {
			v.T.Fatalf("%q was never shown: %v, %v", title, shown, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
