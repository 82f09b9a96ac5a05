package crm

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Fault makes an error of what recover returned, with the stack: called while the
// panic is being recovered. Of the value only the type is told, for it may hold
// what a person wrote; what the runtime itself says holds nothing of that kind.
func Fault(value any) error {
	said := fmt.Sprintf("%T", value)
	if fault, ok := value.(runtime.Error); ok {
		said = fault.Error()
	}
	return fmt.Errorf("panic: %s\n%s", said, debug.Stack())
}
