// Package simulate is the command that plays shoppers and banks against a running server.
// It pays what the printed codes say and checks through the API that each đồng arrived once.
package simulate

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/payments/banks"
	"market40/payments/money"
)

// simulation plays shoppers and banks against a running server. It pays what the printed codes say,
// in the provider's exact form, and checks through the API where each đồng arrived.
type simulation struct {
	api        *apiClient
	provider   banks.Provider
	secrets    banks.Secrets
	hook       string // path of the connection's webhook
	connection string
	targets    []shop
	faults     faults
	started    time.Time
	run        uint64 // makes ids and references of this run unlike any other's

	mu     sync.Mutex
	played []*playedNotice
	n      int
	tally
}

// shop is a stall as its printed code describes it.
type shop struct {
	stall, code, bin, account, memo string
}

// playedNotice is one notice that was sent, and what it must become.
type playedNotice struct {
	banks.Notice
	target   shop
	external string // its id and reference as this provider's words carry them
	shown    string
	acked    bool
	credit   bool // must be posted at the target
}

type tally struct{ sent, acked, repeats, refused, wrongly, debits, unanswered int }

// options are what the command was given.
type options struct {
	connection string // id or name
	server     string
	rate       float64 // payments a second
	length     time.Duration
	stalls     int
	faults     faults
}

// Command returns `market40 simulate`. The settings are read before it runs.
func Command(settings *app.Settings) *cobra.Command {
	var o options
	var faultText string
	c := &cobra.Command{
		Use:   "simulate --connection ID --rate R --for D",
		Short: "Play shoppers and banks against a running server and check that each paid đồng arrived once",
		Long: `Reads the printed images of stalls with a QR reader, pays them as the connection's provider would, with its exact body,
headers and signature, and ends with a table of what was sent, acknowledged and refused, and what the API shows of it.
It sends only to a server on this machine that has demo markets alone: what it pays is posted for good.

Faults: duplicate=P (sent again), late=P (sent hours later), disorder (out of order), mangle (memos as banks deliver them),
unsigned=P (must be refused), debit=P (must be ignored); P as in 5%, without it 2%.`,
		Example: "  market40 simulate --connection demo --rate 2 --for 1m\n" +
			"  market40 simulate --connection demo --rate 50 --for 10s --faults duplicate=5%,mangle",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.faults, err = parseFaults(faultText); err != nil {
				return app.WrongUse(err)
			}
			if o.rate <= 0 || o.rate > 20000 || o.length <= 0 {
				return app.WrongUse(fmt.Errorf("--rate is above 0 and at most 20000 a second, --for above 0"))
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			if o.server == "" {
				o.server = "http://" + settings.ListenAddr
			}
			return runSimulation(ctx, settings, o, cmd.OutOrStdout())
		},
	}
	c.Flags().StringVar(&o.connection, "connection", "", "id or name of the bank connection to play")
	c.Flags().StringVar(&o.server, "server", "", "address of the server (default: LISTEN_ADDR on this machine)")
	c.Flags().Float64Var(&o.rate, "rate", 1, "payments a second")
	c.Flags().DurationVar(&o.length, "for", time.Minute, "how long to pay")
	c.Flags().IntVar(&o.stalls, "stalls", 40, "how many stalls to pay at")
	c.Flags().StringVar(&faultText, "faults", "", "duplicate=5%,late=2%,disorder,mangle,unsigned=1%,debit=1%")
	_ = c.MarkFlagRequired("connection")
	return c
}

// runSimulation opens the same database for the secret and a key of its own, and does the rest over
// HTTP.
func runSimulation(ctx context.Context, s *app.Settings, o options, out io.Writer) error {
	api, err := newAPIClient(o.server)
	if err != nil {
		return app.WrongUse(err)
	}
	p, closeProgram, err := app.OpenProgram(ctx, s)
	if err != nil {
		return err
	}
	defer closeProgram()
	api.key, err = p.APIKeys.Create(ctx, signin.Order{Name: "simulate", Role: string(roles.Admin)})
	if err != nil {
		return err
	}
	key, err := p.APIKeys.Find(ctx, api.key)
	if err != nil {
		return err
	}
	defer func() { _ = p.APIKeys.Revoke(context.WithoutCancel(ctx), key.ActorID) }()
	if err := onlyDemo(ctx, api); err != nil {
		return err
	}
	sim := &simulation{api: api, faults: o.faults, started: time.Now(), run: rand.Uint64() % 1e9}
	if err := sim.findConnection(ctx, p, o.connection); err != nil {
		return err
	}
	if err := sim.readCodes(ctx, o.stalls); err != nil {
		return err
	}
	fmt.Fprintf(out, "playing %s against %d stalls, %g a second for %s\n", sim.provider.Name(), len(sim.targets),
		o.rate, o.length)
	sim.pay(ctx, o.rate, o.length)
	checking, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	defer cancel()
	return sim.check(checking, out)
}

// onlyDemo refuses a server that has a market which is no demo: what is simulated is posted for
// good.
func onlyDemo(ctx context.Context, api *apiClient) error {
	return api.each(ctx, "/api/v1/markets", func(m listed) (more bool, err error) {
		if !m.Demo {
			return false, fmt.Errorf(
				"market %q is real: simulate pays in demo markets only; try a connection with POST /api/v1/bank-connections/{id}/test",
				m.Name,
			)
		}
		return true, nil
	})
}

// findConnection finds the connection by id or name, and takes its newest secret through the same
// binary.
func (s *simulation) findConnection(ctx context.Context, p *app.Program, wanted string) error {
	err := s.api.each(ctx, "/api/v1/bank-connections", func(c listed) (more bool, err error) {
		if c.ID != wanted && c.Name != wanted {
			return true, nil
		}
		s.connection, s.hook = c.ID, c.WebhookPath
		s.provider, _ = banks.FindProvider(c.Provider)
		secrets, err := p.Connections.Secrets(ctx, uuid.MustParse(c.ID))
		if err == nil && len(secrets) > 0 {
			s.secrets = secrets[0]
		}
		return false, err
	})
	if err == nil && s.provider == nil {
		err = fmt.Errorf("no bank connection is called %q", wanted)
	}
	return err
}

// readCodes prints as many of the stalls' codes as requested, and reads the images back.
func (s *simulation) readCodes(ctx context.Context, most int) error {
	var codes []listed
	err := s.api.each(ctx, "/api/v1/codes?state=current", func(c listed) (bool, error) {
		codes = append(codes, c)
		return len(codes) < 5000, nil
	})
	if err != nil {
		return err
	}
	rand.Shuffle(len(codes), func(i, j int) { codes[i], codes[j] = codes[j], codes[i] })
	for _, c := range codes[:min(most, len(codes))] {
		t, err := s.api.printed(ctx, c)
		if err != nil {
			return fmt.Errorf("printed code %s: %w", c.Code, err)
		}
		if t != nil {
			s.targets = append(s.targets, *t)
		}
	}
	if len(s.targets) == 0 {
		return fmt.Errorf("no stall with a printed code was found")
	}
	return nil
}

// pay sends payments at the rate until the time is over, then waits for the last answers.
func (s *simulation) pay(ctx context.Context, rate float64, length time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var wait sync.WaitGroup
	var held []*playedNotice
	tick := time.NewTicker(max(time.Duration(float64(time.Second)/rate), 50*time.Microsecond))
	defer tick.Stop()
	sending := make(chan struct{}, 512)
	send := func(n *playedNotice) {
		sending <- struct{}{}
		wait.Go(func() {
			defer func() { <-sending }()
			s.deliver(ctx, n)
		})
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
			n := s.next()
			if s.faults.disorder && rand.IntN(4) == 0 && len(held) < 20 {
				held = append(held, n)
				continue
			}
			send(n)
			if len(held) > 0 && rand.IntN(10) == 0 {
				rand.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
				for _, late := range held {
					send(late)
				}
				held = nil
			}
		}
	}
	for _, n := range held {
		send(n)
	}
	wait.Wait()
}

// next returns the next notice of a random stall.
func (s *simulation) next() *playedNotice {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	t := s.targets[rand.IntN(len(s.targets))]
	serial := fmt.Sprintf("%09d%05d", s.run, s.n)
	n := &playedNotice{target: t, credit: true, Notice: banks.Notice{
		ExternalID: strconv.FormatUint(s.run*100_000+uint64(s.n), 10), BankBIN: t.bin, Account: t.account,
		Direction: banks.In,
		Amount:    money.FromDong(int64(1+rand.IntN(400)) * 1000), Currency: money.Currency, Memo: t.memo,
		Reference: "FT" + serial, StrongReference: true, OccurredAt: time.Now().Truncate(time.Second),
		Precision: banks.Second,
	}}
	if s.faults.mangle {
		n.Memo = mangleMemo(n.Memo)
	}
	if s.faults.hit(s.faults.late) {
		n.OccurredAt = n.OccurredAt.Add(-time.Duration(1+rand.IntN(20)) * time.Hour)
	}
	if s.faults.hit(s.faults.debit) {
		n.Direction, n.credit = banks.Out, false
	}
	s.played = append(s.played, n)
	return n
}

// deliver sends one notice as its provider does: again until it is acknowledged, and now and then
// twice.
func (s *simulation) deliver(ctx context.Context, n *playedNotice) {
	request, err := s.provider.Compose(n.Notice, s.secrets, time.Now())
	if err != nil { // the provider has no words for it, such as a wallet for a debit
		s.drop(n)
		return
	}
	items, err := s.provider.Parse(request)
	if err != nil || len(items) != 1 {
		s.drop(n)
		return
	}
	s.mu.Lock()
	n.external, n.shown = items[0].Notice.ExternalID, items[0].Notice.Reference
	s.mu.Unlock()
	if s.faults.hit(s.faults.unsigned) {
		s.refusal(ctx, request)
	}
	times := 1
	if s.faults.hit(s.faults.duplicate) {
		times += 1 + rand.IntN(3)
	}
	var wait sync.WaitGroup
	for i := range times {
		wait.Go(func() { s.sendUntilAcknowledged(ctx, n, i > 0) })
	}
	wait.Wait()
}

// patience is how long a bank goes on sending what is not acknowledged; the real ones give 5 to 33
// minutes.
const patience = 90 * time.Second

func (s *simulation) sendUntilAcknowledged(ctx context.Context, n *playedNotice, repeat bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		request, _ := s.provider.Compose(n.Notice, s.secrets, time.Now()) // signed anew, as stamps grow old
		status, err := s.api.hook(ctx, s.hook, request)
		if err == nil && status < 300 {
			s.acknowledged(n, repeat)
			return
		}
		if err == nil && status < 500 && status != 429 {
			s.count(func(t *tally) { t.wrongly++ })
			return
		}
		select {
		case <-ctx.Done():
			s.count(func(t *tally) { t.unanswered++ })
			return
		case <-time.After(pause):
		}
	}
}

// refusal sends the same call without a good signature; the server must not acknowledge it.
func (s *simulation) refusal(ctx context.Context, request banks.Request) {
	spoilt := breakSignature(request)
	status, err := s.api.hookAnswer(ctx, s.hook, spoilt)
	s.count(func(t *tally) {
		switch {
		case err != nil:
		case status.refused():
			t.refused++
		default:
			t.wrongly++
		}
	})
}

func (s *simulation) acknowledged(n *playedNotice, repeat bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n.acked = true
	s.sent++
	switch {
	case repeat:
		s.repeats++
	case !n.credit:
		s.debits++
	default:
		s.acked++
	}
}

func (s *simulation) count(do func(*tally)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(&s.tally)
}

func (s *simulation) drop(n *playedNotice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.played = slices.DeleteFunc(s.played, func(o *playedNotice) bool { return o == n })
}
