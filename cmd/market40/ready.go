package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
)

// maxReady is the longest answer of /readyz that is read, in bytes.
const maxReady = 4 << 10

// readyTimeout is how long a server may take to answer that it is ready.
const readyTimeout = 4 * time.Second

func readyCommand(s *app.Settings) *cobra.Command {
	return &cobra.Command{
		Use:   "ready",
		Short: "Ask the server at LISTEN_ADDR whether it is ready, and print its warnings; exit 1 if not (for a container's health check)",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return checkReady(cmd.Context(), s, cmd.OutOrStdout()) },
	}
}

// checkReady calls /readyz of this machine's server and writes the warnings of the answer. It uses
// https with the operator's certificate if the server does.
func checkReady(ctx context.Context, s *app.Settings, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	host, port, err := net.SplitHostPort(s.ListenAddr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	client, scheme := &http.Client{}, "http://"
	if s.Certificate != nil {
		trusted, err := s.Certificate.Trusted()
		if err != nil {
			return err
		}
		public, err := url.Parse(s.PublicURL)
		if err != nil {
			return err
		}
		scheme = "https://"
		client.Transport = &http.Transport{TLSClientConfig: &tls.Config{
			RootCAs: trusted, ServerName: public.Hostname(),
			MinVersion: tls.VersionTLS12,
		}}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: it answers %d", res.StatusCode)
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxReady))
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	for line := range strings.Lines(string(answer)) {
		if strings.HasPrefix(line, app.WarningPrefix) {
			if _, err := io.WriteString(out, line); err != nil {
				return err
			}
		}
	}
	return nil
}
