package soundbox

import "market40/payments/soundbox"

// Sentences are what a soundbox says of messages that wait.
func Sentences(waiting []soundbox.Message) [][]string { return sentencesOf(waiting) }
