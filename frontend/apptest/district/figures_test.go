package district_test

import (
	"strings"
	"testing"
	"time"
)

// TestAnIndicatorsPage shows each part in its own unit and in the definition's order, and a total
// that is hidden as hidden: on the page, in the table of its months, and in a word below a chart
// that has a gap.
func TestAnIndicatorsPage(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	v := o.seat("province_officer", "", 1440)
	at, firstDay := lastMonth()
	v.open("indicators/I10?as_of=" + firstDay)
	v.until(
		`[...document.querySelectorAll('[data-part]')].map((row) => row.dataset.part).join() === 'le_50k,le_200k,le_1m,over_1m'`,
	)
	v.open("indicators/I19?as_of=" + firstDay)
	if said := v.read(`[data-part="swapped"] td`); said != "0" {
		t.Errorf("swapped codes are shown as %s", said)
	}
	v.open("indicators/I24?as_of=" + firstDay)
	if said := v.read(`[data-part="hours_since_update"] td`); !strings.HasSuffix(said, " giờ") {
		t.Errorf("the hours since an update are shown as %s", said)
	}
	v.open("indicators/I03?as_of=" + firstDay)
	if said := v.read(`[data-definition] details:last-of-type`); !strings.Contains(said, "lời của chủ sạp") ||
		strings.Contains(said, "owner") {
		t.Errorf("what a version changed is shown as %s", said)
	}

	for n := range 3 { // three of twelve in the last week: shown neither for the market nor for all
		o.pay("BANGOI", 5+n, at.Add(7*24*time.Hour))
	}
	v.open("indicators/I04?as_of=" + firstDay)
	v.until(`document.querySelector('.tile-like .rate b')?.textContent === 'ẩn'`)
	if said := v.read(`main dl`); !strings.Contains(said, "Tử số ẩn") || !strings.Contains(said, "Mẫu số 24") {
		t.Errorf("hidden, numerator and denominator are %s", said)
	}
	if said := v.read(`[data-hidden-note]`); !strings.Contains(said, "dưới 5 người") {
		t.Errorf("the footnote says %s", said)
	}
	if said := v.read(`[data-gaps]`); !strings.Contains(said, "ẩn") {
		t.Errorf("below the chart is %s", said)
	}
	v.press("Xem bảng số")
	if said := v.read(`[data-chart=table]`); !strings.Contains(said, "ẩn / 24") || strings.Contains(said, "<5") {
		t.Errorf("the months say %s", said)
	}
}
