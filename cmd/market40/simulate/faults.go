package simulate

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// faults say how often something goes wrong, from 0 to 1.
type faults struct {
	duplicate, late, unsigned, debit float64
	disorder, mangle                 bool
}

func (faults) hit(share float64) bool { return share > 0 && rand.Float64() < share }

func parseFaults(text string) (faults, error) {
	var f faults
	for word := range strings.SplitSeq(text, ",") {
		name, share, given := strings.Cut(strings.TrimSpace(word), "=")
		part := 0.02
		if given {
			n, err := strconv.ParseFloat(strings.TrimSuffix(share, "%"), 64)
			if err != nil || n < 0 || n > 100 || !strings.HasSuffix(share, "%") {
				return f, fmt.Errorf("fault %q: a share is written as 5%%", word)
			}
			part = n / 100
		}
		switch name {
		case "":
		case "duplicate":
			f.duplicate = part
		case "late":
			f.late = part
		case "unsigned":
			f.unsigned = part
		case "debit":
			f.debit = part
		case "disorder":
			f.disorder = true
		case "mangle":
			f.mangle = true
		default:
			return f, fmt.Errorf(
				"fault %q is not known: expected duplicate, late, disorder, mangle, unsigned or debit",
				name,
			)
		}
	}
	return f, nil
}
