package app

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"market40/merchants/platform/notify"
	"market40/merchants/platform/outgoing"
)

// smsGateway sends messages to phones.
type smsGateway struct {
	URL   string // empty: there is none
	Token gatewayToken
}

// gatewayToken prints as nothing.
type gatewayToken string

// String hides the token from every %v.
func (gatewayToken) String() string { return "[secret]" }

// GoString hides the token from %#v.
func (gatewayToken) GoString() string { return "[secret]" }

// read checks the settings of the gateway and returns the name of a faulty one. Its token travels
// over https, or stays on this machine.
func (g *smsGateway) read(vars environment) (name string, err error) {
	g.URL = vars.SMSGateway
	if vars.SMSTokenFile != "" {
		if g.URL == "" {
			return "SMS_GATEWAY_TOKEN_FILE", errors.New("needs SMS_GATEWAY_URL")
		}
		content, err := os.ReadFile(vars.SMSTokenFile)
		if err != nil {
			return "SMS_GATEWAY_TOKEN_FILE", fmt.Errorf("cannot be read: %w", err)
		}
		if g.Token = gatewayToken(strings.TrimSpace(string(content))); g.Token == "" ||
			strings.ContainsAny(string(g.Token), "\r\n") {
			return "SMS_GATEWAY_TOKEN_FILE", errors.New("must contain one line, the token")
		}
	}
	if g.URL == "" {
		return "", nil
	}
	u, err := url.Parse(g.URL)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && (u.Scheme != "http" ||
		!IsLoopback(u.Hostname()))) {
		return "SMS_GATEWAY_URL", errors.New("must be https://…, or http://… on this machine, without a user")
	}
	return "", nil
}

// smsSender returns how messages to phones leave: through the gateway, in a demo without one onto
// the terminal, else not at all (nil).
func (p *Program) smsSender(demo bool) notify.Sender {
	switch {
	case p.Settings.SMS.URL != "":
		return notify.NewGateway(p.Settings.SMS.URL, string(p.Settings.SMS.Token), outgoing.NewClient(p.Settings.Allow))
	case demo:
		return notify.Console{Out: os.Stdout}
	}
	return nil
}

// publicHost returns the host at which people open this server, without a port: localhost without
// PUBLIC_URL.
func (s *Settings) publicHost() string {
	if u, err := url.Parse(s.PublicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "localhost"
}
