package intake

// The kinds of cases: why a person has to look. A notice in the state that opened a case carries
// the same word. Each stands in the enum of Case.Kind too, so that a screen without words for it
// does not compile.
const (
	overLimit         = "over_limit"        // above 499,999,999 đ
	unknownAccount    = "unknown_account"   // nobody in the connection's scope receives on it
	ambiguousBank     = "ambiguous_account" // the number stands at two banks and the notice names none
	noSingleStall     = "no_single_stall"   // no open stall, or several, receive on the account
	ambiguousCode     = "ambiguous_code"    // two different codes in one memo
	foreignAccount    = "foreign_account"   // a code of ours, on an account its stall does not receive on
	closedStall       = "closed_stall"      // posted to the last tenancy of a closed stall
	revokedCode       = "revoked_code"      // posted to the tenancy that the code was issued to
	otherCurrency     = "other_currency"
	originalUnknown   = "original_unknown" // takes back what was never posted, or a part of it
	paidTwice         = "paid_twice"       // an order that was paid already
	KindReportedTwice = "told_twice"       // another connection told of an equal transfer
	futureDated       = "future_dated"     // posted, though its bank dates it over an hour ahead
	KindConflict      = "conflict"         // two contents under one id
	unreadableItem    = "unreadable_item"  // an item of a delivery that cannot be read
	retryFailed       = "retry_failed"     // failed again and again: its money is nowhere in the books
)
