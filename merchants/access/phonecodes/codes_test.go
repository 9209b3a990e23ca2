package phonecodes_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/phonecodes"
	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/access/signin/signintest"
	"market40/merchants/platform/notify"
	"market40/merchants/platform/problem"
)

// operator is a mobile operator: it keeps what was sent, or is down.
type operator struct {
	mu   sync.Mutex
	sent []string // phone, space, text
	down atomic.Bool
}

func (o *operator) Send(_ context.Context, phone, text string) error {
	if o.down.Load() {
		return errors.New("no network")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, phone+" "+text)
	return nil
}

// hall is a crowd with merchants who receive messages.
type hall struct {
	*signintest.Crowd
	codes    *phonecodes.Codes
	operator *operator
}

func newHall(t *testing.T) *hall {
	h := &hall{Crowd: signintest.New(t), operator: &operator{}}
	h.codes = h.sentBy(h.operator, "cho.example.vn")
	return h
}

func (h *hall) sentBy(sender notify.Sender, host string) *phonecodes.Codes {
	return phonecodes.New(phonecodes.Parts{
		DB: h.DB, Keys: h.Keys, Now: h.Now, People: h.People, Sender: sender, Host: host,
	})
}

// from is a visit from an address, by a browser that is not known.
func from(address string) phonecodes.Visit {
	return phonecodes.Visit{Visit: signin.Visit{Address: address}}
}

func (h *hall) merchant(phone string) {
	h.Helper()
	_, err := h.DB.Pool.Exec(h.Context(), `INSERT INTO merchants (id, full_name, phone_index, created_at)
		VALUES ($1, 'Trần Thị Bảy', $2, now())`,
		uuid.Must(uuid.NewV7()), h.Keys.Index("phone", phone))
	if err != nil {
		h.Fatal(err)
	}
}

// ask requests a code and expects so many messages by then.
func (h *hall) ask(phone string, messages int) {
	h.Helper()
	if err := h.codes.SendCode(h.Context(), phone, from("10.0.0.1")); err != nil {
		h.Fatal(err)
	}
	h.codes.Wait()
	if n := len(h.operator.sent); n != messages {
		h.Fatalf("%d messages were sent, want %d", n, messages)
	}
}

func (h *hall) lastCode() string {
	h.Helper()
	found := regexp.MustCompile(`\b\d{6}\b`).FindString(h.operator.sent[len(h.operator.sent)-1])
	if found == "" {
		h.Fatalf("no code in %q", h.operator.sent)
	}
	return found
}

// come signs in and expects a refusal's code; empty: a session, and it returns its token.
func (h *hall) come(phone, code, want string) string {
	h.Helper()
	token, _, err := h.codes.SignIn(h.Context(), phone, code, from("10.0.0.1"))
	if want == "" && err != nil || want != "" && !errors.Is(err, &problem.Error{Code: want}) {
		h.Errorf("signing in by phone: %v, want %q", err, want)
	}
	return token
}

const bay, unknown = "0905000001", "0905999999"

func TestCodeWorksOnceAndExpires(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.merchant(bay)
	h.ask(unknown, 0)
	h.ask(bay, 1)
	code := h.lastCode()
	h.come(unknown, code, "code_wrong")
	token := h.come(bay, code, "")
	h.come(bay, code, "code_wrong")
	first, err := h.People.Find(t.Context(), token)
	if err != nil || first.Role != roles.Merchant || first.ScopeKind != roles.ScopeMerchant ||
		first.MerchantID == nil || *first.ScopeID != *first.MerchantID {
		t.Fatalf("%+v, %v", first, err)
	}
	h.Pass(phonecodes.ResendAfter)
	h.ask(bay, 2)
	old := h.lastCode()
	h.Pass(phonecodes.ResendAfter)
	h.ask(bay, 3)
	if old != h.lastCode() {
		h.come(bay, old, "code_wrong") // one live code a phone
	}
	h.Pass(phonecodes.Lasts)
	h.come(bay, h.lastCode(), "code_wrong")
	h.ask(bay, 4)
	again, err := h.People.Find(t.Context(), h.come(bay, h.lastCode(), ""))
	if err != nil || again.ActorID != first.ActorID {
		t.Errorf("a merchant is two users: %v and %v, %v", first.ActorID, again.ActorID, err)
	}
	var stored string
	if err := h.DB.Pool.QueryRow(t.Context(), `SELECT string_agg(row_to_json(c)::text, '') FROM phone_codes c`).Scan(
		&stored); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{h.lastCode(), bay} {
		if regexp.MustCompile(`\b` + secret).MatchString(stored) {
			t.Errorf("%s is stored readable", secret)
		}
	}
}

// TestPhonesAreNotFlooded requests one phone's code two hundred times at once, and then for a day.
func TestPhonesAreNotFlooded(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.merchant(bay)
	var refused atomic.Int32
	var wait sync.WaitGroup
	for range 200 { // they wait for each other
		wait.Go(func() {
			if err := h.codes.SendCode(t.Context(), bay, from("10.0.0.1")); err != nil {
				refused.Add(1)
			}
		})
	}
	wait.Wait()
	h.codes.Wait()
	if n := len(h.operator.sent); n != 1 || refused.Load() != 0 {
		t.Fatalf("%d messages were sent, %d refused", n, refused.Load())
	}
	for range 30 {
		h.Pass(phonecodes.ResendAfter)
		if err := h.codes.SendCode(t.Context(), bay, from("10.0.0.1")); err != nil {
			t.Fatal(err)
		}
	}
	h.codes.Wait()
	if n := len(h.operator.sent); n != 5 {
		t.Errorf("%d messages in an hour", n)
	}
	for range 22 * 6 {
		h.Pass(10 * time.Minute)
		_ = h.codes.SendCode(t.Context(), bay, from("10.0.0.1"))
	}
	h.codes.Wait()
	if n := len(h.operator.sent); n != 10 {
		t.Errorf("%d messages in a day", n)
	}
	h.Pass(3 * time.Hour)
	h.ask(bay, 11)
}

// TestAStrangerCannotUseUpTheOwnersCodes lets strangers request and guess all they can. The owner
// gets a code from another address, and from the own browser even when many addresses joined in.
func TestAStrangerCannotUseUpTheOwnersCodes(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.merchant(bay)
	ask := func(v phonecodes.Visit) (sent bool) {
		before := len(h.operator.sent)
		if err := h.codes.SendCode(t.Context(), bay, v); err != nil {
			t.Fatal(err)
		}
		h.codes.Wait()
		return len(h.operator.sent) > before
	}
	flood := func(address string, want int) {
		sent := 0
		for range 12 {
			if ask(from(address)) {
				sent++
			}
			for range 6 {
				_, _, _ = h.codes.SignIn(t.Context(), bay, "none", from(address))
			}
			h.Pass(phonecodes.ResendAfter)
		}
		if sent != want {
			t.Errorf("%s was sent %d codes, want %d", address, sent, want)
		}
	}
	flood("198.51.100.1", 5)
	owner := from("203.0.113.7")
	if !ask(owner) {
		t.Fatal("one stranger's address used up the owner's codes")
	}
	ask(from("198.51.100.1"))
	if _, _, err := h.codes.SignIn(t.Context(), bay, h.lastCode(), owner); err != nil {
		t.Errorf("the owner's code did not let the owner in: %v", err)
	}
	owner.Cookie = h.codes.KnownPhone(bay)
	h.Pass(time.Hour)
	flood("198.51.100.2", 5)
	flood("2001:db8:1::1", 5)
	flood("2001:db8:1::2", 0) // the same /64
	if ask(from("198.51.100.4")) {
		t.Error("strangers have no limit together")
	}
	for _, cookie := range []string{h.codes.KnownPhone(unknown), "x." + h.codes.KnownPhone(bay), "."} {
		if ask(phonecodes.Visit{Visit: signin.Visit{Address: "198.51.100.5"}, Cookie: cookie}) {
			t.Errorf("a browser is known by %q", cookie)
		}
	}
	if !ask(owner) {
		t.Fatal("strangers used up the codes of the owner's own browser")
	}
	if _, _, err := h.codes.SignIn(t.Context(), bay, h.lastCode(), owner); err != nil {
		t.Errorf("the own browser's code: %v", err)
	}
}

// TestAPhoneMayChangeItsNetwork requests a code over Wi-Fi and types it over the mobile network.
func TestAPhoneMayChangeItsNetwork(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.merchant(bay)
	h.ask(bay, 1)
	moved := from("203.0.113.99")
	for range 3 {
		if _, _, err := h.codes.SignIn(t.Context(), bay, "none", moved); err == nil {
			t.Fatal("a wrong code let somebody in")
		}
	}
	if _, _, err := h.codes.SignIn(t.Context(), bay, h.lastCode(), moved); err != nil {
		t.Errorf("a code was refused after a change of network: %v", err)
	}
}

// TestAnAddressHasALimitOfCodes requests codes for many phones from one address. All are
// registered: unregistered phones share rows, so that two of them may meet in one, and the second
// gets no code and counts for nothing.
func TestAnAddressHasALimitOfCodes(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	refused := 0
	for i := range 130 {
		phone := fmt.Sprintf("09059%05d", i)
		h.merchant(phone)
		if err := h.codes.SendCode(t.Context(), phone, from("198.51.100.1")); errors.Is(err,
			&problem.Error{Code: "too_many_requests"}) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	h.codes.Wait()
	if refused != 10 {
		t.Errorf("%d of 130 requests were refused", refused)
	}
	if err := h.codes.SendCode(t.Context(), unknown, from("198.51.100.2")); err != nil {
		t.Errorf("another address: %v", err)
	}
}

func TestGuessesAtOneMomentAreCounted(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.merchant(bay)
	h.ask(bay, 1)
	var wait sync.WaitGroup
	for range 40 {
		wait.Go(func() { h.come(bay, "none", "code_wrong") })
	}
	wait.Wait()
	h.come(bay, h.lastCode(), "code_wrong")
	var guesses int
	if err := h.DB.Pool.QueryRow(t.Context(), `SELECT max(guesses) FROM phone_codes`).Scan(&guesses); err != nil ||
		guesses != 5 {
		t.Errorf("%d guesses were judged, %v", guesses, err)
	}
	h.Pass(phonecodes.ResendAfter)
	h.ask(bay, 2)
	var in atomic.Int32
	for range 4 {
		wait.Go(func() {
			if _, _, err := h.codes.SignIn(t.Context(), bay, h.lastCode(),
				from("10.0.0.1")); err == nil {
				in.Add(1)
			}
		})
	}
	wait.Wait()
	if in.Load() != 1 {
		t.Errorf("one code let %d in at once", in.Load())
	}
}

// TestAGatewayThatFails answers everyone alike while it is down, and counts nothing that was not
// sent.
func TestAGatewayThatFails(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.merchant(bay)
	h.operator.down.Store(true)
	for range 12 { // more than an hour and a day have
		h.ask(bay, 0)
		for _, phone := range []string{bay, unknown} {
			if err := h.codes.SendCode(t.Context(), phone, from("10.0.0.1")); !errors.Is(err,
				&problem.Error{Code: "sender_down"}) {
				t.Errorf("while the gateway is down: %v", err)
			}
		}
		h.Pass(31 * time.Second)
	}
	h.operator.down.Store(false)
	h.ask(bay, 1)
	h.come(bay, h.lastCode(), "")
	var sent int
	if err := h.DB.Pool.QueryRow(t.Context(), `SELECT sum(sent) FROM phone_code_days`).Scan(&sent); err != nil ||
		sent != 1 {
		t.Errorf("%d messages are counted, %v", sent, err)
	}
	if _, err := h.DB.Pool.Exec(
		t.Context(),
		`UPDATE phone_code_days SET sent = $1`,
		phonecodes.DailyMessages,
	); err != nil {
		t.Fatal(err)
	}
	for _, phone := range []string{unknown, "0905999998"} {
		if err := h.codes.SendCode(t.Context(), phone, from("10.0.0.1")); !errors.Is(err,
			&problem.Error{Code: "messages_spent"}) {
			t.Errorf("when the day's messages are spent: %v", err)
		}
	}
	none := h.sentBy(nil, "")
	if err := none.SendCode(t.Context(), bay, phonecodes.Visit{}); !errors.Is(err, &problem.Error{Code: "no_sender"}) {
		t.Errorf("without a sender: %v", err)
	}
}

func TestAMerchantsSessionLasts(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.merchant(bay)
	h.ask(bay, 1)
	token := h.come(bay, h.lastCode(), "")
	for range 6 {
		h.Pass(29 * 24 * time.Hour)
		if _, err := h.People.Find(t.Context(), token); err != nil {
			t.Fatalf("a stall's phone was signed out: %v", err)
		}
	}
	h.Pass(7 * 24 * time.Hour)
	if _, err := h.People.Find(t.Context(), token); err == nil {
		t.Error("a session outlives 180 days")
	}
	h.Pass(46 * 24 * time.Hour) // no account of a merchant closes for being unused: the code proves it anew
	h.ask(bay, 2)
	token = h.come(bay, h.lastCode(), "")
	h.Pass(30 * 24 * time.Hour)
	if _, err := h.People.Find(t.Context(), token); err == nil {
		t.Error("a session outlives 30 days without a request")
	}
	if _, err := h.DB.Pool.Exec(t.Context(), `UPDATE users SET disabled_at = now()`); err != nil {
		t.Fatal(err)
	}
	h.ask(bay, 3)
	h.come(bay, h.lastCode(), "code_wrong") // an admin closed it
}

func TestMessagesFitOneSMS(t *testing.T) {
	t.Parallel()
	for host, last := range map[string]string{
		"": "", "cho.example.vn": "\n\n@cho.example.vn #123456",
		"mot-ten-mien-rat-dai-cua-cho-dan-sinh.khanhhoa.example.gov.vn": "\n\n@mot-ten-mien-rat-dai-cua-cho-dan-sinh.khanhhoa.example.gov.vn #123456",
	} {
		text := phonecodes.Message(host, "123456")
		if len(text) > notify.MaxText || regexp.MustCompile(`[^\n -~]`).MatchString(text) ||
			regexp.MustCompile(`123456`).FindString(text) == "" {
			t.Errorf("%d characters: %q", len(text), text)
		}
		if last != "" && text[len(text)-len(last):] != last {
			t.Errorf("%q does not end with %q", text, last)
		}
	}
}

// Who signs in by a shared phone says who they are, and is only that one.
func TestASharedPhoneAsksWho(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.merchant(bay)
	second := uuid.Must(uuid.NewV7())
	if _, err := h.DB.Pool.Exec(t.Context(), `INSERT INTO merchants (id, full_name, phone_index, phone_share,
		created_at) VALUES ($1, 'Lê Văn Sáu', $2, 1, now())`,
		second, h.Keys.Index("phone", bay)); err != nil {
		t.Fatal(err)
	}
	h.merchant("0905000007")
	h.ask(bay, 1)
	h.come(bay, "none", "code_wrong")
	h.come(bay, h.lastCode(), "choose_person")
	if _, err := h.codes.Sharers(t.Context(), bay, "000000", from("10.0.0.1")); err == nil &&
		h.lastCode() != "000000" {
		t.Error("a wrong code reveals who shares a phone")
	}
	people, err := h.codes.Sharers(t.Context(), bay, h.lastCode(), from("10.0.0.1"))
	if err != nil || len(people) != 2 || people[1].MerchantID != second || people[1].FullName != "Lê Văn Sáu" {
		t.Fatalf("got %v, %v", people, err)
	}
	token, _, err := h.codes.SignIn(t.Context(), bay, h.lastCode(), phonecodes.Visit{
		Visit:    signin.Visit{Address: "10.0.0.1"},
		Merchant: second,
	})
	if err != nil {
		t.Fatal(err)
	}
	in, err := h.People.Find(t.Context(), token)
	if err != nil || in.MerchantID == nil || *in.MerchantID != second || *in.ScopeID != second {
		t.Errorf("the session is %+v, %v", in, err)
	}
	h.Pass(phonecodes.ResendAfter)
	h.ask(bay, 2)
	if _, _, err := h.codes.SignIn(t.Context(), bay, h.lastCode(), phonecodes.Visit{
		Visit:    signin.Visit{Address: "10.0.0.1"},
		Merchant: uuid.Must(uuid.NewV7()),
	}); !errors.Is(err, &problem.Error{Code: "code_wrong"}) {
		t.Errorf("as somebody else: %v", err)
	}
}
