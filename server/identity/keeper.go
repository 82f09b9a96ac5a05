package identity

import (
	"maps"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/workspace"
)

// Keeper takes back changes of people, memberships and departments. It asks
// what their commands ask: nobody decides about a role above his own, and some
// admin stays. See records.Keeper.
type Keeper struct{}

// Keeps reports whether changes of this type are taken back here.
func (Keeper) Keeps(t crm.RecordType) bool {
	return t == crm.TypeUser || t == crm.TypeMembership || t == crm.TypeDepartment
}

// Dismiss takes the making of a record back. Somebody who has joined keeps his
// name in what he did, and loses his access instead.
// Errors: CodeForbidden, CodeInvalid (reason in_use: a department that is not empty).
func (Keeper) Dismiss(tx *workspace.Tx, rec crm.Record) error {
	switch rec.Type {
	case crm.TypeMembership:
		if err := mayAppoint(tx, rec.Fields.ID(crm.KeyDepartment), rank(rec.Fields.String("role"))); err != nil {
			return err
		}
	case crm.TypeDepartment:
		if _, err := tx.Require(access.ActionAdminister, rec); err != nil {
			return err
		}
		if tx.Inhabited(rec.ID) {
			return crm.Errorf(crm.CodeInvalid, "in_use", "the department is not empty")
		}
	default:
		user, err := administered(tx, rec.ID)
		if err != nil {
			return err
		}
		if hasJoined(tx, user.ID) {
			return disable(tx, user)
		}
	}
	return tx.Trash(rec.ID)
}

func hasJoined(tx *workspace.Tx, user crm.ID) bool {
	return slices.ContainsFunc(tx.Linked(user), func(linked crm.Record) bool { return linked.Type == crm.TypeCredential })
}

// Restore writes fields as they were.
// Errors: CodeForbidden, CodeInvalid, CodeConflict.
func (Keeper) Restore(tx *workspace.Tx, rec crm.Record, set crm.Fields, unset []string) error {
	after := rec
	after.Fields = rec.Fields.With(crm.Pack(set), unset)
	var err error
	switch rec.Type {
	case crm.TypeMembership:
		err = mayRestoreMembership(tx, rec, after)
	case crm.TypeDepartment:
		err = mayRestoreDepartment(tx, rec, after)
	default:
		err = mayRestorePerson(tx, rec, append(slices.Collect(maps.Keys(set)), unset...))
	}
	switch {
	case err != nil:
		return err
	case after.Trashed():
		return tx.Trash(rec.ID) // with today's date, by today's actor
	case rec.Type == crm.TypeUser && after.Fields.Has("disabledAt") && !rec.Fields.Has("disabledAt"):
		return disable(tx, rec)
	}
	return tx.Edit(rec.ID, set, unset)
}

func mayRestoreMembership(tx *workspace.Tx, rec, after crm.Record) error {
	user, department := rec.Fields.ID("userId"), rec.Fields.ID(crm.KeyDepartment)
	wanted := max(rank(rec.Fields.String("role")), rank(after.Fields.String("role")))
	if err := mayAppoint(tx, department, wanted); err != nil {
		return err
	}
	if !rec.Trashed() {
		return nil
	}
	if _, ok := tx.Lookup(crm.TypeUser, user); !ok {
		return crm.Invalid("userId", "unknown")
	}
	if other, has := membershipOf(tx, user, department); has {
		conflict := crm.Errorf(crm.CodeConflict, "conflict", "the person has been given another role meanwhile")
		conflict.Current = other
		return conflict
	}
	return nil
}

func mayRestoreDepartment(tx *workspace.Tx, rec, after crm.Record) error {
	if _, err := tx.Require(access.ActionAdminister, rec); err != nil {
		return err
	}
	if after.Trashed() {
		if tx.Inhabited(rec.ID) {
			return crm.Errorf(crm.CodeInvalid, "in_use", "the department is not empty")
		}
		return nil
	}
	if parent := after.Fields.ID("parentId"); rec.Trashed() || parent != rec.Fields.ID("parentId") {
		return mayHangBelow(tx, rec.ID, parent)
	}
	return nil
}

// ownFields are the fields of a person that he may change himself.
var ownFields = []string{"name", "language", "jobTitle"}

func mayRestorePerson(tx *workspace.Tx, rec crm.Record, keys []string) error {
	for _, key := range keys {
		if slices.Contains(ownFields, key) {
			if _, err := tx.Require(access.ActionEdit, rec); err != nil {
				return err
			}
		} else if err := mayDecideAbout(tx, rec); err != nil {
			return err
		}
	}
	if rec.Trashed() && len(tx.Find(crm.TypeUser, "email", rec.Fields.String("email"))) > 0 {
		return crm.Invalid("email", "email_taken")
	}
	return nil
}

// Settle refuses what the single steps together must not lead to.
// Errors: CodeInvalid with reason last_admin.
func (Keeper) Settle(tx *workspace.Tx) error { return someAdminLeft(tx) }
