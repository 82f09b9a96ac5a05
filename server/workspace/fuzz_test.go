package workspace_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// FuzzSearch: a search finds what looking at every name finds, also by words in
// scripts without blanks.
func FuzzSearch(f *testing.F) {
	names := []string{
		"Nordwind Tea", "NORDWIND  Handel", "Straße 7", "STRASSE", "Ⅷ ﬀ", "名字公司", "公司名字", "Ünal Ändern", "Iſtanbul", "İstanbul", "a", "aa", "aaa b", "Ελλάς", "ελλασ", "Å", "A\u030a", "🫖", "x\u0345y",
	}
	w, err := workspace.Open(f.Context(), testkit.SQLite(f), workspace.Options{Log: quiet})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(w.Close)
	me := newID()
	if _, err := w.Commit(f.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		if err := tx.Create(crm.TypeUser, me, crm.Fields{"name": "Ana", "email": "ana@example.com"}); err != nil {
			return err
		}
		rule := crm.Fields{"who": "everyone", "effect": "may", "action": string(access.ActionSee), "what": "*", "whose": "all", "fieldGroups": "all"}
		if err := tx.Create(crm.TypeRule, newID(), rule); err != nil {
			return err
		}
		for _, name := range names {
			if err := tx.Create(crm.TypeCustomer, newID(), crm.Fields{"name": name}); err != nil {
				return err
			}
		}
		return nil
	}}); err != nil {
		f.Fatal(err)
	}
	for _, name := range append(slices.Clone(names), "", " ", "tea nord", "司名", "ss", "i", "σ", "no such") {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		var want []string
		words := strings.Fields(schema.NormalName(text))
		for _, name := range names {
			normal := schema.NormalName(name)
			if len(words) > 0 && !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(normal, word) }) {
				want = append(want, name)
			}
		}
		var got []string
		w.Peek(func(s *workspace.State) {
			found := s.For(me).Search(crm.TypeCustomer, text, 1000)
			for i := range found.Len() {
				got = append(got, found.Record(i).Fields.String("name"))
			}
		})
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%+q finds %q, want %q", text, got, want)
		}
	})
}
