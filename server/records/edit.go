package records

import (
	"context"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/schema"
	"rapport/server/workspace"
)

// EditArgs are the arguments of record.edit. null takes a value away.
type EditArgs struct {
	ID      crm.ID         `json:"id"`
	BasedOn uint64         `json:"basedOn"`
	Values  map[string]any `json:"values"`
}

// Edit changes fields of a record. What nobody else has changed since BasedOn
// is merged; a field that both changed is a conflict with the current values.
// Errors: CodeInvalid, CodeNotFound, CodeForbidden, CodeConflict.
func (s *Service) Edit(ctx context.Context, cmd workspace.Command, a EditArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, err := find(tx, a.ID)
		if err != nil {
			return err
		}
		// Before a word about the values: they would tell that the record exists.
		if err := maySee(tx, rec); err != nil {
			return err
		}
		set, unset, err := tx.Schema().Clean(rec.Type, a.Values)
		if err != nil {
			return err
		}
		if err := mayEdit(tx, rec, set, unset); err != nil {
			return err
		}
		if err := checkAfter(tx, rec, set, unset); err != nil {
			return err
		}
		if err := tx.Merge(rec, a.BasedOn, set, unset); err != nil {
			return err
		}
		return tx.Edit(a.ID, set, unset)
	}
	return s.ws.Commit(ctx, cmd)
}

// find returns a record that people edit and that is not in the trash.
// Errors: CodeNotFound.
func find(tx *workspace.Tx, id crm.ID) (crm.Record, error) {
	rec, ok := tx.Get(id)
	if !ok || !rec.Exists() || !editable[rec.Type] {
		return crm.Record{}, workspace.NotFound()
	}
	return rec, nil
}

func maySee(tx *workspace.Tx, rec crm.Record) error {
	_, err := tx.Require(access.ActionSee, rec)
	return err
}

// mayEdit asks for the rights that an edit takes. A form may send owner and
// department along unchanged; to change them takes the right to assign, for
// they decide who sees the record.
func mayEdit(tx *workspace.Tx, rec crm.Record, set crm.Fields, unset []string) error {
	var keys []string
	for key, value := range set {
		if actionFor(rec.Type, key, false) == access.ActionEdit || !crm.ValueEqual(value, rec.Fields.Get(key)) {
			keys = append(keys, key)
		}
	}
	for _, key := range unset {
		if actionFor(rec.Type, key, false) == access.ActionEdit || rec.Fields.Has(key) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		_, err := tx.Require(access.ActionEdit, rec)
		return err
	}
	return mayChange(&tx.State, tx.Actor(), rec, keys)
}

// checkAfter holds what an edit leaves against what must be: new links lead
// somewhere, and a deal keeps what its stage asks for.
func checkAfter(tx *workspace.Tx, rec crm.Record, set crm.Fields, unset []string) error {
	changed := crm.Fields{}
	for key, value := range set {
		if !crm.ValueEqual(value, rec.Fields.Get(key)) {
			changed[key] = value
		}
	}
	if err := checkLinks(tx, rec.Type, changed); err != nil {
		return err
	}
	if rec.Type != crm.TypeDeal {
		return nil
	}
	return pipeline.CheckKept(tx, rec.Fields.With(crm.Values{}, unset), unset)
}

// AssignArgs are the arguments of record.assign.
type AssignArgs struct {
	ID      crm.ID `json:"id"`
	BasedOn uint64 `json:"basedOn"`
	OwnerID crm.ID `json:"ownerId"`
}

// Assign makes somebody the owner. A record follows its owner into his
// department only when the owner has no role in the present one.
// Errors: CodeNotFound, CodeForbidden, CodeInvalid, CodeConflict.
func (s *Service) Assign(ctx context.Context, cmd workspace.Command, a AssignArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, err := find(tx, a.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Require(access.ActionAssign, rec); err != nil {
			return err
		}
		if reason := checkLink(tx, schema.KindUser, "", a.OwnerID); reason != "" {
			return crm.Invalid(crm.KeyOwner, reason)
		}
		set := crm.Fields{crm.KeyOwner: string(a.OwnerID)}
		if err := tx.Merge(rec, a.BasedOn, set, nil); err != nil {
			return err
		}
		department := rec.Fields.ID(crm.KeyDepartment)
		covered := slices.ContainsFunc(tx.Policy().DepartmentsOf(a.OwnerID), func(d crm.ID) bool {
			return tx.Policy().Covers(d, department)
		})
		if primary := tx.Policy().PrimaryDepartment(a.OwnerID); !covered && primary != "" {
			set[crm.KeyDepartment] = string(primary)
		}
		return tx.Edit(a.ID, set, nil)
	}
	return s.ws.Commit(ctx, cmd)
}

// ShareArgs are the arguments of record.share.
type ShareArgs struct {
	ID            crm.ID   `json:"id"`
	DepartmentIDs []crm.ID `json:"departmentIds"`
}

// maxShares bounds with how many departments one record is shared.
const maxShares = 50

// Share sets the departments a record is shared with; an empty list ends it.
// Errors: CodeNotFound, CodeForbidden, CodeInvalid.
func (s *Service) Share(ctx context.Context, cmd workspace.Command, a ShareArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, err := find(tx, a.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Require(access.ActionShare, rec); err != nil {
			return err
		}
		if len(a.DepartmentIDs) > maxShares {
			return crm.Invalid("departmentIds", "too_many")
		}
		ids := slices.Clone(a.DepartmentIDs)
		slices.Sort(ids)
		var shared []any
		for _, id := range slices.Compact(ids) {
			if reason := checkLink(tx, schema.KindDepartment, "", id); reason != "" {
				return crm.Invalid("departmentIds", reason)
			}
			shared = append(shared, string(id))
		}
		if shared == nil {
			return tx.Edit(a.ID, nil, []string{"sharedWith"})
		}
		return tx.Edit(a.ID, crm.Fields{"sharedWith": shared}, nil)
	}
	return s.ws.Commit(ctx, cmd)
}
