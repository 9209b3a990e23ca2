package reports

// Definitions are all indicators, by code: what a frozen report takes along.
func (r *Reports) Definitions() ([]Definition, error) { return r.definitions() }
