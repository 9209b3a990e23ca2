package signin_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"market40/merchants/access/passwords"
	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/access/signin/signintest"
	"market40/merchants/platform/problem"
)

const password = signintest.Password

// crowd is a crowd whose people sign in with a password.
type crowd struct{ *signintest.Crowd }

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	return &crowd{signintest.New(t)}
}

// try signs in and expects a refusal's code; empty: a session, and it returns its token.
func (c *crowd) try(want string, a signin.Attempt) string {
	c.Helper()
	var token string
	err := signintest.Patiently(func() (err error) {
		token, _, err = c.People.SignIn(c.Context(), a)
		return err
	})
	if want == "" && err != nil || want != "" && !errors.Is(err, &problem.Error{Code: want}) {
		c.Errorf("signing in as %q with code %q: %v, want %q", a.Login, a.Code, err, want)
	}
	return token
}

func TestSignInTakesBothFactorsOnce(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	lan := c.Enrol("lan")
	a := signin.Attempt{Login: "Lan", Password: password, Address: "10.0.0.1", Device: "test"}
	c.try("second_factor", a)
	c.try("sign_in_failed", signin.Attempt{Login: "unknown", Password: password, Code: "123456", Address: a.Address})
	c.try("sign_in_failed", signin.Attempt{
		Login: "lan", Password: "wrong password", Code: c.Code(lan),
		Address: a.Address,
	})
	a.Code = c.Code(lan)
	token := c.try("", a)
	c.try("sign_in_failed", a) // a code is taken once
	a.Code = lan.Recovery[0]
	c.try("", a)
	c.try("sign_in_failed", a) // so is a recovery code

	who, err := c.People.Find(t.Context(), token)
	if err != nil || who.ActorID != lan.ID || who.Role != roles.Admin || who.SessionID == nil {
		t.Fatalf("%+v, %v", who, err)
	}
	list, err := c.People.Sessions(t.Context(), who)
	if err != nil || len(list) != 2 || !list[1].Current || list[0].Current {
		t.Errorf("%+v, %v", list, err)
	}
	var stored string
	if err := c.DB.Pool.QueryRow(t.Context(), `SELECT (SELECT string_agg(row_to_json(u)::text, '')
		FROM users u) || (SELECT string_agg(row_to_json(s)::text, '') FROM sessions s)`).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{password, lan.Secret, token} {
		if strings.Contains(stored, secret) {
			t.Errorf("%q is stored readable", secret)
		}
	}
	if err := c.People.EndSession(t.Context(), who, *who.SessionID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.People.Find(t.Context(), token); err == nil {
		t.Error("an ended session goes on")
	}
}

func TestSessionsEndByThemselves(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	lan := c.Enrol("lan")
	token := c.try("", signin.Attempt{Login: "lan", Password: password, Code: c.Code(lan)})
	for range 11 {
		c.Pass(signin.IdleLimit - time.Minute)
		if _, err := c.People.Find(t.Context(), token); err != nil {
			t.Fatalf("a session in use ended: %v", err)
		}
	}
	c.Pass(signin.IdleLimit - time.Minute)
	c.Pass(signin.IdleLimit - time.Minute)
	if _, err := c.People.Find(t.Context(), token); err == nil {
		t.Error("a session outlives its limits")
	}
	c.Pass(46 * 24 * time.Hour)
	c.try("sign_in_failed", signin.Attempt{Login: "lan", Password: password, Code: c.Code(lan)})
	lan, err := c.People.Renew(t.Context(), "lan", password)
	if err != nil {
		t.Fatal(err)
	}
	c.try("", signin.Attempt{Login: "lan", Password: password, Code: c.Code(lan)})
}

// TestGuessingIsSlow guesses at once from one address: no more than the free guesses are judged, a
// neighbour behind the same address signs in, and so does the owner from where it always does.
func TestGuessingIsSlow(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	lan, bay := c.Enrol("lan"), c.Enrol("bay")
	home := signin.Attempt{Login: "lan", Password: password, Code: c.Code(lan), Address: "10.0.0.9"}
	c.try("", home)
	var judged, slowed atomic.Int32
	var wait sync.WaitGroup
	for range 40 {
		wait.Go(func() {
			guess := signin.Attempt{Login: "lan", Password: password, Code: "000000", Address: "10.0.0.1"}
			err := signintest.Patiently(func() error {
				_, _, err := c.People.SignIn(t.Context(), guess)
				return err
			})
			switch {
			case errors.Is(err, &problem.Error{Code: "sign_in_failed"}):
				judged.Add(1)
			case errors.Is(err, &problem.Error{Code: "too_many_attempts"}):
				slowed.Add(1)
			}
		})
	}
	wait.Wait()
	if judged.Load() != 5 || slowed.Load() != 35 {
		t.Errorf("%d guesses were judged and %d slowed down", judged.Load(), slowed.Load())
	}
	c.try("", signin.Attempt{Login: "bay", Password: password, Code: c.Code(bay), Address: "10.0.0.1"})
	c.Pass(30 * time.Second)
	home.Code = c.Code(lan)
	c.try("", home)
	c.Pass(31 * time.Second)
	c.try("sign_in_failed", signin.Attempt{Login: "lan", Password: "wrong password", Address: "10.0.0.1"})
	c.Pass(time.Minute)
	c.try("too_many_attempts", signin.Attempt{Login: "lan", Password: "wrong password", Address: "10.0.0.1"})
}

// TestWhatWasNotComparedIsNoGuess compares for a caller who has left.
func TestWhatWasNotComparedIsNoGuess(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	subject := []byte("subject")
	c.Wants("", c.People.CountGuess(t.Context(), subject, 5))
	left, leave := context.WithCancel(t.Context())
	leave()
	if _, err := c.People.Compare(
		left,
		[][]byte{subject},
		passwords.Unknown,
		"4831",
	); !errors.Is(
		err,
		context.Canceled,
	) {
		t.Errorf("it was compared: %v", err)
	}
	var counted int
	err := c.DB.Pool.QueryRow(t.Context(), `SELECT failures FROM sign_in_failures WHERE subject = $1`, subject).
		Scan(&counted)
	if err != nil || counted != 0 {
		t.Errorf("%d guesses are counted, %v", counted, err)
	}
}

// TestForgottenGuessesAreCleared: a thousand at each sign-in, found by their time.
func TestForgottenGuessesAreCleared(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	lan := c.Enrol("lan")
	if _, err := c.DB.Pool.Exec(t.Context(), `INSERT INTO sign_in_failures (subject, failures, last_at)
		SELECT int4send(n), 1, $1::timestamptz - interval '25 hours' FROM generate_series(1, 1500) n
		UNION ALL SELECT int4send(-n), 1, $1 FROM generate_series(1, 3) n`, c.Now()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{503, 3} {
		c.try("", signin.Attempt{Login: "lan", Password: password, Code: lan.Recovery[i], Address: "10.0.0.1"})
		var left int
		if err := c.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM sign_in_failures`).Scan(&left); err != nil ||
			left != want {
			t.Errorf("after %d sign-ins %d counters are left, %v", i+1, left, err)
		}
	}
}

func TestUsersThatCannotBe(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	c.Enrol("lan")
	all := []signin.ScopeOrder{{Scope: "all"}}
	for want, o := range map[string]signin.UserOrder{
		"login_taken":   {Login: "lan", Role: "admin", Password: password, Scopes: all},
		"text_encoding": {Login: "anh", FullName: "NguyÔn ThÞ H¶i", Role: "admin", Password: password, Scopes: all},
		"login_form":    {Login: "Lan Anh", Role: "admin", Password: password, Scopes: all},
		"unknown_value": {Login: "a", Role: "king", Password: password, Scopes: all},
		"scope_unknown": {
			Login: "anh", Role: "manager", Password: password,
			Scopes: []signin.ScopeOrder{{Scope: "market:X"}},
		},
		"password_length": {Login: "anh", Role: "admin", Password: "1234567", Scopes: all},
		"password_common": {Login: "anhtuan", Role: "admin", Password: "AnhTuan!1990", Scopes: all},
	} {
		if _, err := c.People.Create(t.Context(), o); !errors.Is(err, &problem.Error{Code: want}) {
			t.Errorf("%+v: %v, want %s", o, err, want)
		}
	}
}
