package access

// ParseRules reads rules as the default policy writes them.
var ParseRules = parseRules
