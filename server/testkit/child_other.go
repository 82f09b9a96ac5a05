//go:build !linux

package testkit

import "os/exec"

// endWithParent can do nothing here: StopMongo has to be called.
func endWithParent(*exec.Cmd) {}
