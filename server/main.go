// Rapport: a CRM with live boards. This package is the wiring; ARCHITECTURE.md
// says what lies where.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	"time"
	_ "time/tzdata" // time zones of workspaces, also where the system has none

	"rapport/server/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
	}()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "rapport:", err)
		os.Exit(1)
	}
}

const usage = `usage: rapport               run the server
       rapport --demo        the same; an empty workspace is filled with an invented company
       rapport backup FILE   save the workspace, also while people work; - is the standard output
       rapport restore FILE  bring a backup into an empty folder or database; - is the standard input
       rapport copy --from STORE --to STORE
                             carry the workspace over into an empty store: a folder, sqlite:FOLDER, or
                             mongodb://…; what is left out is the store of this configuration
       rapport check         find any disagreement between log, documents, indexes and files
       rapport healthcheck   ask the server of this configuration whether it lives
       rapport check-config  show the settings in force, or what is wrong with them
       rapport version       show the version`

// misused says what is wrong with a command line, and how one looks.
func misused(format string, args ...any) error {
	return fmt.Errorf(format+"\n%s", append(args, usage)...)
}

// run does what args ask for and blocks until it is done or ctx ends. What a
// person waits for goes to stdout, the log to stderr.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	command := "serve"
	if len(args) > 0 {
		command = args[0]
	}
	isKeeping := slices.Contains([]string{"backup", "restore", "copy", "check"}, command)
	if len(args) > 1 && !isKeeping {
		return misused("%s takes no more words, but was given %q", command, args[1])
	}
	if slices.Contains([]string{"help", "--help", "-h"}, command) {
		_, err := fmt.Fprintln(stdout, usage)
		return err
	}
	if command == "version" {
		_, err := fmt.Fprintln(stdout, build())
		return err
	}
	cfg, err := config.Load(getenv)
	if err != nil {
		return fmt.Errorf("the configuration has problems:\n%w", err)
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: cfg.LogLevel}))
	if isKeeping {
		return (&keeping{cfg: cfg, stdin: os.Stdin, stdout: stdout, stderr: stderr, log: log}).run(ctx, args)
	}
	switch command {
	case "serve", "--demo":
		return serve(ctx, cfg, command == "--demo", stdout, log)
	case "healthcheck":
		return healthcheck(ctx, cfg.Listen)
	case "check-config":
		return cfg.Describe(stdout)
	default:
		return misused("there is no command %q", command)
	}
}

// healthcheck asks the server that listens on address, for container engines.
func healthcheck(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // only the status counts
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("healthcheck: the server answers %s", res.Status)
	}
	return nil
}

// build names the version of this binary: that of the module, or the commit it
// was built from.
func build() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return info.Main.Version
}
