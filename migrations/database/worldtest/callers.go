package worldtest

import (
	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"market40/merchants/access/invitations"
	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/access/signin/signintest"
)

// session is the prefix of a session's token that is used like a key.
const session = "session:"

// password is the password of people who sign in.
const password = "tôm hùm 9 con"

// Key creates an API key of a role and scope.
func (w *World) Key(role roles.Role, scope string) string {
	w.T.Helper()
	key, err := w.APIKeys.Create(w.T.Context(), signin.Order{Name: w.T.Name(), Role: string(role), Scope: scope})
	Must(w.T, err)
	return key
}

// SignIn creates a user and signs them in. It returns the session, which is used like a key.
func (w *World) SignIn(login string, role roles.Role, scope string) (id uuid.UUID, key string) {
	w.T.Helper()
	order := signin.UserOrder{
		Login: login, FullName: login, Role: string(role),
		Scopes: []signin.ScopeOrder{{Scope: scope}}, Password: password,
	}
	var made *signin.Enrolment
	Must(w.T, signintest.Patiently(func() (err error) {
		made, err = w.People.Create(w.T.Context(), order)
		return err
	}))
	return made.ID, w.enter(signin.Attempt{Login: login, Password: password}, made.Secret)
}

// Enter signs a user in with what the API showed when it made or renewed the user, and returns the
// session.
func (w *World) Enter(login string, made Object) string {
	w.T.Helper()
	return w.enter(signin.Attempt{Login: login, Password: made.Text("enrolment.password")},
		made.Text("enrolment.totp_secret"))
}

func (w *World) enter(a signin.Attempt, secret string) string {
	w.T.Helper()
	var err error
	a.Address = "127.0.0.1"
	a.Code, err = totp.GenerateCode(secret, w.Now())
	Must(w.T, err)
	var token string
	Must(w.T, signintest.Patiently(func() (err error) {
		token, _, err = w.People.SignIn(w.T.Context(), a)
		return err
	}))
	return session + token
}

// SignInAdmin creates another admin, signs them in and returns the session.
func (w *World) SignInAdmin() string {
	w.T.Helper()
	_, key := w.SignIn("person-"+uuid.NewString(), roles.Admin, "")
	return key
}

// Invite lets the owner of a key invite a stall's merchant, who accepts. It returns the session.
func (w *World) Invite(key, stall string) string {
	w.T.Helper()
	inviter, err := w.APIKeys.Find(w.T.Context(), key)
	Must(w.T, err)
	paper := invitations.New(w.DB, w.Now, w.People)
	_, card, err := paper.Invite(w.T.Context(), inviter, uuid.MustParse(stall))
	Must(w.T, err)
	token, _, err := paper.Accept(w.T.Context(), card, signin.Visit{Address: "127.0.0.1"})
	Must(w.T, err)
	return session + token
}
