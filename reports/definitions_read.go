package reports

// Definitions are all indicators, by code: what a frozen report takes along.
func (r *Reports) Definitions() ([]Definition, error) { return r.definitions() }

// Wordings are the same, as this program has them built in: a file is written and proven without a database.
func Wordings() ([]Definition, error) { return definitions() }
