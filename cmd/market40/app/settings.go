package app

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/jackc/pgx/v5/pgxpool"

	"market40/merchants/access/sso"
	"market40/merchants/platform/outgoing"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/siem"
	"market40/merchants/platform/web"
	"market40/payments/push"
)

// environment holds the variables that the process reads, unchecked.
type environment struct {
	ListenAddr    string `env:"LISTEN_ADDR"`
	PublicURL     string `env:"PUBLIC_URL"`
	DatabaseURL   string `env:"DATABASE_URL"`
	MigrateURL    string `env:"MIGRATE_DATABASE_URL"`
	DataDir       string `env:"DATA_DIR" envDefault:"./data"`
	SecretKey     string `env:"SECRET_KEY"`
	SecretKeyFile string `env:"SECRET_KEY_FILE"`
	CertFile      string `env:"TLS_CERT_FILE"`
	KeyFile       string `env:"TLS_KEY_FILE"`
	MQTTAddr      string `env:"MQTT_LISTEN_ADDR"`
	MQTTPlain     string `env:"MQTT_PLAINTEXT"`
	LogLevel      string `env:"LOG_LEVEL" envDefault:"info"`
	LogFormat     string `env:"LOG_FORMAT" envDefault:"text"`
	Proxies       string `env:"TRUSTED_PROXIES"`
	OutgoingAllow string `env:"OUTGOING_ALLOW"`
	PushHosts     string `env:"PUSH_HOSTS"`
	OIDCFile      string `env:"OIDC_CONFIG_FILE"`
	SMSGateway    string `env:"SMS_GATEWAY_URL"`
	SMSTokenFile  string `env:"SMS_GATEWAY_TOKEN_FILE"`
	Syslog        string `env:"AUDIT_SYSLOG"`
	SyslogCA      string `env:"AUDIT_SYSLOG_CA"`
	SyslogFormat  string `env:"AUDIT_SYSLOG_FORMAT" envDefault:"rfc5424"`
	DemoMonths    string `env:"DEMO_MONTHS" envDefault:"18"`
	TracingOff    bool   `env:"OTEL_SDK_DISABLED"`
	OTLPURL       string `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
	TraceURL      string `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"`
	OTLPProtocol  string `env:"OTEL_EXPORTER_OTLP_PROTOCOL"`
}

// Settings are the environment, checked.
type Settings struct {
	ListenAddr  string
	PublicURL   string            // scheme and host without a slash at the end; empty: the address that is listened on
	DatabaseURL string            // empty: a private server in DataDir
	MigrateURL  string            // the owner's way to DatabaseURL
	DataDir     string            // of a private server and its key
	Secret      *SecretKey        // nil: that of DataDir
	SecretFile  string            // where Secret was read; empty: it was given itself
	Certificate *CertificateFiles // nil: a proxy ends TLS, or there is none
	LAN         bool              // https for the local network, by an authority of our own
	MQTT        mqttSettings
	LogLevel    slog.Level
	LogJSON     bool           // log lines are JSON
	Proxies     web.Proxies    // that may name the caller, by X-Forwarded-For
	PushHosts   []string       // push services that we call
	PushAllow   outgoing.Allow // those of them that the operator named
	Allow       outgoing.Allow // inner hosts that the operator's own settings may name
	Providers   []sso.Config   // of single sign-on
	SMS         smsGateway
	DemoMonths  int // how many whole months of past a demo has; 0: five weeks

	Now           func() time.Time // nil: the clock
	listenDefault bool             // ListenAddr is not set
	Syslog        *siem.Receiver   // where the audit trail is forwarded; nil: nowhere
	Tracing       bool             // spans are sent to a receiver of OpenTelemetry
	tracing       *tracing         // nil: StartTracing was not called, or nothing is sent
}

// SecretKey is SECRET_KEY. It prints as nothing.
type SecretKey [seal.KeySize]byte

// String hides the key from every %v.
func (SecretKey) String() string { return "[secret]" }

// GoString hides the key from %#v.
func (SecretKey) GoString() string { return "[secret]" }

// wrongSettings are the faults of all settings, one sentence each. No sentence holds a value that
// may be secret.
type wrongSettings []string

// Error returns one line for each setting.
func (w wrongSettings) Error() string {
	return "these settings are not valid:\n  " + strings.Join(w, "\n  ")
}

// ReadSettings reads and checks every setting. Its error names all faulty ones at once and is wrong
// use.
func ReadSettings() (*Settings, error) {
	vars, err := env.ParseAs[environment]()
	if err != nil {
		return nil, fmt.Errorf("reading the environment: %w", err)
	}
	var wrong wrongSettings
	check := func(name string, err error) {
		if err != nil {
			wrong = append(wrong, name+" "+err.Error())
		}
	}
	s := &Settings{
		ListenAddr:  vars.ListenAddr,
		PublicURL:   strings.TrimSuffix(vars.PublicURL, "/"),
		DatabaseURL: vars.DatabaseURL,
		MigrateURL:  vars.MigrateURL,
	}
	if s.DemoMonths, err = strconv.Atoi(vars.DemoMonths); err != nil || s.DemoMonths < 0 || s.DemoMonths > 24 {
		check("DEMO_MONTHS", errors.New("must be 0 to 24"))
	}
	if s.ListenAddr == "" {
		s.ListenAddr, s.listenDefault = "127.0.0.1:8080", true
	}
	check("LISTEN_ADDR", checkAddress(s.ListenAddr))
	check("PUBLIC_URL", checkPublicURL(s.PublicURL))
	check("TLS_CERT_FILE", s.readCertificate(vars.CertFile, vars.KeyFile))
	s.MQTT.read(vars, check)
	check("DATABASE_URL", checkDatabaseURL(s.DatabaseURL))
	check("MIGRATE_DATABASE_URL", checkDatabaseURL(s.MigrateURL))
	if s.MigrateURL != "" && s.DatabaseURL == "" {
		check("MIGRATE_DATABASE_URL", errors.New("needs DATABASE_URL: a private database has one role"))
	}
	if s.MigrateURL == "" {
		s.MigrateURL = s.DatabaseURL
	}
	s.DataDir, err = filepath.Abs(vars.DataDir)
	check("DATA_DIR", err)
	if s.LogLevel.UnmarshalText([]byte(vars.LogLevel)) != nil {
		check("LOG_LEVEL", errors.New("must be debug, info, warn or error"))
	}
	if s.LogJSON = vars.LogFormat == "json"; !s.LogJSON && vars.LogFormat != "text" {
		check("LOG_FORMAT", errors.New("must be text or json"))
	}
	s.readTracing(vars, check)
	s.Proxies, err = web.ParseProxies(vars.Proxies)
	check("TRUSTED_PROXIES", err)
	s.Allow, err = outgoing.ParseAllow(vars.OutgoingAllow)
	check("OUTGOING_ALLOW", err)
	s.PushHosts = push.Hosts
	if vars.PushHosts != "" {
		s.PushHosts = strings.Split(strings.ReplaceAll(vars.PushHosts, " ", ""), ",")
		s.PushAllow, err = outgoing.ParseAllow(strings.Join(slices.DeleteFunc(slices.Clone(s.PushHosts),
			func(h string) bool { return strings.HasPrefix(h, ".") }), ","))
		check("PUSH_HOSTS", err)
	}
	if vars.OIDCFile != "" {
		s.Providers, err = sso.ReadConfig(vars.OIDCFile)
		check("OIDC_CONFIG_FILE", err)
	}
	s.Syslog = vars.readSyslog(check)
	name, err := s.readSecret(vars)
	check(name, err)
	name, err = s.SMS.read(vars)
	check(name, err)
	if len(wrong) > 0 {
		return nil, wrong
	}
	return s, nil
}

// NeedSecret refuses DATABASE_URL without a key.
func (s *Settings) NeedSecret() error {
	if s.DatabaseURL != "" && s.Secret == nil {
		return wrongSettings{
			"SECRET_KEY or SECRET_KEY_FILE is required with DATABASE_URL: 32 random bytes in base64 (`openssl rand -base64 32`)",
		}
	}
	return nil
}

// readSecret reads the key from where it is given, if it is. It returns the name of that setting
// too.
func (s *Settings) readSecret(vars environment) (name string, err error) {
	name, text := "SECRET_KEY", vars.SecretKey
	if vars.SecretKeyFile != "" {
		if text != "" {
			return name, errors.New("and SECRET_KEY_FILE are both set: set one")
		}
		name = "SECRET_KEY_FILE"
		content, err := os.ReadFile(vars.SecretKeyFile)
		if err != nil {
			return name, fmt.Errorf("cannot be read: %w", err)
		}
		text, s.SecretFile = string(content), vars.SecretKeyFile
	}
	if text == "" && name == "SECRET_KEY" {
		return name, nil
	}
	s.Secret, err = parseSecret(text)
	return name, err
}

// parseSecret reads a key: 32 bytes in base64, surrounding space ignored.
func parseSecret(text string) (*SecretKey, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != seal.KeySize {
		return nil, fmt.Errorf("must be %d bytes in base64 (`openssl rand -base64 %d`)", seal.KeySize, seal.KeySize)
	}
	return (*SecretKey)(raw), nil
}

func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return errors.New("must be host:port, such as 127.0.0.1:8080, with a port up to 65535")
	}
	return nil
}

// overHTTPS reports whether people use https, even if a proxy ends it.
func (s *Settings) overHTTPS() bool { return strings.HasPrefix(s.PublicURL, "https://") }

// storesCookies reports whether browsers store our Secure cookie: over https, and over http on
// loopback.
func (s *Settings) storesCookies() bool {
	host := s.ListenAddr
	if s.PublicURL != "" {
		u, err := url.Parse(s.PublicURL)
		if err != nil || u.Scheme == "https" {
			return err == nil
		}
		host = u.Host
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return IsLoopback(strings.Trim(host, "[]"))
}

// site returns how people reach this server.
func (s *Settings) site() web.Site {
	return web.Site{PublicURL: s.PublicURL, Cookies: s.storesCookies()}
}

// isNear reports whether only this machine, or with --lan its network, reaches the server, and no proxy.
func (s *Settings) isNear() bool {
	return s.LAN || s.PublicURL == "" && OnLoopback(s.ListenAddr)
}

// IsLoopback reports whether a host, without its port, is reached from this machine only.
func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func checkPublicURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.Path != "" ||
		u.RawQuery != "" {
		return errors.New("must be the address people open, such as https://cho.example.vn, without a path")
	}
	return nil
}

func checkDatabaseURL(text string) error {
	if text == "" {
		return nil
	}
	if _, err := pgxpool.ParseConfig(text); err != nil {
		return errors.New("must be postgres://user:password@host:5432/database") // err may quote the password
	}
	return nil
}
