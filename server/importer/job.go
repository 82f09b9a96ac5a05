package importer

import (
	"bytes"
	"encoding/json"
	"path"
	"strings"
	"unicode"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// Keys of an import record.
const (
	keyName     = "name"     // of the file
	keyState    = "state"    // wire.ImportState
	keySize     = "size"     // bytes
	keyHash     = "fileHash" // SHA-256 of the file, hex
	keySettings = "settings" // as chosen
	keyCounts   = "counts"   // of a finished import
	keyProblem  = "problem"  // reason of a failed one
	keyBoard    = "boardId"
	keyTouched  = "touchedId" // a record it wrote: its history tells whether the import was undone
	keyResult   = "resultId"
)

// mine returns an import of the given person. Those of others do not exist for
// him, whatever policy says: a file may hold more than what became of it.
// Errors: CodeNotFound.
func mine(st *workspace.State, by, id crm.ID) (crm.Record, error) {
	rec, ok := st.Lookup(crm.TypeImport, id)
	if !ok || by == "" || rec.Fields.ID(crm.KeyOwner) != by {
		return crm.Record{}, workspace.NotFound()
	}
	return rec, nil
}

// view shows an import without its analysis.
func view(st *workspace.State, rec crm.Record) wire.Import {
	f := rec.Fields
	v := wire.Import{
		ID: string(rec.ID), Name: f.String(keyName), Size: int(f.Int(keySize)),
		CreatedAt: f.String(crm.KeyCreatedAt), State: stateOf(rec), Problem: f.String(keyProblem),
		Settings: settingsOf(rec), HasResult: f.String(keyResult) != "", BoardID: f.String(keyBoard),
	}
	if counts, ok := f.Get(keyCounts).(map[string]any); ok {
		c := crm.Fields(counts)
		v.Counts = wire.ImportCounts{
			Total: int(c.Int("total")), Done: int(c.Int("done")),
			Created: int(c.Int("created")), Matched: int(c.Int("matched")), Refused: int(c.Int("refused")),
		}
	}
	return v
}

func stateOf(rec crm.Record) wire.ImportState {
	return wire.ImportState(rec.Fields.String(keyState))
}

func countFields(c wire.ImportCounts) map[string]any {
	return map[string]any{
		"total": int64(c.Total), "done": int64(c.Done),
		"created": int64(c.Created), "matched": int64(c.Matched), "refused": int64(c.Refused),
	}
}

// settingsOf reads the settings of a record; of one without them, those that
// let everything be recognised.
func settingsOf(rec crm.Record) wire.ImportSettings {
	set := wire.ImportSettings{
		HeaderRow: -1, Columns: []wire.ImportColumn{}, Stages: []wire.ImportStage{}, People: []wire.ImportPerson{},
	}
	if kept, ok := rec.Fields.Get(keySettings).(map[string]any); ok {
		if raw, err := json.Marshal(kept); err == nil {
			_ = json.Unmarshal(raw, &set) // written by keepSettings
		}
	}
	return set
}

// keepSettings turns settings into a value that records can hold.
func keepSettings(set wire.ImportSettings) (map[string]any, error) {
	raw, err := json.Marshal(set)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree map[string]any
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	kept, _ := storable(tree).(map[string]any)
	return kept, nil
}

// storable turns decoded JSON into the kinds that crm.Fields allows.
func storable(v any) any {
	switch x := v.(type) {
	case json.Number:
		n, _ := x.Int64()
		return n
	case []any:
		list := make([]any, len(x))
		for i, item := range x {
			list[i] = storable(item)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(x))
		for k, item := range x {
			if item != nil {
				m[k] = storable(item)
			}
		}
		return m
	default:
		return v
	}
}

// cleanFileName keeps of a file name what can be shown: no folders, no control
// or direction characters, at most 150 characters with its ending.
func cleanFileName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>:"|?*`, r) {
			return -1
		}
		return r
	}, name))
	if runes := []rune(name); len(runes) > 150 {
		name = string(runes[:140]) + "….csv"
	}
	if strings.Trim(name, ". /") == "" {
		return "import.csv"
	}
	return name
}
