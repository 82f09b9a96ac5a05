package testkit

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"rapport/server/crm"
	"rapport/server/synclog"
)

var fileRows = []storeRow{
	{"a file comes back as it was, also after opening again", func(t *testing.T, b *bench) {
		for _, size := range []int{0, 1, 600_000} {
			file, content := id(), bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
			putFile(t, b.store, file, content)
			b.reopen()
			if got := readFile(t, b.store, file); !bytes.Equal(got, content) {
				t.Errorf("%d bytes came back as %d", size, len(got))
			}
		}
	}},
	{"the same file again replaces nothing and is read to its end", func(t *testing.T, b *bench) {
		file := id()
		putFile(t, b.store, file, []byte("first"))
		second := bytes.NewReader([]byte("second"))
		if err := b.store.PutFile(t.Context(), ws, file, second); err != nil || second.Len() != 0 {
			t.Errorf("PutFile: %v, %d bytes unread", err, second.Len())
		}
		if got := readFile(t, b.store, file); string(got) != "first" {
			t.Errorf("content %q", got)
		}
	}},
	{"an upload that breaks off leaves nothing and can be repeated", func(t *testing.T, b *bench) {
		file, broken := id(), errors.New("broken off")
		r := io.MultiReader(bytes.NewReader(make([]byte, 300_000)), iotest.ErrReader(broken))
		wantError(t, b.store.PutFile(t.Context(), ws, file, r), broken)
		_, err := b.store.OpenFile(t.Context(), ws, file)
		wantError(t, err, synclog.ErrNotFound)
		putFile(t, b.store, file, []byte("whole"))
		if got := readFile(t, b.store, file); string(got) != "whole" {
			t.Errorf("content %q", got)
		}
	}},
	{"a removed file is gone, and removing it again is no error", func(t *testing.T, b *bench) {
		file := id()
		putFile(t, b.store, file, []byte("x"))
		for range 2 {
			if err := b.store.DeleteFile(t.Context(), ws, file); err != nil {
				t.Fatal(err)
			}
		}
		_, err := b.store.OpenFile(t.Context(), ws, file)
		wantError(t, err, synclog.ErrNotFound)
	}},
	{"a file that never was is not found", func(t *testing.T, b *bench) {
		for _, file := range []crm.ID{id(), "", "../rapport.db"} {
			_, err := b.store.OpenFile(t.Context(), ws, file)
			wantError(t, err, synclog.ErrNotFound)
		}
	}},
}

func putFile(t testing.TB, s synclog.Store, file crm.ID, content []byte) {
	t.Helper()
	if err := s.PutFile(t.Context(), ws, file, bytes.NewReader(content)); err != nil {
		t.Fatalf("PutFile: %v", err)
	}
}

func readFile(t testing.TB, s synclog.Store, file crm.ID) []byte {
	t.Helper()
	r, err := s.OpenFile(t.Context(), ws, file)
	if err != nil {
		t.Fatalf("OpenFile: %v", err)
	}
	content, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatalf("read file: %v", err)
	}
	return content
}
