package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"

	"market40/payments/soundbox"
)

// mqttSettings say where soundboxes connect.
type mqttSettings struct {
	Addr  string // empty: nowhere
	Plain bool   // unencrypted on addresses that others reach
}

func (m *mqttSettings) read(vars environment, check func(string, error)) {
	m.Addr = vars.MQTTAddr
	if m.Addr != "" {
		check("MQTT_LISTEN_ADDR", checkAddress(m.Addr))
	}
	switch vars.MQTTPlain {
	case "":
	case "allow":
		m.Plain = true
	default:
		check("MQTT_PLAINTEXT", errors.New("must be allow, or be left out"))
	}
}

// MQTTListener listens for soundboxes; nil: nothing does.
type MQTTListener struct {
	listener net.Listener
	tls      *tls.Config
}

// OpenMQTT listens for soundboxes, if that is set, with the certificate of the pages. Without a
// certificate it refuses addresses beyond this machine, unless the operator allows them. Somebody
// who reads the network there learns a stall's payments and, at the pairing, a box's key.
func (s *Settings) OpenMQTT(ctx context.Context, over *tls.Config) (*MQTTListener, error) {
	if s.MQTT.Addr == "" {
		return nil, nil
	}
	if over == nil && !s.MQTT.Plain && !OnLoopback(s.MQTT.Addr) {
		return nil, WrongUse(errors.New(
			"MQTT_LISTEN_ADDR can be reached from outside without encryption: set TLS_CERT_FILE and TLS_KEY_FILE, or listen on 127.0.0.1 behind a proxy that ends TLS; MQTT_PLAINTEXT=allow serves it without encryption",
		))
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.MQTT.Addr)
	if err != nil {
		return nil, cannotListen("MQTT_LISTEN_ADDR", s.MQTT.Addr, err)
	}
	return &MQTTListener{listener, over}, nil
}

// OnLoopback reports whether an address, host and port, is reached from this machine only.
func OnLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && IsLoopback(host)
}

// Serve accepts boxes.
func (d *MQTTListener) Serve(ctx context.Context, boxes *soundbox.Soundboxes) error {
	if d == nil {
		return nil
	}
	return boxes.Serve(context.WithoutCancel(ctx), d.listener, d.tls) // until Stop
}

// PrintAddress prints where boxes connect.
func (d *MQTTListener) PrintAddress(out io.Writer) {
	if d == nil {
		return
	}
	scheme := "mqtt"
	if d.tls != nil {
		scheme = "mqtts"
	}
	fmt.Fprintf(out, "soundboxes on %s://%s\n", scheme, d.listener.Addr())
}
