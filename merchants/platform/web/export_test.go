package web

// CountedCallers returns how many addresses of strangers are counted.
func CountedCallers(e *Edge) int { return len(e.limits.anonymous.young) + len(e.limits.anonymous.old) }

// HalfPair reports whether a JSON text escapes half of a surrogate pair.
func HalfPair(body []byte) bool { return halfPair(body) }

// CostlyRequests is how many costly requests run at once on this machine.
var CostlyRequests = costlyRequests
