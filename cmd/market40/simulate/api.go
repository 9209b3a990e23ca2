package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	_ "image/png"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"market40/merchants/vietqr"
	"market40/payments/banks"
)

// apiClient speaks to a server on this machine.
type apiClient struct {
	server, key string
	http        *http.Client
}

// listed is what the simulation reads of any list's item.
type listed struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Provider     string `json:"provider"`
	WebhookPath  string `json:"webhook_path"`
	Code         string `json:"code"`
	StallID      string `json:"stall_id"`
	State        string `json:"state"`
	Why          string `json:"why"`
	Amount       string `json:"amount"`
	Reference    string `json:"reference"`
	ExternalID   string `json:"external_id"`
	AccountKind  string `json:"account_kind"`
	ConnectionID string `json:"connection_id"`
	Demo         bool   `json:"demo"`
}

// newAPIClient refuses any address that is not this machine's loopback: the simulation is load.
func newAPIClient(server string) (*apiClient, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("--server is an address like http://127.0.0.1:8080")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("--server must be on this machine (127.0.0.1, localhost or ::1)")
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 512}
	return &apiClient{server: strings.TrimRight(server, "/"), http: &http.Client{
		Transport: transport,
		Timeout:   30 * time.Second,
	}}, nil
}

// get reads one answer of our own API. A server that restarts is waited for.
func (a *apiClient) get(ctx context.Context, path string) ([]byte, error) {
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		body, status, err := a.once(ctx, path)
		if err == nil && status == http.StatusOK {
			return body, nil
		}
		if err == nil && status < 500 && status != http.StatusTooManyRequests {
			return nil, fmt.Errorf("GET %s answered %d: %.200s", path, status, body)
		}
		if pause > 5*time.Second {
			return nil, fmt.Errorf("GET %s: status %d, %w", path, status, err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (a *apiClient) once(ctx context.Context, path string) ([]byte, int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.server+path, nil)
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Authorization", "Bearer "+a.key)
	res, err := a.http.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	return body, res.StatusCode, err
}

// each walks a list page by page until do says that it has enough.
func (a *apiClient) each(ctx context.Context, path string, do func(listed) (more bool, err error)) error {
	next := ""
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	for {
		body, err := a.get(ctx, path+join+"limit=200&after="+url.QueryEscape(next))
		if err != nil {
			return err
		}
		var page struct {
			Items []listed `json:"items"`
			Next  *string  `json:"next"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return fmt.Errorf("GET %s: %w", path, err)
		}
		for _, item := range page.Items {
			if more, err := do(item); err != nil || !more {
				return err
			}
		}
		if page.Next == nil {
			return nil
		}
		next = *page.Next
	}
}

// printed reads a code's image as a shopper's phone does: account and memo come from the picture
// alone. A wallet's code has no picture; nil is answered for it.
func (a *apiClient) printed(ctx context.Context, c listed) (*shop, error) {
	raw, status, err := a.once(ctx, "/q/"+c.Code+".png")
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, nil //nolint:nilnil // no picture is no target
	}
	picture, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read image: %w", err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		return nil, fmt.Errorf("read image: %w", err)
	}
	found, err := qrcode.NewQRCodeReader().Decode(bitmap,
		map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true})
	if err != nil {
		return nil, fmt.Errorf("read QR: %w", err)
	}
	payload, err := vietqr.Decode(found.GetText())
	if err != nil {
		return nil, fmt.Errorf("read payload: %w", err)
	}
	return &shop{stall: c.StallID, code: c.Code, bin: payload.BIN, account: payload.Account, memo: payload.Purpose}, nil
}

// hookAnswer is a webhook's answer.
type hookAnswer struct {
	status int
	body   string
}

// refused reports whether an answer is a refusal in the words of any provider (VNPAY and ZaloPay
// answer 200).
func (h hookAnswer) refused() bool {
	return h.status == http.StatusUnauthorized || strings.Contains(h.body, `"97"`) ||
		strings.Contains(h.body, `"return_code":-1`)
}

// hook sends what a provider sends.
func (a *apiClient) hook(ctx context.Context, path string, r banks.Request) (int, error) {
	answer, err := a.hookAnswer(ctx, path, r)
	return answer.status, err
}

func (a *apiClient) hookAnswer(ctx context.Context, path string, r banks.Request) (hookAnswer, error) {
	address := a.server + path + r.SubPath
	if r.RawQuery != "" {
		address += "?" + r.RawQuery
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, address, bytes.NewReader(r.Body))
	if err != nil {
		return hookAnswer{}, err
	}
	for name, values := range r.Header {
		req.Header[name] = values
	}
	res, err := a.http.Do(req)
	if err != nil {
		return hookAnswer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	return hookAnswer{res.StatusCode, string(body)}, err
}

// breakSignature removes the signature of a call, or breaks the one inside its body.
func breakSignature(r banks.Request) banks.Request {
	spoilt := r
	spoilt.Header = http.Header{"Content-Type": r.Header["Content-Type"]}
	spoilt.Body = bytes.ReplaceAll(r.Body, []byte(`"signature":"`), []byte(`"signature":"0`))
	spoilt.Body = bytes.ReplaceAll(spoilt.Body, []byte(`"mac":"`), []byte(`"mac":"0`))
	spoilt.RawQuery = strings.Replace(r.RawQuery, "vnp_SecureHash=", "vnp_SecureHash=0", 1)
	return spoilt
}
