package httpapi

import "net/netip"

// What the tests of this package call directly.
var (
	Decode        = decode
	Body          = body
	StatusByCode  = statusByCode
	ProblemOf     = problemOf
	Client        = client
	ParseObject   = parseObject
	Assign        = assign
	ParsePosition = parsePosition
	PositionText  = positionText
	Attachment    = attachment
	ParseProxies  = parseProxies
	Takes         = takes
)

// Origin is where a request comes from that arrives over a connection from addr.
func (p proxies) Origin(addr netip.Addr, forwarded string) netip.Addr {
	return p.origin(addr, forwarded)
}

// Trusts reports whether addr is a trusted proxy's.
func (p proxies) Trusts(addr netip.Addr) bool { return p.trust(addr) }
