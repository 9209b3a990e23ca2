package field_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestBadInputIsReportedByField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	costs := w.campaign()
	training := "/api/v1/trainings/" + w.Call(w.team, "POST", w.at+"/trainings", object{
		"held_on": "2026-11-20",
		"topic":   "x",
	}, 201).Text("id") + "/attendances"
	w.Call(w.team, "POST", training, object{"stall_number": "A-1"}, 201)
	w.Call(w.team, "POST", w.at+"/declared-shares", object{
		"stall_number": "A-1", "asked_on": "2026-11-20",
		"customers": 10, "transfers": 6,
	}, 201)
	visit := object{"stall_number": "A-1", "visited_at": "2026-11-20T08:00:00+07:00", "outcome": "helped"}
	share := object{"stall_number": "A-1", "asked_on": "2026-11-19", "customers": 10, "transfers": 6}
	fee := object{"month": "2026-10", "due": "100", "paid": "90", "paid_by_transfer": "50"}
	cost := object{"market": "CHODAM", "spent_on": "2026-11-20", "purpose": "printing", "amount": "1000"}
	incident := object{"kind": "swapped_code", "occurred_at": "2026-11-20T08:00:00+07:00"}
	plan := object{
		"from": "2026-11-01", "to": "2026-11-02",
		"strata": []any{object{"stratum": "sáng", "hours": []int{5, 9}}}, "slots_per_stratum": 2,
	}
	strata := func(all ...any) object { return object{"strata": all} }
	for _, tt := range []struct {
		path        string
		body        object
		changed     object
		status      int
		field, code string
	}{
		{w.at + "/visits", visit, object{"visited_at": "2026-11-23T08:00:00+07:00"}, 422, "visited_at", "in_future"},
		{w.at + "/visits", visit, object{"visited_at": "1926-11-20T08:00:00+07:00"}, 422, "visited_at", "too_old"},
		{w.at + "/visits", visit, object{"visited_at": "20/11/2026"}, 422, "visited_at", "time_form"},
		{w.at + "/visits", visit, object{"stall_number": "A-3"}, 422, "stall_number", "stall_vacant"},
		// of another market
		{w.at + "/visits", visit, object{"stall_number": "B-1"}, 422, "stall_number", "stall_unknown"},
		{w.at + "/visits", visit, object{"stall_number": ""}, 422, "stall_number", "required"},
		{w.at + "/visits", visit, object{"stall_id": w.a1.String()}, 422, "stall_number", "one_of"},
		{w.at + "/visits", visit, object{"stall_number": "", "stall_id": "A-1"}, 422, "stall_number", "stall_unknown"},
		{w.at + "/visits", visit, object{"outcome": "great"}, 422, "outcome", "unknown_value"},
		{w.at + "/visits", visit, object{"note": strings.Repeat("ở", 501)}, 422, "note", "too_long"},
		{w.at + "/visits", visit, object{"note": "Tr¶ l¹i m· QR"}, 422, "note", "text_encoding"},
		{
			w.at + "/trainings",
			object{"held_on": "2026-11-20", "topic": "Daïy baùn haøng"},
			nil, 422, "topic",
			"text_encoding",
		},
		{w.at + "/visits", visit, object{"note": "a\x00b"}, 422, "", "text_form"},
		{w.at + "/visits", visit, object{"stall_number": "a\x00b"}, 422, "", "text_form"},
		{w.at + "/visits", visit, object{"id": "1"}, 422, "id", "id_form"},
		{w.at + "/visits", visit, object{"phone": "0905"}, 422, "phone", "unknown_field"},
		{w.at + "/trainings", object{"held_on": "2026-11-24", "topic": "x"}, nil, 422, "held_on", "in_future"},
		{w.at + "/trainings", object{"held_on": "2026-11-20", "topic": ""}, nil, 422, "topic", "required"},
		{training, object{"stall_number": "A-1"}, nil, 409, "stall_number", "attended_already"},
		{training, object{"merchant_id": w.hoa.String()}, nil, 409, "merchant_id", "attended_already"},
		// of another market
		{training, object{"merchant_id": w.nga.String()}, nil, 422, "merchant_id", "merchant_unknown"},
		{training, object{"merchant_id": w.hoa.String(), "stall_number": "A-1"}, nil, 422, "merchant_id", "one_of"},
		{training, object{}, nil, 422, "stall_number", "required"},
		{w.at + "/declared-shares", share, object{"transfers": 11}, 422, "transfers", "more_than_all"},
		{w.at + "/declared-shares", share, object{"transfers": -1}, 422, "transfers", "out_of_range"},
		{w.at + "/declared-shares", share, object{"customers": 11}, 422, "customers", "out_of_range"},
		{w.at + "/declared-shares", share, object{"customers": 0, "transfers": 0}, 422, "customers", "out_of_range"},
		{w.at + "/declared-shares", share, object{"transfers": 1.5}, 422, "transfers", "invalid"},
		{w.at + "/declared-shares", share, object{"asked_on": "2026-11-20"}, 201, "", ""}, // the same again
		{
			w.at + "/declared-shares", share,
			object{"asked_on": "2026-11-20", "transfers": 7},
			409, "asked_on",
			"asked_already",
		},
		{w.at + "/fees", fee, object{"paid": "101"}, 422, "paid", "more_than_due"},
		{w.at + "/fees", fee, object{"paid_by_transfer": "91"}, 422, "paid_by_transfer", "more_than_paid"},
		{w.at + "/fees", fee, object{"due": "100.5"}, 422, "due", "amount_form"},
		{w.at + "/fees", fee, object{"due": "1.000"}, 422, "due", "amount_form"},
		{w.at + "/fees", fee, object{"due": "-1"}, 422, "due", "amount_form"},
		{w.at + "/fees", fee, object{"due": "1e9"}, 422, "due", "amount_form"},
		{w.at + "/fees", fee, object{"due": "1.234.567"}, 422, "due", "amount_form"},
		{w.at + "/fees", fee, object{"due": "10000000000000"}, 422, "due", "amount_form"},
		{w.at + "/fees", fee, object{"due": ""}, 422, "due", "required"},
		{w.at + "/fees", fee, object{"month": "2026-12"}, 422, "month", "in_future"},
		{w.at + "/fees", fee, object{"month": "10/2026"}, 422, "month", "month_form"},
		{costs, cost, object{"market": "NONE"}, 422, "market", "market_unknown"},
		{costs, cost, object{"spent_on": "2015-01-01"}, 422, "spent_on", "before_campaign"},
		{costs, cost, object{"amount": "0"}, 422, "amount", "zero"},
		{costs, cost, object{"amount": "0.5"}, 422, "amount", "amount_form"},
		{costs, cost, object{"amount": "45.000"}, 422, "amount", "amount_form"},
		{
			w.at + "/incidents", incident,
			object{"closed_at": "2026-11-20T07:00:00+07:00"},
			422, "closed_at",
			"closed_before",
		},
		{w.at + "/incidents", incident, object{"complaint_id": uuid.NewString()}, 422, "complaint_id", "unknown"},
		{w.at + "/incidents", incident, object{"alert_id": "x"}, 422, "alert_id", "unknown"},
		{w.at + "/refusals", object{
			"stall_number": "A-1", "kind": "refusal", "reason": "rain",
			"said_on": "2026-11-20",
		}, nil, 422, "reason", "unknown_value"},
		{w.at + "/survey-answers", object{
			"asked_on": "2026-11-24", "smartphone": true, "signal": true, "active": true,
			"sex": "unsaid", "non_fixed": false,
		}, nil, 422, "asked_on", "in_future"},
		{w.at + "/sample-plans", plan, object{"slots_per_stratum": 0}, 422, "slots_per_stratum", "no_slots"},
		{w.at + "/sample-plans", plan, object{"slots_per_stratum": 3000}, 422, "", "invalid_input"},
		{w.at + "/sample-plans", plan, object{"slots_per_stratum": 17}, 422, "strata.0.hours", "too_few_slots"},
		{w.at + "/sample-plans", plan, object{"to": "2026-10-31"}, 422, "to", "days_reversed"},
		{w.at + "/sample-plans", plan, object{"from": "2025-11-01", "to": "2026-11-02"}, 422, "to", "too_many_days"},
		{w.at + "/sample-plans", plan, object{"to": "2/11/2026"}, 422, "to", "date_form"},
		{w.at + "/sample-plans", plan, object{"to": "2036-11-02", "from": "2036-11-01"}, 422, "", "invalid_input"},
		{w.at + "/sample-plans", plan, object{"seed": -1}, 422, "seed", "out_of_range"},
		{w.at + "/sample-plans", plan, strata(), 422, "strata", "out_of_range"},
		{
			w.at + "/sample-plans", plan, strata(object{"stratum": "sáng", "hours": []int{9, 5}}), 422, "strata.0.hours",
			"hours_form",
		},
		{
			w.at + "/sample-plans", plan, strata(object{"stratum": "sáng", "hours": []int{20, 26}}), 422, "strata.0.hours",
			"hours_form",
		},
		{w.at + "/sample-plans", plan, strata(object{"stratum": "a", "hours": []int{5, 9}}, object{
			"stratum": "b",
			"hours":   []int{8, 10},
		}), 422, "strata.1.hours", "hours_overlap"},
		{w.at + "/sample-plans", plan, strata(object{"stratum": "a", "hours": []int{5, 9}}, object{
			"stratum": "a",
			"hours":   []int{9, 10},
		}), 422, "strata.1.stratum", "repeated"},
	} {
		body := object{}
		for _, from := range []object{tt.body, tt.changed} {
			for name, value := range from {
				body[name] = value
			}
		}
		if body["stall_id"] != nil && body["stall_number"] == "" {
			delete(body, "stall_number")
		}
		vi := w.Call(w.admin, "POST", tt.path, body, tt.status)
		if tt.status == 201 {
			continue
		}
		en := w.Call(w.admin, "POST", tt.path, body, tt.status, "Accept-Language", "en")
		if vi.Text("code") != tt.code || tt.field != "" && vi.Text("errors.0.field") != tt.field ||
			vi.Text("detail") == en.Text("detail") || tt.field != "" && vi.Text("errors.0.detail") == en.Text(
			"errors.0.detail") {
			t.Errorf("%s %v: %v, want %s %s", tt.path, tt.changed, vi, tt.field, tt.code)
		}
	}
}
