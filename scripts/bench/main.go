// Command bench measures Rapport beside its yardsticks, in one run and on one
// machine: absolute times depend on the machine, ratios much less. It prints a
// table and writes bench-results/latest.json.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == bareArg {
		if err := serveBare(); err != nil {
			fmt.Fprintln(os.Stderr, "bench: bare:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	work := run
	if len(os.Args) > 2 && os.Args[1] == colleagueArg {
		work = func(ctx context.Context) error { return serveColleague(ctx, os.Args[2]) }
	}
	if err := work(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// part is one group of figures. It hands over what it has also when it fails.
type part struct {
	name    string
	measure func(context.Context, setting) ([]Figure, error)
	long    bool // measured only when it is named
}

// setting is what the parts share.
type setting struct {
	server string        // path of the server's binary
	dir    string        // for data that is thrown away
	soak   time.Duration // how long a soak lasts
}

var parts = []part{
	{"fanout", measureFanout, false},
	{"idle", measureIdle, false},
	{"flat", measureFlatOut, false},
	{"commits", measureCommits, false},
	{"mongo", measureMongoCommits, false},
	{"board", measureBoard, false},
	{"search", measureSearch, false},
	{"revoke", measureRevocation, false},
	{"race", measureRacingRevocation, false},
	{"import", measureImport, false},
	{"storm", measureStorm, false},
	{"guesses", measureGuesses, false},
	{"reads", measureReads, false},
	{"slow", measureSlowReaders, false},
	{"hands", measureHands, false},
	{"start", measureStart, false},
	{"growth", measureGrowth, true},
	{"soak", measureSoak, true},
}

func partNames() string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.name
	}
	return strings.Join(names, ", ")
}

func run(ctx context.Context) error {
	server := flag.String("server", "", "path of the server's binary")
	out := flag.String("out", "bench-results/latest.json", "where the figures are written")
	only := flag.String("only", "", "parts to run, comma separated: "+partNames()+"; default all but the last two, which take long")
	soak := flag.Duration("for", 30*time.Minute, "how long a soak lasts")
	with := flag.String("with", "", "a file of figures that were measured in a browser")
	flag.Parse()
	if *server == "" {
		return errors.New("-server is missing; npm run bench passes it")
	}
	for name := range strings.SplitSeq(*only, ",") {
		if known := append([]string{"", "browser"}, strings.Split(partNames(), ", ")...); !slices.Contains(known, name) {
			return fmt.Errorf("there is no part %q; the parts are browser, %s", name, partNames())
		}
	}
	// What the server's packages log while data is made is no figure.
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	dir, err := os.MkdirTemp("", "rapport-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a left-over temporary folder harms nobody
	figures, err := readFigures(*with)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range parts {
		if *only == "" && p.long || *only != "" && !strings.Contains(","+*only+",", ","+p.name+",") {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s …\n", p.name)
		found, err := p.measure(ctx, setting{server: *server, dir: dir, soak: *soak})
		figures = append(figures, found...)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	printTable(os.Stdout, figures)
	return errors.Join(append(errs, writeJSON(*out, figures))...)
}
