package backup_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"rapport/server/backup"
	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// vandal damages what a store holds, behind the store's back.
type vandal interface {
	// entry changes the body of an entry; the offset it lies under stays.
	entry(offset uint64, change func(bson.D) bson.D)
	dropEntry(offset uint64)
	// record changes a document; nil makes it anew or removes it.
	record(t crm.RecordType, id crm.ID, change func(bson.D) bson.D)
	retype(from, to crm.RecordType, id crm.ID)
	dropEpoch()
	dropFile(id crm.ID)
	breakFile(id crm.ID)
}

func set(key string, value any) func(bson.D) bson.D {
	return func(d bson.D) bson.D {
		for i := range d {
			if d[i].Key == key {
				d[i].Value = value
				return d
			}
		}
		return append(d, bson.E{Key: key, Value: value})
	}
}

func unset(key string) func(bson.D) bson.D {
	return func(d bson.D) bson.D {
		return slices.DeleteFunc(d, func(e bson.E) bool { return e.Key == key })
	}
}

func gone(bson.D) bson.D { return nil }

// op changes the first op of an entry.
func op(change func(bson.D) bson.D) func(bson.D) bson.D {
	return func(d bson.D) bson.D {
		for _, e := range d {
			if e.Key == "ops" {
				e.Value.(bson.A)[0] = change(e.Value.(bson.A)[0].(bson.D))
			}
		}
		return d
	}
}

// What settle writes: 1 customer, 2 deal, 3 and 4 a visit, 5 links and session,
// 6 imports, 7 an edit of the deal, 8 to 47 customers in one group.
const dealMade, dealEdited, someInGroup, last = 2, 7, 20, 47

var damages = []struct {
	name   string
	damage func(v vandal, c company)
	want   []string // what is found at least
}{
	{"an entry is gone", func(v vandal, _ company) { v.dropEntry(3) }, []string{"entry 3 is missing", "makes version 2 of storeVisit"}},
	{"several entries are gone", func(v vandal, _ company) {
		for offset := uint64(30); offset <= 33; offset++ {
			v.dropEntry(offset)
		}
	}, []string{"entries 30 to 33 are missing", "has a document, but no entry made it"}},
	{"the first entry is gone", func(v vandal, _ company) { v.dropEntry(1) }, []string{"entry 1 is missing"}},
	{"the last entry is gone", func(v vandal, _ company) { v.dropEntry(last) }, []string{"the log ends with entry 46", "(1 of them)", "has a document, but no entry made it"}},
	{"the log has lost its end", func(v vandal, _ company) {
		for offset := uint64(dealEdited); offset <= last; offset++ {
			v.dropEntry(offset)
		}
	}, []string{"the log ends with entry 6", "(41 of them)", "is at version 2, its entries make 1"}},
	{"an entry says another offset than where it lies", func(v vandal, _ company) { v.entry(3, set("offset", int64(4))) }, []string{"entry 3: ", "stands the offset 4"}},
	{"an entry cannot be read", func(v vandal, _ company) { v.entry(3, set("ops", "none")) }, []string{"entry 3: "}},
	{"an entry changes nothing", func(v vandal, _ company) { v.entry(3, set("ops", bson.A{})) }, []string{"entry 3"}},
	{"an entry skips a version", func(v vandal, _ company) { v.entry(dealEdited, op(set("version", int64(5)))) }, []string{"entry 7 makes version 5 of deal", "of which there is version 1", "is at version 2, its entries make 5"}},
	{"an entry is of another type", func(v vandal, _ company) { v.entry(dealEdited, op(set("type", "customer"))) }, []string{"entry 7 makes deal"}},
	{"an entry sets another value", func(v vandal, _ company) { v.entry(dealMade, op(set("set", bson.D{{Key: "title", Value: "Boxes"}}))) }, []string{"entry 7 remembers other values of deal"}},
	{"an entry remembers another value before it", func(v vandal, _ company) {
		v.entry(dealEdited, op(set("before", bson.D{{Key: "title", Value: "Crates"}, {Key: "note", Value: "soon"}})))
	}, []string{"entry 7 remembers other values of deal", "title"}},
	{"an entry takes back a later one", func(v vandal, _ company) { v.entry(3, set("undoes", int64(9))) }, []string{"entry 3 takes back entry 9"}},
	{"a command was done twice", func(v vandal, c company) {
		for _, offset := range []uint64{someInGroup, someInGroup + 1} {
			v.entry(offset, set("commandId", string(c.deal)))
		}
	}, []string{"entries 20 and 21 are the same command"}},
	{"a document has another value", func(v vandal, c company) { v.record(crm.TypeDeal, c.deal, set("title", "Boxes")) }, []string{"is not what its entries make of it: title"}},
	{"a custom field has another value", func(v vandal, c company) {
		v.record(crm.TypeDeal, c.deal, set("fields", bson.D{{Key: "colour", Value: "red"}}))
	}, []string{"is not what its entries make of it: fields.colour"}},
	{"a value is another number", func(v vandal, c company) {
		v.record(crm.TypeDeal, c.deal, set("value", bson.D{{Key: "amount", Value: int64(12001)}, {Key: "currency", Value: "EUR"}}))
	}, []string{"is not what its entries make of it: value"}},
	{"a document lacks a field", func(v vandal, c company) { v.record(crm.TypeDeal, c.deal, unset("title")) }, []string{"is not what its entries make of it: title"}},
	{"a document has a field too many", func(v vandal, c company) { v.record(crm.TypeDeal, c.deal, set("note", "late")) }, []string{"is not what its entries make of it: note"}},
	{"a document is at an older version", func(v vandal, c company) { v.record(crm.TypeDeal, c.deal, set("version", int64(1))) }, []string{"is at version 1, its entries make 2"}},
	{"a document has no version", func(v vandal, c company) { v.record(crm.TypeDeal, c.deal, unset("version")) }, []string{"has no version"}},
	{"a document has no entries", func(v vandal, _ company) {
		v.record(crm.TypeCustomer, "01ARZ3NDEKTSV4RRFFQ69G5FAV", set("version", int64(1)))
	}, []string{"customer 01ARZ3NDEKTSV4RRFFQ69G5FAV has a document, but no entry made it"}},
	{"entries have no document", func(v vandal, c company) { v.record(crm.TypeDeal, c.deal, gone) }, []string{"has entries, but no document"}},
	{"a document lies among those of another type", func(v vandal, c company) { v.retype(crm.TypeDeal, crm.TypeCustomer, c.deal) }, []string{"is a deal by its entries"}},
	{"the log has no identity", func(v vandal, _ company) { v.dropEpoch() }, []string{"no epoch"}},
	{"a file that an import waits for is gone", func(v vandal, c company) { v.dropFile(c.importing) }, []string{"needs the file", "not there"}},
	{"a result file is gone", func(v vandal, c company) { v.dropFile(c.result) }, []string{"needs the file", "not there"}},
	{"a file is not what was uploaded", func(v vandal, c company) { v.breakFile(c.importing) }, []string{"file "}},
}

func TestCheckFindsEveryDamage(t *testing.T) {
	eachKind(t, func(t *testing.T, pristine *place) {
		c := pristine.settle(t)
		pristine.wantClean(t)
		for _, row := range damages {
			t.Run(row.name, func(t *testing.T) {
				p := pristine.copied(t)
				row.damage(p.vandal(t), c)
				p.wantFindings(t, row.want)
			})
		}
	})
}

func (p *place) wantFindings(t *testing.T, want []string) {
	t.Helper()
	all := strings.Join(p.findings(t), "\n")
	for _, w := range want {
		if !strings.Contains(all, w) {
			t.Errorf("nothing says %q:\n%s", w, all)
		}
	}
}

// copied returns a place with the same in it.
func (p *place) copied(t *testing.T) *place {
	t.Helper()
	if p.dir != "" {
		q := folder(t, filepath.Join(t.TempDir(), "data"))
		if err := os.CopyFS(q.dir, os.DirFS(p.dir)); err != nil {
			t.Fatal(err)
		}
		return q
	}
	q := kinds[1].make(t)
	from, to := p.db.Client(t).Database(p.db.Name), q.db.Client(t).Database(q.db.Name)
	names, err := from.ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		cursor, err := from.Collection(name).Find(t.Context(), bson.D{})
		if err != nil {
			t.Fatal(err)
		}
		var docs []bson.Raw
		if err := cursor.All(t.Context(), &docs); err != nil {
			t.Fatal(err)
		}
		if len(docs) > 0 {
			if _, err := to.Collection(name).InsertMany(t.Context(), docs); err != nil {
				t.Fatal(err)
			}
		}
	}
	return q
}

func (p *place) vandal(t *testing.T) vandal {
	t.Helper()
	if p.dir == "" {
		return &mongoVandal{t, p.db.Client(t).Database(p.db.Name)}
	}
	return &sqlVandal{t, p.dir, p.database(t)}
}

// database opens an embedded store's file.
func (p *place) database(t testing.TB) *sql.DB {
	t.Helper()
	db := must[*sql.DB](t)(sql.Open("sqlite", "file:"+filepath.Join(p.dir, "rapport.db")))
	t.Cleanup(func() { _ = db.Close() })
	return db
}

type sqlVandal struct {
	t   *testing.T
	dir string
	db  *sql.DB
}

func (v *sqlVandal) exec(query string, args ...any) {
	v.t.Helper()
	result, err := v.db.ExecContext(context.Background(), query, args...)
	if err != nil {
		v.t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		v.t.Fatalf("%s changed nothing (%v)", query, err)
	}
}

func (v *sqlVandal) body(query string, arg any) bson.D {
	v.t.Helper()
	var sealed []byte
	if err := v.db.QueryRowContext(context.Background(), query, arg).Scan(&sealed); err != nil {
		v.t.Fatal(err)
	}
	const sum = 4 // a body without one counts as old, and as good
	var d bson.D
	if err := bson.Unmarshal(sealed[:len(sealed)-sum], &d); err != nil {
		v.t.Fatal(err)
	}
	return d
}

func (v *sqlVandal) entry(offset uint64, change func(bson.D) bson.D) {
	v.t.Helper()
	body := must[[]byte](v.t)(bson.Marshal(change(v.body("SELECT body FROM entries WHERE offset = ?", offset))))
	v.exec("UPDATE entries SET body = ? WHERE offset = ?", body, offset)
}

func (v *sqlVandal) dropEntry(offset uint64) { v.exec("DELETE FROM entries WHERE offset = ?", offset) }

func (v *sqlVandal) record(t crm.RecordType, id crm.ID, change func(bson.D) bson.D) {
	v.t.Helper()
	before := bson.D{{Key: "_id", Value: string(id)}}
	var there int
	if err := v.db.QueryRowContext(context.Background(), "SELECT count(*) FROM records WHERE id = ?", string(id)).Scan(&there); err != nil {
		v.t.Fatal(err)
	}
	if there > 0 {
		before = v.body("SELECT body FROM records WHERE id = ?", string(id))
		v.exec("DELETE FROM records WHERE id = ?", string(id))
	}
	if after := change(before); after != nil {
		v.exec("INSERT INTO records (id, type, body) VALUES (?, ?, ?)", string(id), string(t), must[[]byte](v.t)(bson.Marshal(after)))
	}
}

func (v *sqlVandal) retype(_, to crm.RecordType, id crm.ID) {
	v.exec("UPDATE records SET type = ? WHERE id = ?", string(to), string(id))
}

func (v *sqlVandal) dropEpoch() { v.exec("DELETE FROM meta WHERE key = 'epoch'") }

func (v *sqlVandal) dropFile(id crm.ID) {
	if err := os.Remove(filepath.Join(v.dir, "files", string(id))); err != nil {
		v.t.Fatal(err)
	}
}

func (v *sqlVandal) breakFile(id crm.ID) {
	if err := os.WriteFile(filepath.Join(v.dir, "files", string(id)), []byte("x"), 0o600); err != nil {
		v.t.Fatal(err)
	}
}

type mongoVandal struct {
	t  *testing.T
	db *mongo.Database
}

func (v *mongoVandal) replace(collection string, id any, change func(bson.D) bson.D) {
	v.t.Helper()
	c, filter := v.db.Collection(collection), bson.D{{Key: "_id", Value: id}}
	before := filter
	var found bson.D
	if err := c.FindOne(context.Background(), filter).Decode(&found); err == nil {
		before = found
		if _, err := c.DeleteOne(context.Background(), filter); err != nil {
			v.t.Fatal(err)
		}
	}
	if after := change(before); after != nil {
		if _, err := c.InsertOne(context.Background(), after); err != nil {
			v.t.Fatal(err)
		}
	}
}

func (v *mongoVandal) entry(offset uint64, change func(bson.D) bson.D) {
	v.replace("entries", bsoncodec.EntryID(crm.MainWorkspace, offset), change)
}

func (v *mongoVandal) dropEntry(offset uint64) { v.entry(offset, gone) }

func (v *mongoVandal) record(t crm.RecordType, id crm.ID, change func(bson.D) bson.D) {
	v.replace(bsoncodec.Collection(t), string(id), change)
}

func (v *mongoVandal) retype(from, to crm.RecordType, id crm.ID) {
	var moved bson.D
	v.record(from, id, func(d bson.D) bson.D {
		moved = d
		return nil
	})
	v.record(to, id, func(bson.D) bson.D { return moved })
}

func (v *mongoVandal) dropEpoch() { v.replace("meta", crm.MainWorkspace, unset("epoch")) }

func (v *mongoVandal) file(id crm.ID) (gridID any) {
	v.t.Helper()
	var found struct {
		ID any `bson:"_id"`
	}
	err := v.db.Collection("files.files").FindOne(context.Background(), bson.D{{Key: "filename", Value: fmt.Sprintf("%s/%s", crm.MainWorkspace, id)}}).Decode(&found)
	if err != nil {
		v.t.Fatal(err)
	}
	return found.ID
}

func (v *mongoVandal) dropFile(id crm.ID) { v.replace("files.files", v.file(id), gone) }

func (v *mongoVandal) breakFile(id crm.ID) {
	v.t.Helper()
	if _, err := v.db.Collection("files.chunks").DeleteMany(context.Background(), bson.D{{Key: "files_id", Value: v.file(id)}}); err != nil {
		v.t.Fatal(err)
	}
}

// What only one kind of store keeps.
func TestCheckFindsDamageOfTheEmbeddedStore(t *testing.T) {
	pristine := folder(t, filepath.Join(t.TempDir(), "data"))
	c := pristine.settle(t)
	exec := func(query string, args ...any) func(*sqlVandal) {
		return func(v *sqlVandal) { v.exec(query, args...) }
	}
	for _, row := range []struct {
		name   string
		damage func(*sqlVandal)
		want   string
	}{
		{"a history lacks an entry", exec("DELETE FROM touched WHERE record = ? AND offset = ?", string(c.deal), dealEdited), "the history of record " + string(c.deal) + " does not name entry 7"},
		{"a history has an entry too many", exec("INSERT INTO touched VALUES (?, ?)", string(c.deal), 1), "the history of record " + string(c.deal) + " names entry 1, which knows nothing of it"},
		{"a history names an entry that is not there", exec("INSERT INTO touched VALUES (?, ?)", string(c.deal), 999), "names entry 999"},
		{"a history names one entry for another", exec("UPDATE touched SET offset = 3 WHERE record = ? AND offset = ?", string(c.deal), dealEdited), "names entry 3"},
		{"the last entry is gone", exec("DELETE FROM entries WHERE offset = ?", last), "ends at change 46, but had reached 47"},
		{"a group lacks an entry", exec("DELETE FROM grouped WHERE offset = ?", someInGroup), "the group " + string(c.group) + " does not name entry 20"},
		{"a group has an entry too many", exec("INSERT INTO grouped VALUES (?, ?)", string(c.group), 1), "names entry 1, which knows nothing of it"},
		{"a byte of a document has changed", exec("UPDATE records SET body = cast(replace(body, 'Tin boxes', 'Tin foxes') AS blob) WHERE id = ?", string(c.deal)), "its sum does not fit"},
		{"a byte of an entry has changed", exec("UPDATE entries SET body = cast(replace(body, 'Tin boxes', 'Tin foxes') AS blob) WHERE offset = ?", dealMade), "entry 2: synclog: damaged: its sum does not fit"},
		{"a document lies under another id", exec("UPDATE records SET id = '01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE id = ?", string(c.deal)), "in it stands the id " + string(c.deal)},
		{"an entry lies before the first", exec("UPDATE entries SET offset = 0 WHERE offset = ?", 3), "entry 0"},
		{"an entry is a stub", exec("UPDATE entries SET body = x'00' WHERE offset = ?", 3), "entry 3: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := pristine.copied(t)
			row.damage(p.vandal(t).(*sqlVandal))
			p.wantFindings(t, []string{row.want})
		})
	}
}

func TestCheckFindsDamageOfMongoDB(t *testing.T) {
	pristine := kinds[1].make(t)
	c := pristine.settle(t)
	for _, row := range []struct {
		name   string
		damage func(*mongoVandal)
		want   string
	}{
		{"an entry's ids are not those of its records", func(v *mongoVandal) { v.entry(dealEdited, set("ids", bson.A{string(c.customer)})) }, "entry 7: synclog: damaged: its ids are not those"},
		{"an entry has no ids", func(v *mongoVandal) { v.entry(dealEdited, unset("ids")) }, "entry 7: synclog: damaged: its ids are not those"},
		{"an entry lies under a key where nobody looks", func(v *mongoVandal) { v.replace("entries", "elsewhere/1", set("offset", int64(1))) }, "elsewhere/1"},
		{"an entry lies under a key that is none", func(v *mongoVandal) { v.replace("entries", "main/0000000000x2", set("offset", int64(2))) }, "main/0000000000x2"},
		{"an entry lies under a number", func(v *mongoVandal) { v.replace("entries", int64(5), set("offset", int64(5))) }, "where nobody looks"},
		{"a document is in two collections", func(v *mongoVandal) { v.record(crm.TypeCustomer, c.deal, set("version", int64(2))) }, "has two documents"},
		{"a collection is not known to the workspace", func(v *mongoVandal) {
			v.replace("meta", crm.MainWorkspace, func(d bson.D) bson.D {
				for _, e := range d {
					if e.Key == "types" {
						return set("types", slices.DeleteFunc(e.Value.(bson.A), func(v any) bool { return v == "deal" }))(d)
					}
				}
				return d
			})
		}, "deal " + string(c.deal) + " has entries, but no document"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := pristine.copied(t)
			row.damage(p.vandal(t).(*mongoVandal))
			p.wantFindings(t, []string{row.want})
		})
	}
}

// shorter is a source that gives only the first entries of its log.
type shorter struct {
	synclog.Source
	ends uint64
}

func (s shorter) Entries(ctx context.Context, each func(synclog.Entry, error) error) error {
	return s.Source.Entries(ctx, func(e synclog.Entry, wrong error) error {
		if e.Offset > s.ends {
			return nil
		}
		return each(e, wrong)
	})
}

// A gap is named once, and is why documents are ahead of the log.
func TestCheckFindsALogThatEndsBeforeItsPosition(t *testing.T) {
	p := folder(t, filepath.Join(t.TempDir(), "data"))
	p.settle(t)
	for ends, want := range map[uint64]string{last - 1: "entry 47 is missing", someInGroup: "entries 21 to 47 are missing"} {
		var found []string
		_, err := backup.Check(t.Context(), shorter{p.mustSource(t), ends}, options(), func(finding string) error {
			found = append(found, finding)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(found, want) {
			t.Errorf("nothing says %q: %q", want, found)
		}
		if all := strings.Join(found, "\n"); strings.Contains(all, "the log ends with") {
			t.Errorf("it is said twice:\n%s", all)
		}
	}
}

// A backup claims to be whole, so there is none of a damaged workspace.
func TestADamagedWorkspaceIsNotBackedUp(t *testing.T) {
	pristine := folder(t, filepath.Join(t.TempDir(), "data"))
	c := pristine.settle(t)
	for name, damage := range map[string]func(v vandal){
		"an entry is gone":            func(v vandal) { v.dropEntry(3) },
		"an entry cannot be read":     func(v vandal) { v.entry(3, set("ops", "none")) },
		"a document cannot be read":   func(v vandal) { v.record(crm.TypeDeal, c.deal, unset("version")) },
		"a byte of an entry is wrong": func(v vandal) { v.(*sqlVandal).exec("UPDATE entries SET body = x'0011' WHERE offset = 3") },
	} {
		t.Run(name, func(t *testing.T) {
			p := pristine.copied(t)
			damage(p.vandal(t))
			_, err := backup.WriteFile(t.Context(), filepath.Join(t.TempDir(), "saved"), p.mustSource(t), options())
			if err == nil || !strings.Contains(err.Error(), "rapport check") {
				t.Errorf("error %v", err)
			}
		})
	}
}
