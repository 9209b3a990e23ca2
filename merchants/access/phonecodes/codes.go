// Package phonecodes signs merchants in by a code sent to their registered phone.
package phonecodes

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/signin"
	"market40/merchants/platform/notify"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

// One-time codes.
const (
	Lasts          = 5 * time.Minute
	ResendAfter    = time.Minute
	codeGuesses    = 5      // at one code: with unknownCodes and unknownGuesses 120 of a million a day
	DailyMessages  = 20_000 // messages of a day that strangers may request; known browsers are not counted
	sendingAtOnce  = 16
	gatewayPause   = 30 * time.Second // after it failed
	decoyKeyLength = 2                // bytes: unregistered phones share 65,536 rows
)

// Codes signs merchants in. Its answer to a request for a code, and the work before the answer, do
// not reveal whether a phone is registered: the message itself is sent after the answer.
type Codes struct {
	Parts
	slots   chan struct{}
	sending sync.WaitGroup
	failed  atomic.Int64 // when the gateway failed last, in Unix nanoseconds; 0: it works
}

// Parts are the dependencies of New.
type Parts struct {
	DB     *database.DB
	Keys   *seal.Keys
	Now    func() time.Time
	People *signin.People
	Sender notify.Sender // nil: there is none
	// Host is where the code is typed: a phone offers it on that page only. Empty: unknown.
	Host string
}

// New returns the codes of people's phones.
func New(p Parts) *Codes { return &Codes{Parts: p, slots: make(chan struct{}, sendingAtOnce)} }

// Wait returns when all accepted messages are sent.
func (c *Codes) Wait() { c.sending.Wait() }

// findRow returns the key of the row that stores a phone's code, and the merchant who has had the
// phone longest. Unregistered phones share rows, and have no merchant.
func (c *Codes) findRow(ctx context.Context, phone string) (key []byte, merchant *uuid.UUID, err error) {
	key = c.Keys.Index("phone", phone)
	err = c.DB.Pool.QueryRow(ctx, `SELECT id FROM merchants WHERE phone_index = $1 ORDER BY phone_share LIMIT 1`,
		key).Scan(&merchant)
	if errors.Is(err, pgx.ErrNoRows) {
		return key[:decoyKeyLength], nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("find merchant by phone: %w", err)
	}
	return key, merchant, nil
}

func (c *Codes) codeHash(phone, code string) []byte {
	return c.Keys.Index("phone-code", phone+"\n"+code)
}

// SendCode sends a code to a merchant's phone, given in its national form. The origin's earlier
// code ends. Of several requests at once from one origin for one phone, only one sends a code.
// SendCode refuses, whether or not the phone is registered: no sender, a sender that failed just
// now, the day's messages are spent (503), an address that requested too many codes (429).
func (c *Codes) SendCode(ctx context.Context, phone string, v Visit) error {
	now := c.Now()
	if c.Sender == nil {
		return problem.New(problem.Unavailable, "no_sender",
			"Máy chủ này chưa gửi được tin nhắn. Hãy xin mã mời của ban quản lý chợ.",
			"This server has no way to send messages. SendCode the market's management for an invitation.")
	}
	if at := c.failed.Load(); at != 0 && now.Sub(time.Unix(0, at)) < gatewayPause {
		e := problem.New(problem.Unavailable, "sender_down", "Chưa gửi được tin nhắn, xin thử lại sau ít phút.",
			"Messages cannot be sent just now: try again in a minute.")
		e.RetryAfter = int(gatewayPause.Seconds())
		return e
	}
	key, merchant, err := c.findRow(ctx, phone)
	if err != nil {
		return err
	}
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // never fails, says its documentation
	code := fmt.Sprintf("%06d", n)
	origin := c.originOf(phone, v)
	issued, err := c.issueCode(ctx, key, merchant, origin, c.codeHash(phone, code))
	if err == nil && issued && merchant != nil {
		c.sending.Go(func() { c.send(context.WithoutCancel(ctx), phone, code, key, origin) })
	}
	return err
}

// issueCode stores a code in the row of a phone and an origin, and counts it. It reports whether
// the code is to be sent: not if it is too soon, or if the origin or all strangers reached their
// limit.
func (c *Codes) issueCode(ctx context.Context, phone []byte, merchant *uuid.UUID, from codeOrigin,
	hash []byte,
) (issued bool, err error) {
	row := codeRow{phone: phone, origin: from.key, merchant: merchant, hash: hash, expires: c.Now().Add(Lasts)}
	if merchant == nil {
		row.origin = decoyRow
	}
	err = c.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if from.address != nil {
			if err := c.countCode(ctx, tx, row, from.address); err != nil {
				return err
			}
		}
		added, err := c.addCode(ctx, tx, row, originCodes, ResendAfter)
		if err == nil && !added {
			err = errCodesSpent
		}
		return err
	})
	if errors.Is(err, errCodesSpent) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("issue a code: %w", err)
	}
	return true, nil
}

// errCodesSpent undoes what was counted of a code that is not sent.
var errCodesSpent = errors.New("no further code for now")

// countCode counts a code for its address, for all strangers at the phone and, when a message
// is sent, for the day.
func (c *Codes) countCode(ctx context.Context, tx pgx.Tx, row codeRow, address []byte) error {
	now := c.Now()
	added, err := c.addCode(ctx, tx, codeRow{phone: address, origin: addressRow, hash: []byte{}, expires: now},
		addressCodes, 0)
	if err == nil && !added {
		err = addressSpent()
	}
	if err != nil {
		return err
	}
	added, err = c.addCode(ctx, tx, codeRow{row.phone, unknownRow, row.merchant, []byte{}, now}, unknownCodes, 0)
	if err == nil && !added {
		err = errCodesSpent
	}
	if err != nil {
		return err
	}
	messages := 0
	if row.merchant != nil {
		messages = 1
	}
	tag, err := tx.Exec(ctx, `INSERT INTO phone_code_days AS d (day, sent)
		VALUES (($1::timestamptz AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, $2)
		ON CONFLICT (day) DO UPDATE SET sent = d.sent + excluded.sent WHERE d.sent < $3`, now, messages, DailyMessages)
	if err == nil && tag.RowsAffected() == 0 {
		return problem.New(problem.Unavailable, "messages_spent",
			"Hệ thống đã gửi hết số tin nhắn của hôm nay. Hãy xin mã mời của ban quản lý chợ.",
			"Today's limit of messages is reached. SendCode the market's management for an invitation.")
	}
	return err
}

// send sends a code. It withdraws and does not count a code that the gateway did not accept.
func (c *Codes) send(ctx context.Context, phone, code string, key []byte, from codeOrigin) {
	c.slots <- struct{}{}
	defer func() { <-c.slots }()
	err := c.Sender.Send(ctx, phone, Message(c.Host, code))
	if err == nil {
		c.failed.Store(0)
		return
	}
	c.failed.Store(c.Now().UnixNano())
	slog.ErrorContext(ctx, "a code was not sent", "error", err)
	_, err = c.DB.Pool.Exec(ctx, `WITH taken AS (
			UPDATE phone_codes SET expires_at = sent_at, sent_at = '-infinity', hour_codes = hour_codes - 1,
			day_codes = day_codes - 1
			WHERE phone_index = $1 AND hash = $2 RETURNING 1),
		counted AS (
			UPDATE phone_codes SET hour_codes = hour_codes - 1, day_codes = day_codes - 1
			WHERE $5::bytea IS NOT NULL AND (phone_index, origin) IN (($1, $4), ($5, $6)) AND EXISTS (SELECT FROM taken)
			RETURNING 1)
		UPDATE phone_code_days SET sent = sent - 1 WHERE day = ($3::timestamptz AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
		AND EXISTS (SELECT FROM counted)`,
		key, c.codeHash(phone, code), c.Now(), unknownRow, from.address, addressRow)
	if err != nil {
		slog.ErrorContext(ctx, "a code that was not sent still counts", "error", err)
	}
}

// Message returns the text that carries a code: Vietnamese without diacritics, which would halve
// the length that fits. The last line lets a browser offer the code on its own page only (WICG,
// Origin-bound one-time codes, "@host #code").
func Message(host, code string) string {
	text := "Ma vao Cho 4.0 cua ban la " + code +
		", dung trong 5 phut. Khong dua ma nay cho ai, ke ca nguoi tu xung la nhan vien."
	last := "\n\n@" + host + " #" + code
	if host == "" {
		return text
	}
	if len(text)+len(last) > notify.MaxText {
		text = "Ma vao Cho 4.0: " + code
	}
	if len(text)+len(last) > notify.MaxText {
		return text
	}
	return text + last
}

// Visit is where a person signs in from.
type Visit struct {
	signin.Visit
	Cookie   string    // what KnownPhone returned to this browser before; empty: nothing
	Merchant uuid.UUID // who of those who share the phone signs in; Nil: not said
}

// SignIn uses a code once and opens a merchant's session; the first sign-in makes its user.
// An unregistered phone and a code that is wrong, old, used or guessed too often get the same
// answer after the same work. An unused account is not closed as one with a password is: each code
// proves anew who holds the registered phone.
func (c *Codes) SignIn(ctx context.Context, phone, code string, v Visit) (token string, s *signin.Session, err error) {
	key, _, err := c.findRow(ctx, phone)
	if err != nil {
		return "", nil, err
	}
	codeHash, err := c.guess(ctx, key, phone, code, v)
	if err != nil {
		return "", nil, err
	}
	now := c.Now()
	who, err := c.choosePerson(ctx, key, v.Merchant)
	if err != nil {
		return "", nil, err
	}
	tag, err := c.DB.Pool.Exec(ctx, `UPDATE phone_codes SET expires_at = sent_at WHERE phone_index = $1 AND hash = $2
		AND expires_at > $3`, key, codeHash, now)
	if err != nil {
		return "", nil, fmt.Errorf("use code: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return "", nil, signin.CodeWrong()
	}
	var user uuid.UUID
	err = c.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		user, err = c.People.MerchantUser(ctx, tx, who)
		return err
	})
	if err != nil {
		return "", nil, err
	}
	return c.People.OpenSession(ctx, signin.Opening{User: user, Method: signin.ByPhone, Visit: v.Visit})
}

// guessCode is SQL that counts a guess and returns the code to compare it with. That is the code
// that the same origin requested, or the newest of the phone if the origin has none. A phone may
// change its network between request and guess.
const guessCode = `WITH own AS (
		UPDATE phone_codes SET guesses = guesses + 1 WHERE phone_index = $1 AND origin = $2 AND expires_at > $3
		AND guesses < $4 RETURNING hash, merchant_id),
	other AS (
		UPDATE phone_codes SET guesses = CASE WHEN day_began <= $7 THEN 1 ELSE guesses + 1 END,
			day_codes = CASE WHEN day_began <= $7 THEN 0 ELSE day_codes END, day_began = CASE
			WHEN day_began <= $7 THEN $3 ELSE day_began END
		WHERE phone_index = $1 AND origin = $5 AND (day_began <= $7 OR guesses < $6)
			AND NOT EXISTS (SELECT FROM phone_codes WHERE phone_index = $1 AND origin = $2 AND expires_at > $3)
			RETURNING phone_index)
	SELECT hash, merchant_id FROM own
	UNION ALL
	(SELECT c.hash, c.merchant_id FROM other JOIN phone_codes c USING (phone_index)
	WHERE c.expires_at > $3 ORDER BY c.sent_at DESC LIMIT 1)`

// guess counts a guess at a phone's code and returns the stored hash of the code. It refuses a
// wrong one.
func (c *Codes) guess(ctx context.Context, key []byte, phone, code string, v Visit) (stored []byte, err error) {
	now := c.Now()
	var merchant *uuid.UUID
	err = c.DB.Pool.QueryRow(ctx, guessCode, key, c.originOf(phone, v).key, now, codeGuesses, unknownRow,
		unknownGuesses, now.Add(-24*time.Hour)).Scan(&stored, &merchant)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("find code: %w", err)
	}
	if right := hmac.Equal(stored, c.codeHash(phone, code)); err != nil || !right || merchant == nil {
		return nil, signin.CodeWrong()
	}
	return stored, nil
}

// PhonePerson is one of those who share a phone, as they recognise themselves.
type PhonePerson struct {
	MerchantID uuid.UUID `json:"merchant_id"`
	FullName   string    `json:"full_name"`
	Stalls     []string  `json:"stalls" doc:"present ones, with their markets"`
}

// findPeople returns the people with a phone, by its keyed index.
func (c *Codes) findPeople(ctx context.Context, key []byte) ([]PhonePerson, error) {
	rows, err := c.DB.Pool.Query(ctx, `SELECT m.id, m.full_name, ARRAY(SELECT s.number || ', ' || k.name
		FROM tenancies t JOIN stalls s ON s.id = t.stall_id
			JOIN markets k ON k.id = t.market_id WHERE t.merchant_id = m.id AND upper_inf(t.valid)
			ORDER BY k.name, s.number LIMIT 5)
		FROM merchants m WHERE m.phone_index = $1 ORDER BY m.phone_share`, key)
	if err != nil {
		return nil, fmt.Errorf("find the people of a phone: %w", err)
	}
	people, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PhonePerson])
	if err != nil {
		return nil, fmt.Errorf("find the people of a phone: %w", err)
	}
	return people, nil
}

// choosePerson returns who signs in by a phone: its only owner, or whom the caller named of
// several. The code stays good while they choose.
func (c *Codes) choosePerson(ctx context.Context, key []byte, named uuid.UUID) (uuid.UUID, error) {
	people, err := c.findPeople(ctx, key)
	if err != nil {
		return uuid.Nil, err
	}
	for _, one := range people {
		if one.MerchantID == named || len(people) == 1 && named == uuid.Nil {
			return one.MerchantID, nil
		}
	}
	if named != uuid.Nil || len(people) == 0 {
		return uuid.Nil, signin.CodeWrong()
	}
	return uuid.Nil, problem.New(problem.Conflict, "choose_person",
		"Nhiều người dùng chung số này: hãy chọn bạn là ai.", "Several people share this phone: choose who you are.")
}

// Sharers returns the people who may sign in by a phone, to a caller who knows its code; the code
// stays valid. It counts as a guess.
func (c *Codes) Sharers(ctx context.Context, phone, code string, v Visit) ([]PhonePerson, error) {
	key, _, err := c.findRow(ctx, phone)
	if err != nil {
		return nil, err
	}
	if _, err := c.guess(ctx, key, phone, code, v); err != nil {
		return nil, err
	}
	return c.findPeople(ctx, key)
}
