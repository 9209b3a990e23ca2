package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"
)

// errWrong is the end of a simulation that found money lost, doubled or misplaced.
var errWrong = errors.New("the books do not show what was paid")

// finding is what the API shows of what was acknowledged.
type finding struct {
	posted, ignored, waiting, lost, doubled, misplaced int
	paid                                               int64
}

// check reads from the API the state of every acknowledged payment, and prints the table.
func (s *simulation) check(ctx context.Context, out io.Writer) error {
	found, err := s.find(ctx)
	if err != nil {
		return err
	}
	row := func(name string, n int) { fmt.Fprintf(out, "%8d  %s\n", n, name) }
	fmt.Fprintln(out, "sent to the webhook")
	row("notices sent and acknowledged", s.acked)
	row("repeats acknowledged", s.repeats)
	row("debits acknowledged", s.debits)
	row("without signature, refused", s.refused)
	row("answered wrongly", s.wrongly)
	row("never answered", s.unanswered)
	fmt.Fprintln(out, "shown by the API")
	row("posted at the stall that was paid", found.posted)
	row("waiting for a case", found.waiting)
	row("ignored (debits)", found.ignored)
	row("lost", found.lost)
	row("doubled", found.doubled)
	row("misplaced", found.misplaced)
	fmt.Fprintf(out, "%d đ paid in %s\n", found.paid, time.Since(s.started).Round(time.Second))
	if found.lost+found.doubled+found.misplaced+s.wrongly+s.unanswered > 0 {
		return errWrong
	}
	return nil
}

// find compares every notice with the stalls' payments, by the bank's reference.
func (s *simulation) find(ctx context.Context) (*finding, error) {
	arrived, err := s.arrived(ctx)
	if err != nil {
		return nil, err
	}
	f := &finding{}
	for _, n := range s.played {
		at := arrived[n.shown]
		switch {
		case !n.credit && len(at) > 0:
			f.misplaced++
		case !n.acked:
		case !n.credit:
			if _, err := s.stateOf(ctx, n, "ignored"); err != nil {
				return nil, err
			}
			f.ignored++
		case len(at) == 0:
			state, err := s.stateOf(ctx, n, "")
			if err != nil {
				return nil, err
			}
			if state == "unmatched" || state == "pending" {
				f.waiting++
			} else {
				f.lost++
			}
		case len(at) > 1:
			f.doubled++
		case at[0].StallID != n.target.stall || at[0].Amount != n.Amount.String():
			f.misplaced++
		default:
			f.posted++
			f.paid += n.Amount.Dong()
		}
	}
	return f, nil
}

// arrived returns the payments that every stall of the simulation shows since it began, by
// reference.
func (s *simulation) arrived(ctx context.Context) (map[string][]listed, error) {
	mine := map[string]bool{}
	for _, n := range s.played {
		mine[n.shown] = true
	}
	arrived := map[string][]listed{}
	seen := map[string]bool{}
	for _, t := range s.targets {
		if seen[t.stall] {
			continue
		}
		seen[t.stall] = true
		from := url.QueryEscape(s.started.Add(-48 * time.Hour).Format(time.RFC3339))
		err := s.api.each(ctx, "/api/v1/stalls/"+t.stall+"/payments?from="+from, func(p listed) (bool, error) {
			if mine[p.Reference] {
				p.StallID = t.stall
				arrived[p.Reference] = append(arrived[p.Reference], p)
			}
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return arrived, nil
}

// stateOf returns the state of a notice as the API shows it. If want is not empty, another state is
// an error.
func (s *simulation) stateOf(ctx context.Context, n *playedNotice, want string) (string, error) {
	state := ""
	err := s.api.each(ctx, "/api/v1/notices?connection_id="+s.connection+"&external_id="+url.QueryEscape(n.external),
		func(l listed) (bool, error) {
			state = l.State
			return false, nil
		})
	if err == nil && want != "" && state != want {
		err = fmt.Errorf("notice %s is %q, not %q", n.external, state, want)
	}
	return state, err
}
