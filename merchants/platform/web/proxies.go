package web

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"
)

// Proxies are the networks that are trusted for X-Forwarded-For. The zero value trusts none.
type Proxies []netip.Prefix

// ParseProxies reads a list of addresses and networks (CIDR), separated by commas.
func ParseProxies(text string) (Proxies, error) {
	var p Proxies
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		network, err := netip.ParsePrefix(word)
		if ip, ipErr := netip.ParseAddr(word); ipErr == nil && ip.Zone() == "" {
			network, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		if err != nil {
			return nil, errors.New("must be addresses and networks such as 127.0.0.1,10.1.2.0/24")
		}
		if network.Bits() == 0 {
			return nil, errors.New("would trust everybody: name the proxy's own address")
		}
		p = append(p, network.Masked())
	}
	return p, nil
}

func (p Proxies) contains(ip netip.Addr) bool {
	for _, network := range p {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// setCaller sets a request's RemoteAddr to its caller's, so that all later code uses one address.
// That is true for sessions, counters of guesses, the trail, rate limits and a webhook's allowed
// addresses.
func (p Proxies) setCaller(c *gin.Context) {
	if at := p.caller(c.Request); at.IsValid() {
		c.Request.RemoteAddr = at.String()
	}
}

// caller returns who makes a request: the peer or, if the peer is a trusted proxy, the last address
// of X-Forwarded-For that is not a trusted proxy. The caller itself could have written the entries
// before that one. The port is the one given with the address (203.0.113.9:51234), else the peer's,
// which identifies the line in the proxy's own log; X-Forwarded-Port is the port that was called.
func (p Proxies) caller(r *http.Request) netip.AddrPort {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return peer
	}
	at := netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port())
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.contains(at.Addr()); i-- {
		hop, err := parseHop(strings.TrimSpace(hops[i]))
		if err != nil {
			break // a trusted proxy does not know the caller's address
		}
		if at = netip.AddrPortFrom(hop.Addr().Unmap(), hop.Port()); hop.Port() == 0 {
			at = netip.AddrPortFrom(at.Addr(), peer.Port())
		}
	}
	return at
}

// parseHop reads an address, with or without a port.
func parseHop(text string) (netip.AddrPort, error) {
	if at, err := netip.ParseAddrPort(text); err == nil {
		return netip.AddrPortFrom(at.Addr().WithZone(""), at.Port()), nil
	}
	ip, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return netip.AddrPortFrom(ip.WithZone(""), 0), err
}
