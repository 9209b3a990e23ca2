package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/seal"
	"market40/payments/banks"
	"market40/payments/cases"
	"market40/payments/money"
)

var complaintColumns = []string{
	"id", "market_id", "stall_id", "code", "kind", "reference", "amount", "detail",
	"contact", "state", "opened_at", "closed_at", "closed_by", "reason",
}

// complaintTexts are what shoppers report, and what came of it.
var complaintTexts = []struct{ kind, detail, reason string }{
	{
		"paid_not_received", "Tôi đã chuyển mà người bán nói chưa nhận được.",
		"tiền về sau 20 phút, đã báo lại người mua",
	},
	{"wrong_stall", "Quét mã ở sạp này nhưng hiện tên sạp bên cạnh.", "bảng mã đặt lẫn chỗ, đã treo lại đúng sạp"},
	{"paid_not_received", "Ứng dụng báo thành công, loa không kêu.", "loa hết pin, tiền đã vào tài khoản"},
	{"other", "Mã bị nhòe, quét ba lần mới được.", "đã in lại bảng mã"},
}

// complain writes what shoppers reported on the pages of codes: of swapped stickers first, then of
// money and boards. Those of the last days wait. The writers are invented too.
func (m *marketHistory) complain(ctx context.Context, tx pgx.Tx) error {
	m.redraw(drawingWords)
	var t tableRows
	for _, s := range m.swaps {
		reported := s.found.Add(-time.Duration(20+m.draw.IntN(90)) * time.Minute)
		if c := s.tenancy.code(s.found.Truncate(24*time.Hour), true); c != nil {
			err := m.addComplaint(ctx, &t, s.tenancy, c, complaint{
				"swapped_sticker",
				"Tem trông như dán chồng lên tem khác.", "đã thay tem và mã mới", reported, s.replaced,
			})
			if err != nil {
				return err
			}
		}
	}
	last := len(m.usedBy) - 1
	var days []int
	for n := m.draw.IntN(20); n < last; n += 4 + 9000/(m.stalls+40)/2 + m.draw.IntN(20) {
		days = append(days, n)
	}
	for range m.stalls / 60 {
		days = append(days, max(0, last-m.draw.IntN(7)))
	}
	for _, n := range days {
		day := m.from.AddDate(0, 0, n)
		tenancy := m.tenancies[m.draw.IntN(len(m.tenancies))]
		c := tenancy.code(day, true)
		if c == nil || !tenancy.hangs(day) || !tenancy.stall.open(day) {
			continue
		}
		of := complaintTexts[m.draw.IntN(len(complaintTexts))]
		reported := day.Add(time.Duration(7*60+m.draw.IntN(600)) * time.Minute)
		closed := reported.Add(time.Duration(1+m.draw.IntN(96)) * time.Hour)
		if last-n < 5 || !closed.Before(m.until) {
			closed = time.Time{}
		}
		if err := m.addComplaint(ctx, &t, tenancy, c, complaint{
			of.kind, of.detail, of.reason, reported,
			closed,
		}); err != nil {
			return err
		}
	}
	return t.copyInto(ctx, tx)
}

// complaint is one complaint; closed is zero while it is open.
type complaint struct {
	kind, detail, reason string
	reported, closed     time.Time
}

func (m *marketHistory) addComplaint(ctx context.Context, t *tableRows, n *tenancy, c *printedCode,
	of complaint,
) error {
	id := m.newID(of.reported)
	detail, err := m.Keys.Seal(ctx, seal.Place{Table: "complaints", Column: "detail", ID: id},
		[]byte(of.detail+" (dữ liệu minh họa)"))
	if err != nil {
		return err
	}
	var reference string
	var amount *int64
	if of.kind == "paid_not_received" {
		dong := int64(20+5*m.draw.IntN(60)) * 1000
		reference, amount = fmt.Sprintf("FT97%09d", m.draw.IntN(1e9)), &dong
	}
	state, reason, by := "open", "", (*uuid.UUID)(nil)
	if !of.closed.IsZero() {
		state, reason, by = "closed", of.reason+" (dữ liệu minh họa)", &m.board
	}
	t.add("complaints", complaintColumns, id, m.id, n.stall.id, c.code, of.kind, reference, amount, detail, nil, state,
		of.reported, orNever(of.closed), by, reason)
	return nil
}

// solve sends a few notices without a stall and has people decide about them as usual. Two people
// of the office assign, one dismisses, and one proposal waits for a second person. If it is started
// again, it continues.
func (d *inventedProvince) solve(ctx context.Context) error {
	for i, m := range d.lives[:3] {
		var joined []*tenancy
		for _, n := range m.tenancies {
			if len(n.codes) == 1 && n.ends.IsZero() && n.stall.kind != "mobile" {
				joined = append(joined, n)
			}
		}
		if len(joined) < 9 {
			continue
		}
		for k, of := range []struct {
			one, two *tenancy
			action   cases.Action
			reason   string
			people   int
		}{
			{joined[5], joined[6], cases.Assign, "người bán và người mua cùng xác nhận (dữ liệu minh họa)", 2},
			{
				joined[7], joined[8], cases.Dismiss,
				"khách chuyển tiền riêng cho chủ sạp, không phải tiền hàng (dữ liệu minh họa)", 1,
			},
			{joined[8], joined[5], cases.Assign, "theo lời người bán, chờ người thứ hai duyệt (dữ liệu minh họa)", 1},
		} {
			external := fmt.Sprintf("demo-solved-%d-%d", i, k)
			account := of.one.codes[0].account
			err := d.Intake.Receive(ctx, d.connection, []banks.Notice{{
				ExternalID: external, BankBIN: account.bin, Account: account.number, Direction: banks.In,
				Amount: money.FromDong(int64(70+25*k+10*i) * 1000), Currency: money.Currency,
				Memo: of.two.codes[0].code, Reference: fmt.Sprintf("FT96%d%08d", i, k), StrongReference: true,
				OccurredAt: d.today.AddDate(0, 0, -1-2*k).Add(time.Duration(9*60+20*i) * time.Minute),
				Precision:  banks.Second,
			}})
			if err == nil {
				err = d.decide(ctx, external, cases.Resolution{
					Action: of.action, StallID: &of.one.stall.id,
					Reason: of.reason,
				}, of.people)
			}
			if err != nil {
				return fmt.Errorf("solve %s: %w", external, err)
			}
		}
	}
	return nil
}

// decide has so many people decide the case of a notice in the same way.
func (d *inventedProvince) decide(ctx context.Context, external string, r cases.Resolution, people int) error {
	var id uuid.UUID
	var state string
	err := d.DB.Pool.QueryRow(ctx, `SELECT c.id, c.state FROM cases c JOIN notices n ON n.id = c.notice_id
		WHERE n.connection_id = $1 AND n.external_id = $2`, d.connection, external).Scan(&id, &state)
	if errors.Is(err, pgx.ErrNoRows) {
		return errors.New("it opened no case")
	}
	if err != nil {
		return err
	}
	done := map[string]int{"open": 0, "proposed": 1}
	decided, waits := done[state]
	if !waits {
		return nil
	}
	for _, person := range []uuid.UUID{d.board, d.deputy}[decided:max(decided, people)] {
		if _, err := d.Cases.Resolve(ctx, roles.Principal{
			ActorID: person, Role: roles.Admin,
			ScopeKind: roles.ScopeAll,
		}, id, r); err != nil {
			return err
		}
	}
	return nil
}
