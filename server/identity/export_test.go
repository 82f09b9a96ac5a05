package identity

// What the tests of this package call directly.
var (
	CheckEmail = checkEmail
	DeviceName = deviceName
)
