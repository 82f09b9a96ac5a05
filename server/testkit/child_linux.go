package testkit

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel end the child when the test binary ends, however
// that happens: a timeout or a panic runs no clean-up.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
