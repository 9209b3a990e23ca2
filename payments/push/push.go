// Package push notifies phones of a stall's payments while the app is closed (Web Push). The database
// is the queue: the posting writes nothing for it.
package push

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"market40/merchants/access/roles"
	"market40/merchants/platform/jobs"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
	"market40/payments"
	"market40/payments/ledger"
)

// Hosts are the push services of the browsers in use; a leading dot means any name below it.
var Hosts = []string{
	"fcm.googleapis.com", "updates.push.services.mozilla.com", ".push.services.mozilla.com",
	".notify.windows.com", ".push.apple.com",
}

// subscriptionsOfAStall is how many phones may subscribe to one stall.
const subscriptionsOfAStall = 20

// Notifier notifies phones of payments while the stall's app is closed (Web Push, RFC 8030, 8291,
// 8292). The database is the queue: a subscription has the version of its last message, and a posting
// writes nothing for it.
type Notifier struct {
	payments        *payments.Payments
	db              *database.DB
	keys            *seal.Keys
	now             func() time.Time
	hosts           []string
	client          *http.Client
	public, private string // the VAPID keys, base64url
	subscriber      string // our contact for push services: an address or a URL
	results         *prometheus.CounterVec
}

// Parts are the dependencies of a Notifier. It sends to the push services of Hosts; PublicURL is our
// contact for them.
type Parts struct {
	DB        *database.DB
	Keys      *seal.Keys
	Payments  *payments.Payments
	Now       func() time.Time
	Hosts     []string
	Client    *http.Client
	PublicURL string
}

// New returns a notifier, which sends while its Job runs.
func New(parts Parts) (*Notifier, error) {
	s := &Notifier{
		payments: parts.Payments, db: parts.DB, keys: parts.Keys, now: parts.Now, hosts: parts.Hosts,
		client: parts.Client, subscriber: parts.PublicURL,
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "market40", Name: "push_messages_total",
			Help: "Messages to push services, by result: sent, failed, or gone (the phone ended its subscription).",
		}, []string{"result"}),
	}
	for _, result := range []string{"sent", "failed", "gone"} {
		s.results.WithLabelValues(result)
	}
	if !strings.HasPrefix(parts.PublicURL, "https://") {
		s.subscriber = "market40@localhost" // a push service requires an address
	}
	key, err := vapidKey(parts.Keys)
	if err != nil {
		return nil, err
	}
	s.private = base64.RawURLEncoding.EncodeToString(key.Bytes())
	s.public = base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())
	return s, nil
}

// Job returns the scheduled job that notifies phones.
func (s *Notifier) Job() jobs.Job { return jobs.Job{Name: "push", Every: pushEvery, Do: s.push} }

// Collectors returns the metrics of messages to phones, for /metrics.
func (s *Notifier) Collectors() []prometheus.Collector { return []prometheus.Collector{s.results} }

// vapidKey derives the key that identifies us to push services (RFC 8292) from the index key. A
// subscription is bound to it, and the index key is never rotated in place. So a backup needs no
// further secret.
func vapidKey(keys *seal.Keys) (*ecdh.PrivateKey, error) {
	for n := range 8 { // of 2³² digests about one is no scalar of P-256
		if key, err := ecdh.P256().NewPrivateKey(keys.Index("vapid", strconv.Itoa(n))); err == nil {
			return key, nil
		}
	}
	return nil, fmt.Errorf("derive the VAPID key: no digest is a scalar")
}

// Subscription is a browser's subscription (W3C Push API).
type Subscription struct {
	Endpoint string `json:"endpoint" maxLength:"1000" doc:"the address at the browser's push service"`
	Keys     struct {
		P256dh string `json:"p256dh" maxLength:"200"`
		Auth   string `json:"auth" maxLength:"100"`
	} `json:"keys"`
}

// check refuses malformed subscriptions, and hosts that are not known push services, because we call
// them.
func (s *Notifier) check(in Subscription) error {
	at, err := url.Parse(in.Endpoint)
	known := err == nil && at.User == nil && slices.ContainsFunc(s.hosts, func(h string) bool {
		return at.Hostname() == h || strings.HasPrefix(h, ".") && strings.HasSuffix(at.Hostname(), h)
	})
	// plain http reaches only what the operator named: merchants/platform/outgoing
	if !known || at.Scheme != "https" && at.Scheme != "http" {
		return problem.Of("endpoint", "unknown_push_service", "Dịch vụ thông báo của trình duyệt này chưa được hỗ trợ.",
			"This push service is not supported.")
	}
	public, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(in.Keys.P256dh, "="))
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(public)
	}
	if err != nil {
		return problem.Of("keys.p256dh", "key_form", "Khóa chưa đúng.", "This is not a P-256 key.")
	}
	if secret, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(in.Keys.Auth, "=")); err != nil ||
		len(secret) != 16 {
		return problem.Of("keys.auth", "key_form", "Khóa chưa đúng.", "This is not a secret of 16 bytes.")
	}
	return nil
}

// Subscribe subscribes the phone of the session to a stall's payments from now on. A second call of
// the same phone renews its subscription.
func (s *Notifier) Subscribe(
	ctx context.Context,
	who roles.Principal,
	stall string,
	in Subscription,
) (uuid.UUID, error) {
	tenancies, _, err := s.payments.FindStall(ctx, who, stall)
	if err != nil {
		return uuid.Nil, err
	}
	if who.SessionID == nil || who.MerchantID == nil {
		return uuid.Nil, problem.New(problem.Forbidden, "person_needed", "Cần người bán đăng nhập trên máy này.",
			"A seller has to be signed in on this phone.")
	}
	if len(tenancies) == 0 {
		return uuid.Nil, problem.New(problem.Conflict, "stall_vacant", "Sạp chưa có người thuê.",
			"The stall has no tenant.")
	}
	if err := s.check(in); err != nil {
		return uuid.Nil, err
	}
	id := uuid.Must(uuid.NewV7())
	index := s.keys.Index("push_endpoint", in.Endpoint)
	err = s.db.Pool.QueryRow(ctx, `SELECT coalesce((SELECT id FROM push_subscriptions
		WHERE endpoint_index = $1 AND stall_id = $2), $3)`, index, stall, id).Scan(&id)
	if err != nil {
		return id, fmt.Errorf("find push subscription: %w", err)
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return id, err
	}
	sealed, err := s.keys.Seal(ctx, subscriptionPlace(id), raw)
	if err != nil {
		return id, err
	}
	now := s.now()
	tag, err := s.db.Pool.Exec(ctx, `INSERT INTO push_subscriptions (id, market_id, stall_id, tenancy_id, session_id,
		shift, endpoint_index, subscription, last_version, next_at, created_at)
		SELECT $1, t.market_id, t.stall_id, t.id, $3, $4, $5, $6, coalesce((SELECT l.version FROM ledger_accounts l
		WHERE l.tenancy_id = t.id AND l.kind = 'stall'), 0), $7, $7
		FROM tenancies t WHERE t.id = $2 AND (SELECT count(*) FROM push_subscriptions o
		WHERE o.stall_id = t.stall_id AND o.endpoint_index <> $5) < $8
		ON CONFLICT (endpoint_index, stall_id) DO UPDATE SET tenancy_id = excluded.tenancy_id,
		session_id = excluded.session_id, shift = excluded.shift,
			subscription = excluded.subscription, last_version = excluded.last_version, failures = 0,
			next_at = excluded.next_at`,
		id, tenancies[0], who.SessionID, who.Role == roles.Staff, index, sealed, now, subscriptionsOfAStall)
	if err != nil {
		return id, fmt.Errorf("subscribe a phone: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return id, problem.New(problem.Conflict, "too_many_phones", "Sạp đã có quá nhiều máy nhận thông báo.",
			"Too many phones are subscribed to this stall.")
	}
	return id, nil
}

// Unsubscribe ends a subscription of the caller's own stall.
func (s *Notifier) Unsubscribe(ctx context.Context, who roles.Principal, stall string, id uuid.UUID) error {
	tenancies, _, err := s.payments.FindStall(ctx, who, stall)
	if err != nil {
		return err
	}
	tag, err := s.db.Pool.Exec(ctx, `DELETE FROM push_subscriptions WHERE id = $1 AND stall_id = $2
		AND tenancy_id = ANY ($3) AND (NOT $4 OR session_id = $5)`,
		id, stall, tenancies, who.Role == roles.Staff, who.SessionID)
	if err != nil {
		return fmt.Errorf("unsubscribe a phone: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return problem.Missing("subscription")
	}
	return nil
}

func subscriptionPlace(id uuid.UUID) seal.Place {
	return seal.Place{Table: "push_subscriptions", Column: "subscription", ID: id}
}

// pushed is a message to a phone.
type pushed struct {
	StallID     uuid.UUID `json:"stall_id"`
	StallNumber string    `json:"stall_number"`
	Version     int64     `json:"version"`
	Amount      string    `json:"amount"`
	Currency    string    `json:"currency"`
	Count       int       `json:"count"`
	OccurredAt  time.Time `json:"occurred_at"`
	Title       string    `json:"title"`
	Body        string    `json:"body"`
	Tag         string    `json:"tag"`
}

// target is a subscription with new payments.
type target struct {
	id, session, stall, market, tenancy uuid.UUID
	number                              string
	shift                               bool
	sealed                              []byte
	last                                int64
	failures                            int
}

// account returns the ledger account of its stall.
func (t *target) account() uuid.UUID { return ledger.StallAccount(t.market, t.tenancy).ID() }
