package httpapi

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// proxies are the networks whose X-Forwarded-For counts.
type proxies []netip.Prefix

// parseProxies reads addresses and networks.
func parseProxies(texts []string) (proxies, error) {
	list := make(proxies, 0, len(texts))
	for _, text := range texts {
		if addr, err := netip.ParseAddr(text); err == nil {
			list = append(list, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("trusted proxies: %w", err)
		}
		list = append(list, prefix)
	}
	return list, nil
}

func (p proxies) trust(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// clientAddress returns the address a request comes from: that of the
// connection, unless it is a trusted proxy's. Then it is the last address in
// X-Forwarded-For that no trusted proxy added to itself: what stands further
// left was written by the client. (Fiber takes the first.)
func (p proxies) clientAddress(c *fiber.Ctx) string {
	addr, ok := netip.AddrFromSlice(c.Context().RemoteIP())
	if !ok {
		return ""
	}
	return p.origin(addr.Unmap(), c.Get(fiber.HeaderXForwardedFor)).String()
}

// origin goes from the address of a connection through X-Forwarded-For, from
// right to left, as long as there are trusted proxies.
func (p proxies) origin(addr netip.Addr, forwarded string) netip.Addr {
	hops := strings.Split(forwarded, ",")
	for i := len(hops) - 1; i >= 0 && p.trust(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	return addr
}
