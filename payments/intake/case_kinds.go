package intake

// The kinds of cases: why a person has to decide. The notice that opened a case has the same word as
// its reason. Each kind is in the enum of Case.Kind too, so that a screen without a text for it does
// not compile.
const (
	overLimit         = "over_limit"        // above 499,999,999 đ
	unknownAccount    = "unknown_account"   // no stall in the connection's scope receives on it
	ambiguousBank     = "ambiguous_account" // two banks have the number and the notice names no bank
	noSingleStall     = "no_single_stall"   // no open stall, or several, receive on the account
	ambiguousCode     = "ambiguous_code"    // two different codes in one memo
	foreignAccount    = "foreign_account"   // a memo code, on an account that its stall does not use
	closedStall       = "closed_stall"      // posted to the last tenancy of a closed stall
	revokedCode       = "revoked_code"      // posted to the tenancy that the code was issued to
	otherCurrency     = "other_currency"
	originalUnknown   = "original_unknown" // reverses what was never posted, or a part of it
	kindPaidTwice     = "paid_twice"       // an order that was paid already
	KindReportedTwice = "told_twice"       // another connection reported an equal transfer
	futureDated       = "future_dated"     // posted, though its bank dates it over an hour ahead
	KindConflict      = "conflict"         // two contents with one id
	unreadableItem    = "unreadable_item"  // an item of a delivery that cannot be read
	retryFailed       = "retry_failed"     // every retry failed: its money is not in the books
)
