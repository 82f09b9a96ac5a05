package importer

import (
	"rapport/server/crm"
	"rapport/server/wire"
)

// File is a file that an import needs.
type File struct {
	ID     crm.ID
	SHA256 string // of its content, hex; "" = not known
}

// FilesOf lists the files that a record needs, if it is an import: the source
// until it has been read to its end, and the result from then on.
func FilesOf(rec crm.Record) []File {
	if rec.Type != crm.TypeImport || rec.Trashed() {
		return nil
	}
	var files []File
	switch stateOf(rec) {
	case wire.ImportUploaded, wire.ImportRunning:
		files = append(files, File{ID: rec.ID, SHA256: rec.Fields.String(keyHash)})
	}
	if result := rec.Fields.ID(keyResult); result != "" {
		files = append(files, File{ID: result})
	}
	return files
}
