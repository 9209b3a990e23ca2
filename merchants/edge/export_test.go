package edge

// Remembered is how many addresses of strangers are kept.
func Remembered(e *Edge) int { return len(e.paces.strangers.young) + len(e.paces.strangers.old) }
