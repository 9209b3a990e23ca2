package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"market40/cmd/market40/app"
	"market40/merchants"
	"market40/merchants/access/signin"
	"market40/merchants/tenancies"
	"market40/payments/connections"
)

// hookSecret signs the bench's notices (SePay, HMAC-SHA256).
const hookSecret = "bench-hmac-secret"

// target is a stall that is paid.
type target struct{ stall, code, account string }

// load is a driver inside this binary: raw HTTP/1.1 over persistent connections, so that it takes
// little of the two cores that the server needs.
type load struct {
	address, path string
	targets       []target
	pool          *pgxpool.Pool
	keys          *signin.APIKeys
	serial        atomic.Int64
	acked         atomic.Int64
}

// newLoad registers the stalls and the connection that the load pays through.
func newLoad(ctx context.Context, dir, address string, stalls int) (*load, error) {
	p, _, err := app.OpenProgram(ctx, &app.Settings{DataDir: dir, ListenAddr: address})
	if err != nil {
		return nil, err
	}
	market, err := p.Registry.RegisterMarket(ctx, merchants.MarketOrder{
		Code: "BENCH", Name: "Chợ đo tốc độ", Class: 1, Kind: "khac", CommuneCode: "22366",
		Operator: merchants.OperatorOrder{Kind: "ban_quan_ly", Name: "Bench"},
	})
	if err != nil {
		return nil, err
	}
	orders := make([]tenancies.StallOrder, stalls)
	for i := range orders {
		orders[i] = tenancies.StallOrder{
			Number: strconv.Itoa(i + 1), Kind: "stall", GoodsGroup: "khac",
			Merchant: &tenancies.MerchantOrder{FullName: "Bench " + strconv.Itoa(i+1), Phone: fmt.Sprintf("09%08d", i)},
			Account: &tenancies.AccountOrder{
				BankBIN: "970422", AccountNumber: fmt.Sprintf("8%09d", i),
				HolderName: "BENCH", HolderKind: "ca_nhan",
			},
		}
	}
	made, err := p.Registry.RegisterStalls(ctx, market.ID, orders)
	if err != nil {
		return nil, err
	}
	connection, err := p.Connections.Create(ctx, connections.ConnectionOrder{
		Provider: "sepay", Name: "bench", Secrets: connections.SecretFields{RawMessage: json.RawMessage(
			`{"hmac_secret":"` + hookSecret + `"}`)},
	})
	if err != nil {
		return nil, err
	}
	l := &load{address: address, path: connection.WebhookPath, pool: p.DB.Pool, keys: p.APIKeys}
	for i, s := range made {
		l.targets = append(l.targets, target{
			stall: s.ID.String(), code: s.Code.Code,
			account: orders[i].Account.AccountNumber,
		})
	}
	if err := l.warm(ctx); err != nil {
		return nil, err
	}
	_, err = p.DB.Pool.Exec(ctx, "ANALYZE")
	return l, err
}

// warm pays once at every stall, so that no ledger account or day is opened during the measurement.
// A stall opens its account once, and its day once a day.
func (l *load) warm(ctx context.Context) error {
	for int(l.serial.Load()) < len(l.targets) {
		if _, _, err := l.run(ctx, 64, false, time.Second); err != nil {
			return err
		}
	}
	return nil
}

// run sends notices over so many connections for a time and gives the rate of acknowledgements and
// their p99.
func (l *load) run(ctx context.Context, connections int, hot bool,
	length time.Duration,
) (rate float64, p99 time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var wait sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	began := time.Now()
	for range connections {
		wait.Go(func() {
			mine, err := l.work(ctx, hot)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
			failed = errors.Join(failed, err)
		})
	}
	wait.Wait()
	if failed != nil {
		return 0, 0, failed
	}
	slices.Sort(took)
	return float64(len(took)) / time.Since(began).Seconds(), took[len(took)*99/100], nil
}

// work runs one connection: it sends a notice, reads the answer, and sends the next.
func (l *load) work(ctx context.Context, hot bool) ([]time.Duration, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	mac := hmac.New(sha256.New, []byte(hookSecret))
	var request []byte
	var took []time.Duration
	for ctx.Err() == nil {
		n := l.serial.Add(1)
		t := l.targets[0]
		if !hot {
			t = l.targets[int(n)*7919%len(l.targets)]
		}
		request = l.sign(request[:0], buildNotice(n, t), mac)
		sent := time.Now()
		if _, err := conn.Write(request); err != nil {
			return took, err
		}
		if err := expectOK(answers); err != nil {
			return took, err
		}
		l.acked.Add(1)
		took = append(took, time.Since(sent))
	}
	return took, nil
}

// buildNotice returns the n-th of all notices, to a stall's account with its code.
func buildNotice(n int64, to target) []byte {
	return fmt.Appendf(
		nil,
		`{"id":%d,"gateway":"MBBank","transactionDate":"%s","accountNumber":"%s","code":null,"content":"CUSTOMER NGUYEN THI LAN %s mua ca","transferType":"in","transferAmount":%d,"accumulated":0,"subAccount":null,"referenceCode":"FT26%012d","description":""}`,
		n,
		time.Now().Format(time.DateTime),
		to.account,
		to.code,
		1000+n%499000,
		n,
	)
}

func (l *load) sign(request, body []byte, mac hash.Hash) []byte {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac.Reset()
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	request = fmt.Appendf(
		request,
		"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nX-SePay-Timestamp: %s\r\nX-SePay-Signature: sha256=%s\r\n\r\n",
		l.path,
		l.address,
		len(body),
		stamp,
		hex.EncodeToString(mac.Sum(nil)),
	)
	return append(request, body...)
}

// expectOK reads one answer and refuses any status except 200.
func expectOK(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.Contains(line, []byte(" 200 ")) {
		return fmt.Errorf("answered %s", bytes.TrimSpace(line))
	}
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if value, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
	}
	_, err = r.Discard(length)
	return err
}

// verify proves the books after the load: every acknowledged notice is a payment.
func (l *load) verify(ctx context.Context, out io.Writer) error {
	proof, err := app.ProveLedger(ctx, l.pool.Config().ConnString())
	if err != nil {
		return err
	}
	if len(proof.Faults) > 0 || proof.Payments < l.acked.Load() {
		return fmt.Errorf("%d acknowledged, %d payments, faults: %v", l.acked.Load(), proof.Payments, proof.Faults)
	}
	_, err = fmt.Fprintf(out, "     the books are sound: %d notices acknowledged, %d payments\n", l.acked.Load(),
		proof.Payments)
	return err
}
