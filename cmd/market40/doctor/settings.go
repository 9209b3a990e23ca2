package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"market40/cmd/market40/app"
)

const (
	// reachWithin is how long PUBLIC_URL may take to answer.
	reachWithin = 4 * time.Second
	// renewBefore is how long before its end a certificate is worth a warning.
	renewBefore = 21 * 24 * time.Hour
	// Free space of DATA_DIR, in bytes.
	littleSpace = 2 << 30
	noSpace     = 200 << 20
)

// checkAll runs every check. What needs the database is left out where it cannot be opened.
func (c *checkup) checkAll(ctx context.Context) {
	c.checkSettings()
	c.checkKeyFiles()
	c.checkListening()
	c.checkCertificate()
	c.checkPublicURL(ctx)
	c.checkMessages()
	c.checkDisk()
	c.checkDatabase(ctx)
}

func (c *checkup) checkSettings() {
	if err := c.settings.NeedSecret(); err != nil {
		c.refuseSettings(err)
		return
	}
	c.good("settings", "all are valid")
	if s := c.settings; s.MigrateURL != s.DatabaseURL {
		c.warn("settings", "MIGRATE_DATABASE_URL, the owner's, is set here",
			"leave it out of the environment of serve, which never needs it")
	}
}

// checkKeyFiles warns of secrets that other users of the machine can read.
func (c *checkup) checkKeyFiles() {
	files := []string{c.settings.KeyFile()}
	if c.settings.SecretFile != "" {
		files[0] = c.settings.SecretFile
	}
	if c.settings.Certificate != nil {
		files = append(files, c.settings.Certificate.KeyPath())
	}
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil {
			continue // a missing one is refused where it is needed
		}
		if mode := info.Mode().Perm(); mode&0o007 != 0 {
			c.warn("key file", fmt.Sprintf("every user of this machine can read %s (mode %04o)", path, mode),
				"chmod 600 "+path)
		} else {
			c.good("key file", "%s is closed to other users", path)
		}
	}
}

// checkListening warns of plain http and MQTT that others can read.
func (c *checkup) checkListening() {
	s := c.settings
	if s.Certificate == nil && !app.OnLoopback(s.ListenAddr) {
		c.warn("listening", "LISTEN_ADDR "+s.ListenAddr+" is plain http that other machines reach",
			"listen on 127.0.0.1 behind a proxy that ends TLS, or set TLS_CERT_FILE and TLS_KEY_FILE")
	} else {
		c.good("listening", "%s", s.ListenAddr)
	}
	if s.MQTT.Plain && s.Certificate == nil {
		c.warn("soundboxes", "MQTT_PLAINTEXT=allow: whoever listens on the network reads what stalls take",
			"set TLS_CERT_FILE and TLS_KEY_FILE")
	}
}

// checkCertificate checks the dates of the certificate, and that it is for the host of PUBLIC_URL. Reading the settings
// has checked that it fits its key.
func (c *checkup) checkCertificate() {
	if c.settings.Certificate == nil {
		return
	}
	cert, err := c.settings.Certificate.Leaf()
	if err != nil {
		c.fail("certificate", err.Error(), "put whole PEM files at TLS_CERT_FILE and TLS_KEY_FILE")
		return
	}
	now, day := time.Now(), cert.NotAfter.Format(time.DateOnly)
	switch {
	case now.After(cert.NotAfter):
		c.fail("certificate", "it ended on "+day, "renew it; no restart is needed")
	case now.Before(cert.NotBefore):
		c.fail("certificate", "it begins on "+cert.NotBefore.Format(time.DateOnly), "check this machine's clock")
	case cert.NotAfter.Sub(now) < renewBefore:
		c.warn("certificate", "it ends on "+day, "renew it; no restart is needed")
	default:
		c.good("certificate", "valid until %s", day)
	}
	if public, err := url.Parse(c.settings.PublicURL); err == nil && cert.VerifyHostname(public.Hostname()) != nil {
		c.fail("certificate", "it is not for "+public.Hostname()+", the host of PUBLIC_URL",
			"use a certificate for that name, or set PUBLIC_URL to its name")
	}
}

func (c *checkup) checkPublicURL(ctx context.Context) {
	s := c.settings
	public, err := url.Parse(s.PublicURL)
	switch {
	case s.PublicURL == "" && app.OnLoopback(s.ListenAddr):
		c.warn("PUBLIC_URL", "not set: people can sign in on this machine only",
			"set it to the https address that people open")
		return
	case s.PublicURL == "" || err != nil:
		c.fail("PUBLIC_URL", "not set: signing in is refused", "set it to the https address that people open")
		return
	case public.Scheme == "http" && !app.IsLoopback(public.Hostname()):
		c.fail("PUBLIC_URL", "plain http: signing in is refused", "set it to the https address that people open")
		return
	}
	if err := c.reach(ctx, s.PublicURL+"/healthz"); err != nil {
		c.warn("PUBLIC_URL", s.PublicURL+" does not answer from here ("+plainCause(err)+")",
			"start serve and the proxy, or check the name and the firewall")
		return
	}
	c.good("PUBLIC_URL", "%s answers", s.PublicURL)
}

// reach gets a page.
func (c *checkup) reach(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	client := &http.Client{}
	if c.settings.Certificate != nil {
		trusted, err := c.settings.Certificate.Trusted()
		if err != nil {
			return err
		}
		client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}

// plainCause returns the last part of a network error: "connection refused".
func plainCause(err error) string {
	text := err.Error()
	return text[strings.LastIndex(text, ": ")+1:]
}

func (c *checkup) checkMessages() {
	if c.settings.SMS.URL == "" {
		c.warn("messages", "SMS_GATEWAY_URL is not set: stall owners get no codes and no messages",
			"set the gateway, or invite owners by printed codes")
		return
	}
	c.good("messages", "the gateway is %s", c.settings.SMS.URL)
}

// checkDisk checks the free space of the private database's folder, or of the nearest folder above it that exists.
func (c *checkup) checkDisk() {
	if c.settings.DatabaseURL != "" {
		return // the database's machine is not this one, as far as we know
	}
	dir := c.settings.DataDir
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		c.warn("disk", "the free space of "+dir+" cannot be read: "+err.Error(), "look at it with df")
		return
	}
	free := disk.Bavail * uint64(disk.Bsize) //nolint:gosec // a size
	says := fmt.Sprintf("%.1f GB are free for DATA_DIR", float64(free)/1e9)
	switch {
	case free < noSpace:
		c.fail("disk", says, "make room: PostgreSQL stops when the disk is full")
	case free < littleSpace:
		c.warn("disk", says, "make room before it is full")
	default:
		c.good("disk", "%s", says)
	}
}
