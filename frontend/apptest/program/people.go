package program

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// SignInNewAdmin makes an admin, signs in, and returns the headers that the browser sends.
func (s *Server) SignInNewAdmin(env []string) []string {
	s.T.Helper()
	const password = "tôm hùm 9 con"
	login := fmt.Sprint("person-", time.Now().UnixNano())
	cmd := Command(s.T, env, "users", "create", "--role", "admin", "--login", login, "--name", login)
	cmd.Stdin = strings.NewReader(password + "\n")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		s.T.Fatalf("making a person: %v: %s", err, said.String())
	}
	return s.SignIn(login, password, regexp.MustCompile(`second factor +([A-Z2-7]{32})`).FindStringSubmatch(
		string(out))[1])
}

// Approve has a person approve a change of an account or tenant that a program proposed.
func (s *Server) Approve(env []string, change Object) {
	s.T.Helper()
	if res, o := s.Visit("POST", "/api/v1/beneficiary-changes/"+change.Text("id")+"/approve", nil,
		s.SignInNewAdmin(env)...); res.StatusCode != 200 || o.Text("state") != "effective" {
		s.T.Fatalf("approving a change: %d %v", res.StatusCode, o)
	}
}

// SecondFactor returns the code that an authenticator shows now. A server accepts it for at least
// half a minute, so call it when the code is sent, not before a browser starts.
func SecondFactor(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now())
	Must(t, err)
	return code
}

// SignIn signs in and returns the headers that the browser sends.
func (s *Server) SignIn(login, password, secret string) []string {
	s.T.Helper()
	res, o := s.Visit("POST", "/api/v1/sessions", Object{"login": login, "password": password, "code": SecondFactor(s.T,
		secret)})
	if res.StatusCode != 201 {
		s.T.Fatalf("signing in as %s: %d %v", login, res.StatusCode, o)
	}
	return []string{"Cookie", res.Cookies()[0].Name + "=" + res.Cookies()[0].Value, "Origin", s.Address}
}
