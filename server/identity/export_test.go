package identity

// What the tests of this package call directly.
var (
	CheckEmail = checkEmail
	DeviceName = deviceName
)

// DeriveWith changes how keys are computed from passwords.
// Call it before anything else uses s.
func (s *Service) DeriveWith(d func(password, salt []byte, passes, memory uint32, lanes uint8, length uint32) []byte) {
	s.hash.derive = d
}
