package httpapi

import (
	"rapport/server/crm"
	"rapport/server/importer"
)

// The parameters that several routes share, or that need more words.
var (
	positionAsked = Param{Name: HeaderPosition, Says: "A log position, <epoch>:<offset>, that the answer must not be older than."}
	positionTold  = Param{Name: HeaderPosition, Says: "Where in the log the answer stands, <epoch>:<offset>."}
	ageTold       = Param{
		Name: HeaderAge, Whole: true,
		Says: "For how many seconds this node has not been able to make sure that its answer is current. Absent while it has.",
	}

	wordsAsked  = Param{Name: "q", Says: "What to look for."}
	afterAsked  = Param{Name: "after", Says: "The next of the page before."}
	limitAsked  = Param{Name: "limit", Says: "How many at most.", Whole: true, Min: 1, Max: listMost}
	beforeAsked = Param{Name: "before", Says: "The next of the page before.", Whole: true}
	rowAsked    = Param{Name: "after", Says: "The next of the page before: rows with a higher number.", Whole: true}
	fateAsked   = Param{Name: "fate", Says: "What became of the rows; all when left out.", OneOf: importer.Fates}
	fileName    = Param{Name: "X-File-Name", Says: "The name of the file, percent-encoded."}
)

// typeAsked asks for one of these record types.
func typeAsked(types []crm.RecordType, required bool) Param {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	return Param{Name: "type", Says: "The record type.", OneOf: names, Required: required}
}
