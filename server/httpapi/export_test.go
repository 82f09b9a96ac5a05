package httpapi

// What the tests of this package call directly.
var (
	Decode       = decode
	Body         = body
	StatusByCode = statusByCode
	ProblemOf    = problemOf
	Client       = client
)
