package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"market40/merchants"
	"market40/merchants/auth"
	"market40/payments"
	"market40/payments/banks"
	"market40/payments/money"
)

// demoConnection is the name of the demo's bank connection, which `make run` simulates against.
const demoConnection = "demo"

// demoDays is how many days of past payments the demo has.
const demoDays = 35

// demoMarket is one pilot market of the demo. The markets are real places; sizes, people and accounts are invented.
type demoMarket struct {
	code, name, commune, operator string
	latitude, longitude           float64
	stalls                        int
}

func demoMarkets() []demoMarket {
	return []demoMarket{
		{"CHODAM", "Chợ Đầm", "22366", "ban_quan_ly", 12.2545, 109.1917, 1000},
		{"BANGOI", "Chợ Ba Ngòi", "22423", "ban_quan_ly", 11.9095, 109.1389, 350},
		{"CAMDUC", "Chợ Cam Đức", "22453", "to_quan_ly", 12.0735, 109.1400, 180},
		{"VANGIA", "Chợ Vạn Giã", "22489", "ban_quan_ly", 12.6990, 109.2270, 260},
		{"CHODINH", "Chợ Dinh", "22528", "ban_quan_ly", 12.4930, 109.1260, 420},
		{"KHANHVINH", "Chợ Khánh Vĩnh", "22609", "to_quan_ly", 12.2750, 108.9020, 60},
		{"CHOTHANH", "Chợ Thành", "22651", "hop_tac_xa", 12.2600, 109.0950, 300},
		{"TOHAP", "Chợ Tô Hạp", "22714", "to_quan_ly", 12.0030, 108.9440, 45},
	}
}

// class of a market by its number of points (Decree 60/2024).
func (m demoMarket) class() int {
	switch {
	case m.stalls > 400:
		return 1
	case m.stalls >= 200:
		return 2
	}
	return 3
}

// demo draws the invented province; the same seed draws the same one.
type demo struct {
	*program
	draw   *rand.Rand
	phones int
	paying []payingStall
	serial int
}

type payingStall struct{ bin, account, memo string }

// seedDemo fills an empty database with the demo province: eight markets, their stalls, one bank connection and
// five weeks of payments. All of it is marked as invented ("dữ liệu minh họa").
func seedDemo(ctx context.Context, p *program) error {
	d := &demo{program: p, draw: rand.New(rand.NewPCG(40, 2024))} //nolint:gosec // invented data wants no secrecy
	if _, err := p.apiKeys.Create(ctx, auth.Order{Name: "demo team that checked the stickers", Role: string(auth.Team)}); err != nil {
		return err
	}
	for _, m := range demoMarkets() {
		if err := d.market(ctx, m); err != nil {
			return fmt.Errorf("seed %s: %w", m.name, err)
		}
	}
	connection, err := p.payments.CreateConnection(ctx, payments.ConnectionOrder{
		Provider: "sepay", Name: demoConnection, Secrets: json.RawMessage(`{"api_key":"` + uuid.NewString() + `"}`),
	})
	if err != nil {
		return err
	}
	return p.payments.Receive(ctx, connection.ID, d.past())
}

func (d *demo) market(ctx context.Context, m demoMarket) error {
	made, err := d.registry.RegisterMarket(ctx, merchants.MarketOrder{
		Code: m.code, Name: m.name, Class: m.class(), Kind: "dan_sinh", Latitude: &m.latitude, Longitude: &m.longitude,
		CommuneCode: m.commune, Operator: merchants.OperatorOrder{Kind: m.operator, Name: "Ban quản lý " + m.name}, StallCapacity: &m.stalls, Demo: true,
	})
	if err != nil {
		return err
	}
	orders := make([]merchants.StallOrder, 0, m.stalls)
	for i := range m.stalls {
		orders = append(orders, d.stall(i))
	}
	stalls, err := d.registry.RegisterStalls(ctx, made.ID, orders)
	if err != nil {
		return err
	}
	var checked []string
	for i, s := range stalls {
		if s.Code == nil {
			continue
		}
		if d.draw.IntN(100) < 85 {
			checked = append(checked, s.Code.Code)
		}
		if d.draw.IntN(100) < 55 { // registered is not used
			account := orders[i].Account
			d.paying = append(d.paying, payingStall{account.BankBIN, account.AccountNumber, s.Code.Code})
		}
	}
	if err := d.checks(ctx, checked); err != nil {
		return err
	}
	return d.backdate(ctx, made.ID)
}

// backdate lets the demo's merchants have joined before its payments began.
func (d *demo) backdate(ctx context.Context, market uuid.UUID) error {
	joined := d.now().AddDate(0, 0, -2*demoDays)
	for _, statement := range []string{
		`UPDATE tenancies SET approved_at = $2 WHERE market_id = $1`,
		`UPDATE tenancy_accounts a SET since = $2 FROM tenancies t WHERE t.id = a.tenancy_id AND t.market_id = $1`,
		`UPDATE codes SET issued_at = $2 WHERE market_id = $1`,
	} {
		if _, err := d.db.Pool.Exec(ctx, statement, market, joined); err != nil {
			return fmt.Errorf("backdate: %w", err)
		}
	}
	return nil
}

var (
	demoSurnames = []string{"Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Cao"}
	demoMiddle   = []string{"Thị", "Thị Kim", "Thị Ngọc", "Văn", "Minh", "Thanh", "Thị Mỹ", "Quốc"}
	demoGiven    = []string{"Lan", "Hoa", "Bảy", "Hạnh", "Tâm", "Phượng", "Sáu", "Dũng", "Hùng", "Mai", "Loan", "Đào", "Út", "Liên", "Thủy", "Yến"}
	demoZones    = []struct{ zone, goods string }{
		{"Hải sản", "hai_san"},
		{"Thịt", "thit"},
		{"Rau củ", "rau"},
		{"Trái cây", "trai_cay"},
		{"Hoa", "hoa"},
		{"Đồ khô", "do_kho"},
		{"Ăn uống", "an_uong"},
		{"May mặc", "may_mac"},
		{"Tạp hóa", "tap_hoa"},
		{"Dịch vụ", "dich_vu"},
	}
	demoBanks = []string{"970436", "970422", "970418", "970405", "970415", "970416", "970407", "970403", "970432", "970423"}
)

// stall draws one stall: one in twelve is vacant, three in ten operate and have not joined.
func (d *demo) stall(i int) merchants.StallOrder {
	z := demoZones[d.draw.IntN(len(demoZones))]
	o := merchants.StallOrder{Number: fmt.Sprintf("%c%03d", 'A'+rune(i/100), i%100+1), Kind: "stall", Zone: z.zone, GoodsGroup: z.goods}
	if d.draw.IntN(12) == 0 {
		return o
	}
	name := demoSurnames[d.draw.IntN(len(demoSurnames))] + " " + demoMiddle[d.draw.IntN(len(demoMiddle))] + " " + demoGiven[d.draw.IntN(len(demoGiven))]
	d.phones++
	o.Merchant = &merchants.MerchantOrder{FullName: name, Phone: demoPhone(d.phones)}
	if d.draw.IntN(10) < 3 {
		return o
	}
	o.Account = &merchants.AccountOrder{
		BankBIN: demoBanks[d.draw.IntN(len(demoBanks))], AccountNumber: fmt.Sprintf("99%08d%02d", d.phones, d.draw.IntN(100)),
		HolderName: name, HolderKind: "ca_nhan",
	}
	return o
}

// demoPhone is the phone of the demo's n-th merchant.
func demoPhone(n int) string { return fmt.Sprintf("0900%06d", n) }

// checks records that stickers were scanned by the team in the last four weeks.
func (d *demo) checks(ctx context.Context, codes []string) error {
	_, err := d.db.Pool.Exec(ctx, `INSERT INTO code_checks (id, market_id, stall_id, code, verdict, checked_at, actor_id)
		SELECT gen_random_uuid(), c.market_id, c.stall_id, c.code, 'official', $2::timestamptz - (row_number() OVER () % 28) * interval '1 day', k.id
		FROM codes c, (SELECT id FROM api_keys ORDER BY id LIMIT 1) k WHERE c.code = ANY ($1)`, codes, d.now().Add(-time.Hour))
	return err
}

// past draws the payments of the days before now: market mornings, small tickets, some stalls far busier.
func (d *demo) past() []banks.Notice {
	var told []banks.Notice
	midnight := d.now().Truncate(24 * time.Hour).Add(-7 * time.Hour) // 00:00 in Vietnam, roughly
	for day := demoDays; day > 0; day-- {
		for i, s := range d.paying {
			for range d.draw.IntN(3) * (1 + i%7/6) {
				if d.draw.IntN(6) > 0 {
					continue
				}
				d.serial++
				at := midnight.AddDate(0, 0, -day).Add(time.Duration(5*3600+d.draw.IntN(12*3600)) * time.Second)
				told = append(told, banks.Notice{
					ExternalID: fmt.Sprintf("demo-%d", d.serial), BankBIN: s.bin, Account: s.account, Direction: banks.In,
					Amount: money.FromDong(int64(10+d.draw.IntN(190)) * 1000), Currency: money.Currency, Memo: s.memo,
					Reference: fmt.Sprintf("FT90%010d", d.serial), StrongReference: true, OccurredAt: at, Precision: banks.Second,
				})
			}
		}
	}
	return told
}
