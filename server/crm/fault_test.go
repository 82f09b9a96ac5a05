package crm_test

import (
	"errors"
	"strings"
	"testing"

	"rapport/server/crm"
)

// [B4]
func TestAFaultTellsThePlaceAndNoContent(t *testing.T) {
	const written = "what a person wrote"
	var none map[string]int
	list := []int{1, 2, 3}
	for _, tt := range []struct {
		name, told string
		panics     func()
	}{
		{"a text", "panic: string", func() { panic(written) }},
		{"an error", "panic: *errors.errorString", func() { panic(errors.New(written)) }},
		{"a structure", "panic: struct", func() { panic(struct{ Title string }{written}) }},
		{"a fault that the runtime found", "index out of range [9]", func() { list[len(written)-10] = 1 }},
		{"a map that is not there", "nil map", func() { none[written] = 1 }},
		{"a value of another kind", "interface conversion", func() { _ = any(written).(int) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var err error
			func() {
				defer func() { err = crm.Fault(recover()) }()
				tt.panics()
			}()
			if text := err.Error(); strings.Contains(text, written) || !strings.Contains(text, tt.told) || !strings.Contains(text, "fault_test.go") {
				t.Errorf("%s", text)
			}
		})
	}
}
