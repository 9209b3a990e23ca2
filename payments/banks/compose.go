package banks

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"market40/merchants/platform/bizday"
)

// number is a value that JSON writes without quotes when it is all digits.
type number string

// nothing is null in JSON.
type nothing struct{}

// orNull returns s, or null when it is empty, as providers write what they do not know.
func orNull(s string) any {
	if s == "" {
		return nothing{}
	}
	return s
}

// jsonObject writes a JSON object of names and values in the order given, as the providers' own
// serialisers would. Values are strings, number, nothing, or []byte for JSON that is already
// written.
func jsonObject(pairs ...any) []byte {
	dst := []byte{'{'}
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, fmt.Sprint(pairs[i]), escaping{}), ':')
		switch v := pairs[i+1].(type) {
		case nothing:
			dst = append(dst, "null"...)
		case []byte:
			dst = append(dst, v...)
		case number:
			if !allDigits(string(v)) || len(v) > 1 && v[0] == '0' {
				dst = appendString(dst, string(v), escaping{})
				break
			}
			dst = append(dst, v...)
		default:
			dst = appendString(dst, fmt.Sprint(v), escaping{})
		}
	}
	return append(dst, '}')
}

// postJSON returns a POST of JSON.
func postJSON(subPath string, body []byte, now time.Time) Request {
	return Request{
		Method: http.MethodPost, SubPath: subPath, Body: body, Now: now,
		Header: http.Header{"Content-Type": {"application/json"}},
	}
}

// local returns the time as most providers write it.
func (n Notice) local() string { return n.OccurredAt.In(bizday.Vietnam).Format(localForm) }

// millis returns the time in milliseconds since 1970.
func (n Notice) millis() number { return number(strconv.FormatInt(n.OccurredAt.UnixMilli(), 10)) }

// onlyCredits refuses a notice of money out, for which wallets and payment links have no message.
func (n Notice) onlyCredits() error {
	if n.Direction != In {
		return fmt.Errorf("a transfer out: %w", ErrNotSupported)
	}
	return nil
}

// outcome returns the code of success, or of failure for a notice that is ignored as failed.
func (n Notice) outcome(success, failure string) string {
	if n.Ignore == IgnoreFailed {
		return failure
	}
	return success
}
