package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"market40/merchants/memo"
)

// stall is a stall of a demo market with everybody who had it.
type stall struct {
	id                        uuid.UUID
	number, kind, zone, goods string
	states                    []stallState
	tenancies                 []*tenancy
}

// stallState is a state of a stall since a moment; zero: since before our records.
type stallState struct {
	state, reason string
	since         time.Time
}

type merchant struct {
	id                     uuid.UUID
	name, household, phone string
	since                  time.Time
}

type account struct {
	id                  uuid.UUID
	merchant            *merchant
	bin, number, holder string
	holderKind          string
	since, checked      time.Time // checked zero: the holder's name was not looked up
	how                 string
}

type printedCode struct {
	code    string
	account *account
	issued  time.Time
	ended   time.Time // zero: current
	state   string
}

// tenancy is a merchant at a stall, and how it takes to being paid without cash.
type tenancy struct {
	id          uuid.UUID
	stall       *stall
	merchant    *merchant
	since, ends time.Time // zero: from before our records; has not ended
	approved    time.Time
	joined      time.Time // when its first account was registered; zero: never
	codes       []*printedCode

	will   float64   // 0 uses its code whatever happens, 1 never
	mood   []float64 // what each month of the demo adds to that
	rate   float64   // payments on a usual day
	ticket float64   // đồng, the middle one

	withdrew, returned time.Time // took its code down when the tax changed, and hung it up again
}

// has reports whether the tenancy is in force on a day.
func (t *tenancy) has(day time.Time) bool {
	return !day.Before(t.since) && (t.ends.IsZero() || day.AddDate(0, 0, 1).Before(t.ends))
}

// code returns the code that is displayed for an account on a day, or nil.
func (t *tenancy) code(day time.Time, first bool) *printedCode {
	var found *printedCode
	for _, c := range t.codes {
		if c.issued.Before(day) && (c.ended.IsZero() || c.ended.After(day.AddDate(0, 0, 1))) {
			found = c
			if first {
				return c
			}
		}
	}
	return found
}

// goodsGroups are the goods of demo stalls: payments a day and the middle ticket in đồng.
var goodsGroups = []struct {
	zone, goods  string
	rate, ticket float64
	evenings     bool
}{
	{"Hải sản", "hai_san", 2.3, 140e3, false},
	{"Thịt", "thit", 2.1, 95e3, false},
	{"Rau củ", "rau", 1.8, 45e3, false},
	{"Ăn uống", "an_uong", 3.0, 38e3, true},
	{"Trái cây", "trai_cay", 1.9, 80e3, false},
	{"Tạp hóa", "tap_hoa", 1.8, 70e3, false},
	{"Đồ khô", "do_kho", 1.4, 150e3, false},
	{"May mặc", "may_mac", 0.8, 220e3, false},
	{"Hoa", "hoa", 1.0, 120e3, false},
	{"Dịch vụ", "dich_vu", 0.9, 100e3, true},
}

// drawStalls draws the market's stalls, zone by zone, with who had them when.
func (m *marketHistory) drawStalls() {
	zones := min(len(goodsGroups), max(3, m.stalls/20))
	for i := range m.stalls {
		g := i * zones / m.stalls
		s := &stall{
			id: m.newID(m.from), number: fmt.Sprintf("%c%03d", 'A'+rune(i/100), i%100+1), kind: "stall",
			zone: goodsGroups[g].zone, goods: goodsGroups[g].goods,
		}
		if i > m.stalls*97/100 {
			s.kind = "mobile"
		}
		m.all = append(m.all, s)
		m.drawTenancies(s, i == 0)
		for _, t := range s.tenancies {
			t.rate = goodsGroups[g].rate * math.Exp(0.75*m.draw.NormFloat64()-0.25)
			t.ticket = goodsGroups[g].ticket * math.Exp(0.25*m.draw.NormFloat64())
		}
	}
}

// drawTenancies draws who has a stall: some are vacant, some change hands, close or rest for a
// while. The first stall of a market is a model one.
func (m *marketHistory) drawTenancies(s *stall, model bool) {
	days := daysBetween(m.from, m.until)
	turn := m.from.AddDate(0, 0, days/10+m.draw.IntN(max(1, days*8/10))).Add(9 * time.Hour)
	kind := m.draw.IntN(1000)
	switch {
	case model:
		m.open(s, time.Time{}, time.Time{}, true)
		s.states = []stallState{{state: "operating"}}
	case kind < 50:
		s.states = []stallState{{state: "vacant"}}
	case kind < 80:
		m.open(s, time.Time{}, turn, false)
		s.states = []stallState{{state: "operating"}, {state: "vacant", since: turn}}
	case kind < 90:
		m.open(s, time.Time{}, turn, false)
		s.states = []stallState{{state: "operating"}, {"closed", "trả mặt bằng", turn}}
	case kind < 180: // another tenant, within whatever window is looked at
		m.open(s, time.Time{}, turn, false)
		m.open(s, turn, time.Time{}, false)
		s.states = []stallState{{state: "operating"}}
	case kind < 205:
		m.open(s, time.Time{}, time.Time{}, false)
		s.states = []stallState{
			{state: "operating"},
			{"suspended", "sửa chữa sạp", turn},
			{"operating", "", turn.AddDate(0, 0, 10+m.draw.IntN(25))},
		}
		if s.states[2].since.After(m.until) {
			s.states = s.states[:2]
		}
	default:
		m.open(s, time.Time{}, time.Time{}, false)
		s.states = []stallState{{state: "operating"}}
	}
}

// open gives a stall to a merchant, who joins when the market's story says so.
func (m *marketHistory) open(s *stall, since, ends time.Time, model bool) {
	t := &tenancy{id: m.newID(m.from), stall: s, since: since, ends: ends, approved: since, will: m.draw.Float64()}
	if since.IsZero() {
		t.approved = parseDay("2024-09-02").AddDate(0, 0, m.draw.IntN(40)).Add(8 * time.Hour)
	}
	eager := m.draw.Float64()
	if model {
		eager, t.will = 0, 0
	}
	t.merchant = m.drawMerchant(t)
	for mood, i := 0.0, 0; i <= m.months+2; i++ {
		mood = 0.7*mood + 0.045*m.draw.NormFloat64()
		t.mood = append(t.mood, mood)
	}
	joins := slices.IndexFunc(m.joinedBy, func(share float64) bool { return share > eager })
	switch {
	case joins < 0:
	case joins == 0 && since.IsZero():
		t.joined = m.from.AddDate(0, 0, -15-m.draw.IntN(150)).Add(time.Duration(8*60+m.draw.IntN(480)) * time.Minute)
	default:
		t.joined = m.from.AddDate(0, 0, joins).Add(time.Duration(8*60+m.draw.IntN(480)) * time.Minute)
		if t.joined.Before(since) {
			t.joined = since.AddDate(0, 0, 4+m.draw.IntN(40))
		}
	}
	if !t.joined.Before(m.until) || (!ends.IsZero() && !t.joined.Before(ends.AddDate(0, 0, -1))) {
		t.joined = time.Time{}
	}
	if !t.joined.IsZero() {
		m.join(t)
	}
	s.tenancies = append(s.tenancies, t)
	m.tenancies = append(m.tenancies, t)
}

// drawMerchant draws a new merchant; one in thirty is the tenant of the stall before, too.
func (m *marketHistory) drawMerchant(t *tenancy) *merchant {
	if n := len(m.tenancies); n > 0 && m.draw.IntN(30) == 0 {
		if last := m.tenancies[n-1]; last.stall != t.stall && last.ends.IsZero() && t.ends.IsZero() {
			return last.merchant
		}
	}
	m.people++
	name := surnames[m.draw.IntN(len(surnames))] + " " + middleNames[m.draw.IntN(len(middleNames))] + " " +
		givenNames[m.draw.IntN(len(givenNames))]
	p := &merchant{id: m.newID(m.from), name: name, phone: inventedPhone(m.index*3000 + m.people), since: t.approved}
	if m.draw.IntN(4) == 0 {
		p.household = "Hộ kinh doanh " + name
	}
	m.merchants = append(m.merchants, p)
	return p
}

// join gives a tenancy its account and code; one in twenty has a second of both.
func (m *marketHistory) join(t *tenancy) {
	m.receive(t, t.joined)
	if later := t.joined.AddDate(0, 0, 20+m.draw.IntN(200)); m.draw.IntN(20) == 0 && later.Before(m.until) &&
		(t.ends.IsZero() || later.Before(t.ends)) {
		m.receive(t, later)
	}
}

func (m *marketHistory) receive(t *tenancy, at time.Time) {
	m.numbers++
	a := &account{
		id: m.newID(at), merchant: t.merchant, bin: bankBINs[m.draw.IntN(len(bankBINs))],
		number: fmt.Sprintf("99%08d%02d", m.index*6000+m.numbers, m.draw.IntN(100)), holder: t.merchant.name,
		holderKind: "ca_nhan", since: at,
	}
	if t.merchant.household != "" && m.draw.IntN(2) == 0 {
		a.holder, a.holderKind = t.merchant.household, "ho_kinh_doanh"
	}
	if checked := at.AddDate(0, 0, m.draw.IntN(25)); m.draw.Float64() < m.verified && checked.Before(m.until) {
		a.checked, a.how = checked, []string{
			"bank_lookup", "bank_lookup", "bank_lookup", "paper",
			"test_transfer",
		}[m.draw.IntN(5)]
	}
	m.accounts = append(m.accounts, a)
	t.codes = append(t.codes, &printedCode{code: m.drawCode(), account: a, issued: at, state: "current"})
}

// drawCode draws a code that no other stall of the demo has.
func (m *marketHistory) drawCode() string {
	for {
		code, err := memo.New(m.source)
		if err != nil {
			panic(err) //nolint:forbidigo // the source never fails
		}
		if !m.codes[code] {
			m.codes[code] = true
			return code.String()
		}
	}
}

// newID returns a UUIDv7 of a moment (RFC 9562, section 5.7). The same seed draws the same ones.
func (m *marketHistory) newID(at time.Time) uuid.UUID { return drawID(m.draw, at) }

func drawID(draw *rand.Rand, at time.Time) (id uuid.UUID) {
	ms, a, b := uint64(at.UnixMilli()), draw.Uint64(), draw.Uint64() //nolint:gosec // after 1970
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	for i := range 8 {
		id[8+i] = byte(b >> (8 * i))
	}
	id[6], id[7] = 0x70|byte(a)&0x0f, byte(a>>8)
	id[8] = 0x80 | id[8]&0x3f
	return id
}

var (
	surnames    = []string{"Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Cao"}
	middleNames = []string{"Thị", "Thị Kim", "Thị Ngọc", "Văn", "Minh", "Thanh", "Thị Mỹ", "Quốc"}
	givenNames  = []string{
		"Lan", "Hoa", "Bảy", "Hạnh", "Tâm", "Phượng", "Sáu", "Dũng", "Hùng", "Mai", "Loan", "Đào",
		"Út", "Liên", "Thủy", "Yến",
	}
	bankBINs = []string{
		"970436", "970422", "970418", "970405", "970415", "970416", "970407", "970403", "970432",
		"970423",
	}
)

// inventedPhone returns the phone of the demo's n-th merchant.
func inventedPhone(n int) string { return fmt.Sprintf("0900%06d", n) }
