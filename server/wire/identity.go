package wire

// SetupNeeded answers GET /setup.
type SetupNeeded struct {
	Needed bool `json:"needed"` // there is nobody yet: show the first visitor the setup
}

// SetupRequest is the body of POST /setup.
type SetupRequest struct {
	Company  string `json:"company"`
	Currency string `json:"currency"` // ISO 4217
	TimeZone string `json:"timeZone"` // IANA name, for example Europe/Berlin
	Name     string `json:"name"`
	Email    string `json:"email"`
	Password string `json:"password"` // 10..200 characters, kept exactly
	Language string `json:"language"` // en | ru | es | zh-Hant; "" = en
}

// SignInRequest is the body of POST /session.
type SignInRequest struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// SignedIn answers everything that opens a session; the session itself is in
// the cookie.
type SignedIn struct {
	UserID string `json:"userId"`
}

// Devices answers GET /devices, newest first.
type Devices struct {
	Devices []Device `json:"devices"`
}

// Device is a place where a person is signed in.
type Device struct {
	ID         string `json:"id"`
	Name       string `json:"name"` // "Firefox on Linux"; "" when unknown
	SignedInAt string `json:"signedInAt"`
	LastSeenOn string `json:"lastSeenOn"` // date
	EndsAt     string `json:"endsAt"`
	Current    bool   `json:"current"` // the one that asks
}

// PasswordRequest is the body of POST /password.
type PasswordRequest struct {
	Current  string `json:"current"`
	Password string `json:"password"`
}

// InviteRequest is the body of POST /invitations.
type InviteRequest struct {
	Email        string `json:"email"`
	Name         string `json:"name"` // a suggestion; may be ""
	DepartmentID string `json:"departmentId"`
	Role         string `json:"role"` // guest | member | lead | head | admin
}

// Link answers POST /invitations and POST /people/:id/reset-link: the only time
// the link is shown. Its token is behind a #, which browsers send to nobody.
type Link struct {
	ID        string `json:"id"`
	Path      string `json:"path"` // to be put behind the address of the server
	Token     string `json:"token"`
	ExpiresAt string `json:"expiresAt"`
}

// OpenLinks answers GET /invitations: the links not used yet, newest first.
type OpenLinks struct {
	Links []OpenLink `json:"links"`
}

// OpenLink is an invitation, or a link by which a person sets a new password,
// without its token. An invitation has an e-mail, a department and a role, the
// other the person.
type OpenLink struct {
	ID           string `json:"id"`
	Kind         string `json:"kind"` // invite | reset
	Email        string `json:"email,omitempty"`
	Name         string `json:"name,omitempty"`
	DepartmentID string `json:"departmentId,omitempty"`
	Role         string `json:"role,omitempty"`
	UserID       string `json:"userId,omitempty"`
	MadeBy       string `json:"madeBy"` // user id
	MadeAt       string `json:"madeAt"`
	ExpiresAt    string `json:"expiresAt"`
}

// LinkRequest is the body of POST /invitations/look, for both kinds of links.
type LinkRequest struct {
	Token string `json:"token"`
}

// LinkView is what the holder of a link sees before using it.
type LinkView struct {
	Kind      string `json:"kind"`      // invite | reset
	Workspace string `json:"workspace"` // the company's name
	Email     string `json:"email"`
	Name      string `json:"name,omitempty"`
	ExpiresAt string `json:"expiresAt"`
}

// AcceptRequest is the body of POST /invitations/accept.
type AcceptRequest struct {
	Token    string `json:"token"`
	Name     string `json:"name"`
	Password string `json:"password"`
	Language string `json:"language"` // "" = en
}

// ResetRequest is the body of POST /reset.
type ResetRequest struct {
	Token    string `json:"token"`
	Password string `json:"password"`
}
