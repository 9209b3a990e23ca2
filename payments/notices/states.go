package notices

// State is the state of a notice.
type State string

// The states of a notice.
const (
	Posted    State = "posted"    // a payment of a stall
	Unmatched State = "unmatched" // waits for a case to assign it
	Ignored   State = "ignored"   // never a payment: a debit, a probe, a duplicate
	Pending   State = "pending"   // could not be processed; it is retried
)

// Why a notice is in its state, where no case is opened; else it is the kind of its case
// (case_kinds.go).
const (
	WhyVirtual  = "virtual_account"
	WhyCode     = "memo_code"
	WhyAccount  = "account"
	WhyReversed = "taken_back"
	DuplicateOf = "duplicate_of:" // followed by the payment's id
)

// The verdicts on a delivery.
const (
	VerdictRead       = "read"
	VerdictUnreadable = "unreadable"
)
