package bsoncodec

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"rapport/server/crm"
)

// MarshalRecord returns {_id, version, …fields}. The type is not in it: it is
// the name of the collection.
// Errors: a key or value that could not be read back as it is.
func MarshalRecord(rec crm.Record) ([]byte, error) {
	start, doc := bsoncore.AppendDocumentStart(make([]byte, 0, 512))
	doc = bsoncore.AppendStringElement(doc, keyID, string(rec.ID))
	doc = bsoncore.AppendInt64Element(doc, keyVersion, int64(rec.Version))
	doc, err := appendFields(doc, rec.Fields)
	if err != nil {
		return nil, fmt.Errorf("bsoncodec: %s %s: %w", rec.Type, rec.ID, err)
	}
	return bsoncore.AppendDocumentEnd(doc, start)
}

// Record reads what MarshalRecord wrote. raw may be reused afterwards.
func (d *Decoder) Record(t crm.RecordType, raw []byte) (crm.Record, error) {
	doc := bsoncore.Document(raw)
	id, ok := doc.Lookup(keyID).StringValueOK()
	if !ok {
		return crm.Record{}, fmt.Errorf("bsoncodec: a %s has no text _id", t)
	}
	version, ok := doc.Lookup(keyVersion).AsInt64OK()
	if !ok || version < 1 {
		return crm.Record{}, fmt.Errorf("bsoncodec: %s %s has no version", t, id)
	}
	fields, err := d.fields(raw)
	if err != nil {
		return crm.Record{}, fmt.Errorf("bsoncodec: %s %s: %w", t, id, err)
	}
	return crm.Record{Type: t, ID: crm.ID(id), Version: uint64(version), Fields: fields}, nil
}

// Collection names the collection in which records of a type lie: the plural,
// as a person would look for it.
func Collection(t crm.RecordType) string {
	name := string(t)
	if stem, ok := strings.CutSuffix(name, "y"); ok && !strings.HasSuffix(stem, "a") && !strings.HasSuffix(stem, "e") && !strings.HasSuffix(stem, "o") {
		return stem + "ies"
	}
	if strings.HasSuffix(name, "s") || strings.HasSuffix(name, "x") || strings.HasSuffix(name, "ch") {
		return name + "es"
	}
	return name + "s"
}
