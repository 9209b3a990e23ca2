package program

import (
	"context"
	"fmt"
	"regexp"
	"testing"

	"market40/migrations/database/dbtest"
)

// DemoURL returns the URL of a database that holds the demo of today, with the key SecretKey(1).
func DemoURL(t *testing.T) string {
	t.Helper()
	return dbtest.Copy(t, "demo", func(_ context.Context, url string) error {
		seeded := Call(t, []string{"DATABASE_URL=" + url, "SECRET_KEY=" + SecretKey(1)}, "seed", "demo")
		if seeded.Code != 0 {
			return fmt.Errorf("seed demo: exit %d: %s", seeded.Code, seeded.Err)
		}
		return nil
	})
}

// DemoKeys returns the API keys that a server printed, by role.
func DemoKeys(t *testing.T, s *Server) map[string]string {
	t.Helper()
	keys := map[string]string{}
	for _, line := range s.Printed {
		if found := regexp.MustCompile(`^  (\w+) +(m40_[\w-]{43})  \S+$`).FindStringSubmatch(line); found != nil {
			keys[found[1]] = found[2]
		}
	}
	return keys
}
