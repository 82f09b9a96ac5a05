package mongostore_test

import (
	"os"
	"testing"

	"rapport/server/mongostore"
	"rapport/server/synclog"
	"rapport/server/testkit"
)

func TestMain(m *testing.M) {
	code := m.Run()
	testkit.StopMongo()
	os.Exit(code)
}

func TestStore(t *testing.T) {
	testkit.RunStoreSuite(t, testkit.StoreFactory{Shared: true, Many: 10_000, New: func(t *testing.T) func() synclog.Store {
		uri, database := testkit.Mongo(t)
		return func() synclog.Store {
			s, err := mongostore.Open(t.Context(), uri, database)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		}
	}})
}
