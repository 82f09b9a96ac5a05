package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server in a process of its own, whose CPU and memory are its alone.
type process struct {
	cmd *exec.Cmd
	url string
}

var readyLine = regexp.MustCompile(`http://\S+`)

// startProcess runs a program and returns when it prints its address.
func startProcess(ctx context.Context, path string, args, env []string) (*process, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if p.url = readyLine.FindString(lines.Text()); p.url != "" {
			return p, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s ended before it was ready", path), lines.Err(), cmd.Wait())
}

// startServer runs the real server on the embedded store in dir; env adds to
// its environment.
func startServer(ctx context.Context, path, dir string, env ...string) (*process, error) {
	return startProcess(ctx, path, nil, append([]string{
		"RAPPORT_LISTEN=127.0.0.1:0", "RAPPORT_DATA=" + dir, "RAPPORT_LOG_LEVEL=warn",
		"MONGODB_URI=", "RAPPORT_PUBLIC_URL=", "RAPPORT_ALLOWED_ORIGINS=", "RAPPORT_METRICS_LISTEN=",
	}, env...))
}

// startWithMetrics is startServer with a listener for Prometheus, whose address it returns.
func startWithMetrics(ctx context.Context, path, dir string) (p *process, metrics string, err error) {
	free, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		return nil, "", err
	}
	p, err = startServer(ctx, path, dir, "RAPPORT_METRICS_LISTEN="+address)
	return p, "http://" + address + "/metrics", err
}

// startBare runs the yardstick of the fan-out: this very binary with another argument.
func startBare(ctx context.Context, env ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return startProcess(ctx, self, []string{bareArg}, env)
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(15*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	_ = p.cmd.Wait() // how it ended is no figure
}

// ticksPerSecond is the unit of /proc/<pid>/stat: USER_HZ, 100 on every Linux.
const ticksPerSecond = 100

// cpu returns the processor time, user and system, that the process has used.
func (p *process) cpu() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The name in parentheses may hold blanks; behind it utime and stime are
	// the 12th and 13th field.
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("unexpected form of /proc/<pid>/stat")
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / ticksPerSecond, errors.Join(err1, err2)
}

// rss returns the resident memory of the process in bytes.
func (p *process) rss() (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			return float64(kb) * 1024, err
		}
	}
	return 0, errors.New("no VmRSS in /proc/<pid>/status")
}
