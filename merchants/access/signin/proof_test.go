package signin_test

import (
	"slices"
	"testing"
	"time"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
)

func TestProofIsGivenAgain(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	lan := c.Enrol("lan")
	a := signin.Attempt{Login: "lan", Password: password, Code: c.Code(lan), Address: "10.0.0.1"}
	token := c.try("", a)
	who, err := c.People.Find(t.Context(), token)
	c.Wants("", err)
	c.Wants("", who.RequireFreshProof(c.Now()))
	c.Pass(roles.ProofLasts + time.Second)
	c.Wants("prove_again", who.RequireFreshProof(c.Now()))
	c.Wants("person_needed", roles.Principal{Role: roles.Admin}.RequireFreshProof(c.Now()))

	_, err = c.People.Prove(t.Context(), who, signin.Attempt{Password: password, Address: a.Address})
	c.Wants("second_factor", err)
	_, err = c.People.Prove(t.Context(), who, signin.Attempt{
		Password: "wrong password", Code: c.Code(lan),
		Address: a.Address,
	})
	c.Wants("sign_in_failed", err)
	renewed, err := c.People.Prove(t.Context(), who, signin.Attempt{
		Password: password, Code: c.Code(lan),
		Address: a.Address,
	})
	c.Wants("", err)
	_, err = c.People.Find(t.Context(), token)
	c.Wants("session_ended", err) // the token of before is worth nothing
	again, err := c.People.Find(t.Context(), renewed)
	c.Wants("", err)
	c.Wants("", again.RequireFreshProof(c.Now()))
	if *again.SessionID != *who.SessionID {
		t.Error("proving again opened another session")
	}
}

func TestChangingThePasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	lan := c.Enrol("lan")
	a := signin.Attempt{Login: "lan", Password: password, Code: lan.Recovery[0], Address: "10.0.0.1"}
	other := c.try("", a)
	a.Code = lan.Recovery[1]
	mine := c.try("", a)
	who, err := c.People.Find(t.Context(), mine)
	c.Wants("", err)
	change := func(to string) (string, error) {
		return c.People.ChangePassword(t.Context(), who, signin.Attempt{
			Password: password, Code: c.Code(lan),
			Address: a.Address,
		}, to)
	}
	for _, easy := range []string{"12345678", "Password1", "QWERTYUIOP", "matkhau2026", "90517362", "40Market40!"} {
		_, err := change(easy)
		c.Wants("password_common", err)
	}
	_, err = change("ngắn")
	c.Wants("password_length", err)
	renewed, err := change("cá thu một nắng")
	c.Wants("", err)
	for _, token := range []string{other, mine} {
		_, err = c.People.Find(t.Context(), token)
		c.Wants("session_ended", err)
	}
	_, err = c.People.Find(t.Context(), renewed)
	c.Wants("", err)
	c.Pass(time.Minute)
	c.try("sign_in_failed", signin.Attempt{Login: "lan", Password: password, Code: c.Code(lan), Address: a.Address})
	// The same letters, composed otherwise by another keyboard.
	c.try("", signin.Attempt{Login: "lan", Password: "cá thu một nắng", Code: c.Code(lan), Address: a.Address})
}

// TestAnUnknownLoginTakesAsLongAsAWrongPassword compares medians in one run: who measures learns no
// logins.
func TestAnUnknownLoginTakesAsLongAsAWrongPassword(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	c.Enrol("lan")
	const rounds = 9
	var took [2][]time.Duration
	for range rounds {
		for i, login := range []string{"lan", "unknown"} {
			c.Pass(2 * time.Hour) // no login is slowed down
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
