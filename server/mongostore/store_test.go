package mongostore_test

import (
	"testing"

	"rapport/server/synclog"
	"rapport/server/testkit"
)

func TestStoreContract(t *testing.T) {
	testkit.RunStoreSuite(t, testkit.Stores{
		Many: 5_000,
		New: func(t testing.TB) func() synclog.Store {
			db := testkit.Mongo(t)
			return func() synclog.Store { return db.Open(t) }
		},
	})
}
