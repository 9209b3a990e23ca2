package outgoing

import (
	"errors"
	"net/netip"
	"strings"
)

// Allow are the hosts and networks that may be called though they are not public: a province's own
// identity provider or SMS gateway. The zero value allows none.
type Allow struct {
	hosts    map[string]bool // in lower case
	networks []netip.Prefix
}

// ParseAllow reads a list of host names, addresses and networks (CIDR), separated by commas.
func ParseAllow(text string) (Allow, error) {
	a := Allow{hosts: map[string]bool{}}
	for word := range strings.SplitSeq(text, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		if word == "" {
			continue
		}
		if network, err := netip.ParsePrefix(word); err == nil {
			a.networks = append(a.networks, network.Masked())
			continue
		}
		if ip, err := parseAddress(word); err == nil {
			a.networks = append(a.networks, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		if strings.ContainsAny(word, "/:@*? ") {
			return Allow{}, errors.New(
				"must be host names, addresses and networks such as sms.tinh.gov.vn,10.1.2.0/24, without a scheme or port",
			)
		}
		a.hosts[word] = true
	}
	return a, nil
}

// names reports whether a URL's host is in the list, as a name or as an address.
func (a Allow) names(host string) bool {
	if ip, err := parseAddress(host); err == nil {
		return a.contains(ip)
	}
	return a.hosts[strings.ToLower(strings.TrimSuffix(host, "."))]
}

func (a Allow) contains(ip netip.Addr) bool {
	for _, network := range a.networks {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// parseAddress reads an address; IPv4 within IPv6 (::ffff:10.0.0.1) is the IPv4 address that it
// reaches.
func parseAddress(text string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(text)
	return ip.Unmap(), err
}

// special are the networks among public addresses that have another purpose (IANA IPv4 and IPv6
// Special-Purpose Address Registries, RFC 6890): this host, private and shared networks, the link,
// tests, documentation, and tunnels that hold an IPv4 address (6to4, Teredo).
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
	"240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

// global is what IANA has handed out of IPv6: everything else, NAT64's 64:ff9b::/96 too, is no host
// of the internet.
var global = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// isPublic reports whether an address is one host of the internet.
func isPublic(ip netip.Addr) bool {
	if ip.Zone() != "" || ip.Is6() && !global.Contains(ip) {
		return false
	}
	for _, network := range special {
		if network.Contains(ip) {
			return false
		}
	}
	return true
}
