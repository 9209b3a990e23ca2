package signin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
)

func (c *crowd) wants(want string, err error) {
	c.Helper()
	if want == "" && err != nil || want != "" && !errors.Is(err, &problem.Error{Code: want}) {
		c.Errorf("%v, want %q", err, want)
	}
}

func TestProofIsGivenAgain(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	lan := c.enrol("lan")
	a := signin.Attempt{Login: "lan", Password: password, Code: c.code(lan), Address: "10.0.0.1"}
	token := c.try("", a)
	who, err := c.people.Find(t.Context(), token)
	c.wants("", err)
	c.wants("", who.RequireFreshProof(*c.clock.Load()))
	c.pass(roles.ProofLasts + time.Second)
	c.wants("prove_again", who.RequireFreshProof(*c.clock.Load()))
	c.wants("person_needed", roles.Principal{Role: roles.Admin}.RequireFreshProof(*c.clock.Load()))

	_, err = c.people.Prove(t.Context(), who, signin.Attempt{Password: password, Address: a.Address})
	c.wants("second_factor", err)
	_, err = c.people.Prove(t.Context(), who, signin.Attempt{
		Password: "wrong password", Code: c.code(lan),
		Address: a.Address,
	})
	c.wants("sign_in_failed", err)
	renewed, err := c.people.Prove(t.Context(), who, signin.Attempt{
		Password: password, Code: c.code(lan),
		Address: a.Address,
	})
	c.wants("", err)
	_, err = c.people.Find(t.Context(), token)
	c.wants("session_ended", err) // the token of before is worth nothing
	again, err := c.people.Find(t.Context(), renewed)
	c.wants("", err)
	c.wants("", again.RequireFreshProof(*c.clock.Load()))
	if *again.SessionID != *who.SessionID {
		t.Error("proving again opened another session")
	}
}

func TestChangingThePasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	lan := c.enrol("lan")
	a := signin.Attempt{Login: "lan", Password: password, Code: lan.Recovery[0], Address: "10.0.0.1"}
	other := c.try("", a)
	a.Code = lan.Recovery[1]
	mine := c.try("", a)
	who, err := c.people.Find(t.Context(), mine)
	c.wants("", err)
	change := func(to string) (string, error) {
		return c.people.ChangePassword(t.Context(), who, signin.Attempt{
			Password: password, Code: c.code(lan),
			Address: a.Address,
		}, to)
	}
	for _, easy := range []string{"12345678", "Password1", "QWERTYUIOP", "matkhau2026", "90517362", "40Market40!"} {
		_, err := change(easy)
		c.wants("password_common", err)
	}
	_, err = change("ngắn")
	c.wants("password_length", err)
	renewed, err := change("cá thu một nắng")
	c.wants("", err)
	for _, token := range []string{other, mine} {
		_, err = c.people.Find(t.Context(), token)
		c.wants("session_ended", err)
	}
	_, err = c.people.Find(t.Context(), renewed)
	c.wants("", err)
	c.pass(time.Minute)
	c.try("sign_in_failed", signin.Attempt{Login: "lan", Password: password, Code: c.code(lan), Address: a.Address})
	// The same letters, composed otherwise by another keyboard.
	c.try("", signin.Attempt{Login: "lan", Password: "cá thu một nắng", Code: c.code(lan), Address: a.Address})
}

// TestAnUnknownLoginTakesAsLongAsAWrongPassword compares medians in one run: who measures learns no
// logins.
func TestAnUnknownLoginTakesAsLongAsAWrongPassword(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	c.enrol("lan")
	const rounds = 9
	var took [2][]time.Duration
	for range rounds {
		for i, login := range []string{"lan", "unknown"} {
			c.pass(2 * time.Hour) // no login is slowed down
			begun := time.Now()
			c.try("sign_in_failed", signin.Attempt{Login: login, Password: "wrong password", Address: "10.0.0.1"})
			took[i] = append(took[i], time.Since(begun))
		}
	}
	slices.Sort(took[0])
	slices.Sort(took[1])
	if ratio := took[0][rounds/2].Seconds() / took[1][rounds/2].Seconds(); ratio < 0.5 || ratio > 2 {
		t.Errorf("a wrong password takes %s, an unknown login %s", took[0][rounds/2], took[1][rounds/2])
	}
}
