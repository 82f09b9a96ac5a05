package testkit

import (
	"encoding/json"
	"fmt"
	"maps"

	"rapport/server/wire"
)

// Sight is what one person may know of one record: its type, and its visible
// fields and masked groups as text. The zero Sight is nothing.
type Sight struct{ Kind, Fields, Masked string }

// SightOf spells what is visible of a record. masked names groups of fields.
func SightOf(kind string, fields map[string]any, masked []string) Sight {
	if fields == nil {
		fields = map[string]any{}
	}
	return Sight{kind, asJSON(fields), fmt.Sprint(masked)}
}

// Fault says what is wrong with an op of an entry, sent to somebody who saw the
// record as was right before the entry and sees it as is after it, when it lies
// in the trash or not; "" if the op is the one that SL8 and SL9 order.
func Fault(op wire.Op, was, is Sight, trashed bool) string {
	nothing := Sight{}
	bare := len(op.Fields)+len(op.Unset)+len(op.Masked) == 0 && op.Version == 0
	switch {
	case was == nothing && is == nothing:
		return "[SL11] of a record that was hidden before and is hidden after"
	case was != nothing && op.Type != was.Kind || is != nothing && op.Type != is.Kind:
		return "[SL8] with a wrong type"
	case is == nothing && trashed && (op.Op != wire.OpDelete || !bare):
		return "[SL8] of a record that was thrown away: delete alone is right"
	case is == nothing && !trashed && (op.Op != wire.OpHide || !bare):
		return "[SL8] of a record that is hidden from here on: hide alone is right"
	case is == nothing:
		return ""
	case op.Op == wire.OpShow:
		if shown := SightOf(op.Type, op.Fields, op.Masked); shown != is {
			return fmt.Sprintf("[SL9] shows %v", shown)
		}
		return ""
	case op.Op != wire.OpSet || was == nothing || was.Masked != is.Masked:
		return "[SL8] of a record that is to be shown as a whole"
	default:
		return faultOfSet(op, was, is)
	}
}

// faultOfSet says what a set leaves wrong, or tells beyond what is visible.
func faultOfSet(op wire.Op, was, is Sight) string {
	had, has := fieldsOf(was), fieldsOf(is)
	for key, value := range op.Fields {
		if visible, ok := has[key]; !ok || asJSON(visible) != asJSON(value) {
			return fmt.Sprintf("[SL9] tells %s = %s", key, asJSON(value))
		}
		had[key] = value
	}
	for _, key := range op.Unset {
		if _, ok := had[key]; !ok {
			return "[SL9] takes away " + key + ", which was not there to see"
		}
		delete(had, key)
	}
	if !maps.EqualFunc(had, has, func(a, b any) bool { return asJSON(a) == asJSON(b) }) {
		return "[SL9] leaves " + asJSON(had)
	}
	return ""
}

func fieldsOf(s Sight) map[string]any {
	fields := map[string]any{}
	if err := json.Unmarshal([]byte(s.Fields), &fields); err != nil {
		panic(err)
	}
	return fields
}

func asJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}
