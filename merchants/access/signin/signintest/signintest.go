// Package signintest has people who sign in, for tests. Their clock moves only when a test moves
// it.
package signintest

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

// Password is the password of everyone.
const Password = "tôm hùm 9 con"

// Crowd is the people of one database.
type Crowd struct {
	*testing.T
	DB     *database.DB
	Keys   *seal.Keys
	People *signin.People
	clock  atomic.Pointer[time.Time]
}

// New returns a database without people.
func New(t *testing.T) *Crowd {
	t.Helper()
	c := &Crowd{T: t, DB: dbtest.New(t)}
	start := time.Now()
	c.clock.Store(&start)
	keys, err := seal.Open(t.Context(), c.DB.Pool, [seal.KeySize]byte{1}, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	c.Keys, c.People = keys, signin.NewPeople(c.DB, keys, c.Now)
	return c
}

// Now returns the time of the crowd's clock.
func (c *Crowd) Now() time.Time { return *c.clock.Load() }

// Pass moves the clock.
func (c *Crowd) Pass(d time.Duration) {
	later := c.Now().Add(d)
	c.clock.Store(&later)
}

// Enrol makes an admin.
func (c *Crowd) Enrol(login string) *signin.Enrolment {
	c.Helper()
	order := signin.UserOrder{Login: login, FullName: "Nguyễn Thị Lan", Role: "admin", Password: Password}
	var made *signin.Enrolment
	err := Patiently(func() (err error) {
		made, err = c.People.Create(c.Context(), order)
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	return made
}

// Patiently calls do again while it is refused because many are signing in: other tests' passwords
// come first.
func Patiently(do func() error) error {
	for {
		if err := do(); !errors.Is(err, &problem.Error{Code: "sign_in_busy"}) {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Code returns a code of a user's authenticator.
func (c *Crowd) Code(e *signin.Enrolment) string {
	c.Helper()
	code, err := totp.GenerateCode(e.Secret, c.Now())
	if err != nil {
		c.Fatal(err)
	}
	return code
}

// Wants checks a refusal's code; "" is none.
func (c *Crowd) Wants(code string, err error) {
	c.Helper()
	if code == "" && err != nil || code != "" && !errors.Is(err, &problem.Error{Code: code}) {
		c.Errorf("%v, want %q", err, code)
	}
}
