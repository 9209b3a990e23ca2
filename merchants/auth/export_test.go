package auth

// TakeSeat takes a seat of those whose password is looked at.
func TakeSeat(address string) (leave func(), err error) { return looking.take(address) }
