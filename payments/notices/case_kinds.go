package notices

// The kinds of cases: why a person has to decide. The notice that opened a case has the same word as
// its reason. Each kind is in the enum of Case.Kind too, so that a screen without a text for it does
// not compile.
const (
	OverLimit       = "over_limit"        // above 499,999,999 đ
	UnknownAccount  = "unknown_account"   // no stall in the connection's scope receives on it
	AmbiguousBank   = "ambiguous_account" // two banks have the number and the notice names no bank
	NoSingleStall   = "no_single_stall"   // no open stall, or several, receive on the account
	AmbiguousCode   = "ambiguous_code"    // two different codes in one memo
	ForeignAccount  = "foreign_account"   // a memo code, on an account that its stall does not use
	ClosedStall     = "closed_stall"      // posted to the last tenancy of a closed stall
	RevokedCode     = "revoked_code"      // posted to the tenancy that the code was issued to
	OtherCurrency   = "other_currency"
	OriginalUnknown = "original_unknown" // reverses what was never posted, or a part of it
	PaidTwice       = "paid_twice"       // an order that was paid already
	ReportedTwice   = "told_twice"       // another connection reported an equal transfer
	FutureDated     = "future_dated"     // posted, though its bank dates it over an hour ahead
	Conflict        = "conflict"         // two contents with one id
	UnreadableItem  = "unreadable_item"  // an item of a delivery that cannot be read
	RetryFailed     = "retry_failed"     // every retry failed: its money is not in the books
)
