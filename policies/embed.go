// Package policies holds the Casbin model and the rules of a new workspace as
// text. It exists because go:embed cannot reach out of a package's folder.
package policies

import _ "embed"

// Model is how a rule is matched, in Casbin's model language.
//
//go:embed model.conf
var Model string

// Default is the rules of a new workspace, one per line.
//
//go:embed default_policy.csv
var Default string

// Readme explains the words and holds the access matrix that the tests read.
//
//go:embed README.md
var Readme string
