package mongostore_test

import (
	"reflect"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"rapport/server/mongostore"
)

// What was acknowledged is not rolled back, and what is read neither: a replica set
// of one member, as in tests, would not show the difference.
func TestNoURIWeakensWhatTheStorePromises(t *testing.T) {
	for _, tt := range []struct{ name, query string }{
		{"nothing is said", "replicaSet=rs0"},
		{"one member is to acknowledge", "w=1"},
		{"nobody is to acknowledge", "w=0"},
		{"a number of members is to acknowledge, without their journals", "w=2&journal=false"},
		{"what one member has is to be read", "readConcernLevel=local"},
		{"whatever is there is to be read", "readConcernLevel=available"},
		{"another member is to be read", "readPreference=secondary&readPreferenceTags=dc:north"},
		{"the nearest member is to be read", "readPreference=nearest&maxStalenessSeconds=120"},
		{"writes are not to be tried again", "retryWrites=false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := mongostore.ClientOptions("mongodb://127.0.0.1/?" + tt.query)
			if err := o.Validate(); err != nil {
				t.Fatal(err)
			}
			if want := writeconcern.Majority(); !reflect.DeepEqual(o.WriteConcern, want) {
				t.Errorf("write concern %+v, want %+v", o.WriteConcern, want)
			}
			if want := readconcern.Majority(); !reflect.DeepEqual(o.ReadConcern, want) {
				t.Errorf("read concern %+v, want %+v", o.ReadConcern, want)
			}
			if want := readpref.Primary(); !reflect.DeepEqual(o.ReadPreference, want) {
				t.Errorf("read preference %v, want %v", o.ReadPreference, want)
			}
			if o.RetryWrites == nil || !*o.RetryWrites {
				t.Error("writes are not tried again")
			}
		})
	}
}
