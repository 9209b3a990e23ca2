package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"

	"market40/merchants/platform/siem"
)

// AuditSource returns what lines of the audit trail say of where they come from: this machine,
// program and process.
func AuditSource() siem.Source {
	host, _ := os.Hostname() // without one the field is empty
	return siem.Source{Host: host, Version: Version(), PID: os.Getpid()}
}

// readSyslog reads AUDIT_SYSLOG and its settings; nil: the trail is not forwarded.
func (e *environment) readSyslog(check func(name string, err error)) *siem.Receiver {
	r := &siem.Receiver{Format: siem.Format(e.SyslogFormat)}
	if !slices.Contains([]siem.Format{siem.RFC5424, siem.CEF, siem.ECS}, r.Format) {
		check("AUDIT_SYSLOG_FORMAT", errors.New("must be rfc5424, cef or ecs"))
	}
	if e.Syslog == "" {
		if e.SyslogCA != "" {
			check("AUDIT_SYSLOG_CA", errors.New("needs AUDIT_SYSLOG"))
		}
		return nil
	}
	u, err := url.Parse(e.Syslog)
	if err == nil {
		_, err = strconv.ParseUint(u.Port(), 10, 16)
	}
	if err != nil || u.Scheme != "tcp" && u.Scheme != "tls" || u.Hostname() == "" || u.User != nil || u.Path != "" ||
		u.RawQuery != "" {
		check("AUDIT_SYSLOG", errors.New("must be tcp://host:514 or tls://host:6514"))
		return nil
	}
	r.Address = net.JoinHostPort(u.Hostname(), u.Port())
	if u.Scheme == "tcp" {
		if e.SyslogCA != "" {
			check("AUDIT_SYSLOG_CA", errors.New("is for tls:// only"))
		}
		return r
	}
	r.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: u.Hostname()}
	if e.SyslogCA != "" {
		text, err := os.ReadFile(e.SyslogCA)
		r.TLS.RootCAs = x509.NewCertPool()
		if err == nil && !r.TLS.RootCAs.AppendCertsFromPEM(text) {
			err = errors.New("contains no certificate in PEM")
		}
		if err != nil {
			check("AUDIT_SYSLOG_CA", fmt.Errorf("cannot be used: %w", err))
		}
	}
	return r
}
