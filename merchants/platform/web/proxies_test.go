package web_test

import (
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"market40/merchants/access/signin"
	"market40/merchants/platform/web"
)

// TestTheCallerIsBelievedOnlyFromProxies: an address in a header counts only where a proxy that we
// trust wrote it.
func TestTheCallerIsBelievedOnlyFromProxies(t *testing.T) {
	t.Parallel()
	const peer, cluster = "10.0.0.1:4000", "10.0.0.1,10.0.9.0/24,2001:db8:1::/48"
	for name, c := range map[string]struct {
		trusted, peer string
		forwarded     []string
		caller        string
	}{
		"no proxy, no header": {"", "203.0.113.9:51234", nil, "203.0.113.9:51234"},
		"a stranger spoofs": {
			cluster, "203.0.113.9:51234",
			[]string{"198.51.100.7"},
			"203.0.113.9:51234",
		},
		"a stranger spoofs a proxy": {
			cluster, "203.0.113.9:51234",
			[]string{"198.51.100.7, 10.0.0.1"},
			"203.0.113.9:51234",
		},
		"no proxy is trusted by default": {"", peer, []string{"198.51.100.7"}, peer},
		"through a proxy":                {cluster, peer, []string{"198.51.100.7"}, "198.51.100.7:4000"},
		"the caller spoofs through a proxy": {
			cluster, peer,
			[]string{"127.0.0.1, 10.0.0.1, 198.51.100.7"},
			"198.51.100.7:4000",
		},
		"spoofed on a line of its own": {
			cluster, peer,
			[]string{"127.0.0.1", "198.51.100.7"},
			"198.51.100.7:4000",
		},
		"through two proxies": {
			cluster, peer,
			[]string{"9.9.9.9, 198.51.100.7, 10.0.9.44"},
			"198.51.100.7:4000",
		},
		"with a port": {cluster, peer, []string{"198.51.100.7:61000"}, "198.51.100.7:61000"},
		"IPv6": {
			cluster, "[2001:db8:1::5]:4000",
			[]string{"2001:db8:2::7"},
			"[2001:db8:2::7]:4000",
		},
		"IPv6 with a port": {
			cluster, peer,
			[]string{"[2001:db8:2::7]:61000"},
			"[2001:db8:2::7]:61000",
		},
		"IPv4 within IPv6 is IPv4": {
			cluster, "[::ffff:10.0.0.1]:4000",
			[]string{"::ffff:198.51.100.7"},
			"198.51.100.7:4000",
		},
		"a zone is not accepted":             {cluster, peer, []string{"fe80::1%evil"}, "[fe80::1]:4000"},
		"a proxy that does not know":         {cluster, peer, []string{"unknown"}, peer},
		"nonsense left of the caller":        {cluster, peer, []string{"<script>, 198.51.100.7"}, "198.51.100.7:4000"},
		"nonsense right of the caller":       {cluster, peer, []string{"198.51.100.7, x\r\ny"}, peer},
		"the proxy itself calls":             {cluster, peer, nil, peer},
		"only proxies: the first of them":    {cluster, peer, []string{"10.0.9.1, 10.0.9.2"}, "10.0.9.1:4000"},
		"an address of no form stays itself": {cluster, "@", []string{"198.51.100.7"}, "@"},
	} {
		trusted, err := web.ParseProxies(c.trusted)
		if err != nil {
			t.Fatal(err)
		}
		e := web.New(web.Parts{Gate: signin.Gate{}, Proxies: trusted})
		var seen string
		e.Engine.GET("/who", func(c *gin.Context) { seen = c.Request.RemoteAddr })
		r := httptest.NewRequest("GET", "/who", nil)
		r.RemoteAddr = c.peer
		for _, line := range c.forwarded {
			r.Header.Add("X-Forwarded-For", line)
		}
		for _, other := range []string{"X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip"} {
			r.Header.Set(other, "for=6.6.6.6")
		}
		e.Engine.ServeHTTP(httptest.NewRecorder(), r)
		if seen != c.caller {
			t.Errorf("%s: the caller is %s, not %s", name, seen, c.caller)
		}
	}
	for _, faulty := range []string{"proxy.example", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1:80", "fe80::1%lo"} {
		if _, err := web.ParseProxies(faulty); err == nil {
			t.Errorf("%q was read", faulty)
		}
	}
}
