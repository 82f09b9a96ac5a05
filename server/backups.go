package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rapport/server/backup"
	"rapport/server/config"
	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/importer"
	"rapport/server/mongostore"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
)

// place is where a workspace lies or is to lie.
type place struct {
	dir      string // of the embedded store, or
	uri      string // of MongoDB; holds a password: never print it
	database string
}

// ownPlace is the store of the configuration.
func ownPlace(cfg config.Config) place {
	if cfg.MongoURI != "" {
		return place{uri: cfg.MongoURI, database: cfg.Database}
	}
	return place{dir: cfg.Data}
}

// parsePlace reads what --from and --to name; "" is the store of the configuration.
// Errors: it is no kind of store. They hold no password.
func parsePlace(text string, cfg config.Config) (place, error) {
	scheme, rest, isURL := strings.Cut(text, "://")
	switch {
	case text == "":
		return ownPlace(cfg), nil
	case scheme == "mongodb" || scheme == "mongodb+srv":
		return place{uri: text, database: cfg.Database}, nil
	case scheme == "sqlite":
		return place{dir: rest}, nil
	case isURL:
		return place{}, misused("there is no store of the kind %s://", scheme)
	}
	return place{dir: strings.TrimPrefix(text, "sqlite:")}, nil
}

// same reports whether two places are one, as far as their names tell.
func (p place) same(q place) bool {
	if p.uri != "" || q.uri != "" {
		return p == q
	}
	here, err1 := filepath.Abs(p.dir)
	there, err2 := filepath.Abs(q.dir)
	return err1 == nil && err2 == nil && here == there
}

func (p place) String() string {
	if p.uri != "" {
		return "the MongoDB database " + p.database
	}
	return "the folder " + p.dir
}

func (p place) source(ctx context.Context) (synclog.Source, error) {
	if p.uri != "" {
		return mongostore.OpenSource(ctx, p.uri, p.database, crm.MainWorkspace)
	}
	return sqlitestore.OpenSource(ctx, p.dir)
}

func (p place) target(ctx context.Context, log *slog.Logger) (synclog.Target, error) {
	if p.uri != "" {
		return mongostore.NewTarget(ctx, p.uri, p.database, crm.MainWorkspace)
	}
	return sqlitestore.NewTarget(ctx, p.dir, sqlitestore.Options{Log: log})
}

// keeping is a run of one of the commands about backups.
type keeping struct {
	cfg            config.Config
	stdin          io.Reader
	stdout, stderr io.Writer
	log            *slog.Logger
}

// run does what args ask for.
func (k *keeping) run(ctx context.Context, args []string) error {
	var err error
	switch command, rest := args[0], args[1:]; {
	case command == "copy":
		err = k.copy(ctx, rest)
	case command == "check" && len(rest) == 0:
		err = k.check(ctx)
	case command == "check":
		return misused("check takes no more words, but was given %q", rest[0])
	case len(rest) != 1:
		return misused("%s needs the name of one file, or -", command)
	case len(rest[0]) > 1 && rest[0][0] == '-':
		return misused("%s has no option %s; a file of that name is ./%s", command, rest[0], rest[0])
	case command == "backup":
		err = k.backup(ctx, rest[0])
	default:
		err = k.restore(ctx, rest[0])
	}
	if ctx.Err() != nil {
		return errors.New("cancelled; nothing half done was left behind")
	}
	return err
}

func (k *keeping) options() backup.Options {
	return backup.Options{
		Progress: k.progress(), Build: build(), Retire: identity.EndRestored,
		FilesOf: func(rec crm.Record) []backup.FileRef {
			var refs []backup.FileRef
			for _, file := range importer.FilesOf(rec) {
				refs = append(refs, backup.FileRef(file))
			}
			return refs
		},
	}
}

// progressPause is how often a person who waits is told how far it is.
const progressPause = 2 * time.Second

func (k *keeping) progress() func(backup.Step, backup.Sums) {
	last := time.Now()
	return func(step backup.Step, s backup.Sums) {
		if time.Since(last) < progressPause {
			return
		}
		last = time.Now()
		_, _ = fmt.Fprintf(k.stderr, "%s: %s so far\n", step, holding(s))
	}
}

// holding says what a workspace holds.
func holding(s backup.Sums) string {
	return fmt.Sprintf("%s, %s, %s", counted(s.Records.Count, "document", "documents"),
		counted(s.Entries.Count, "change", "changes"), counted(s.Files.Count, "file", "files"))
}

// counted writes a number with its thousands apart.
func counted(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits + " " + many
}

func (k *keeping) backup(ctx context.Context, path string) (err error) {
	from := ownPlace(k.cfg)
	src, err := from.source(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	var sums backup.Sums
	said := k.stdout
	if path == "-" {
		said = k.stderr // the backup itself goes where words would go
		sums, err = backup.Write(ctx, k.stdout, src, k.options())
	} else {
		sums, err = backup.WriteFile(ctx, path, src, k.options())
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(said, "Backed up %s: %s, as of change %d.\nHash %s\n", from, holding(sums), sums.Offset, sums.Hash())
	return err
}

func (k *keeping) restore(ctx context.Context, path string) (err error) {
	in := k.stdin
	if path != "-" {
		file, err := os.Open(path) //nolint:gosec // the operator names it
		if err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		defer file.Close() //nolint:errcheck // only read
		in = file
	}
	to := ownPlace(k.cfg)
	target, err := to.target(ctx, k.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	done, err := backup.Restore(ctx, in, target, k.options())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(k.stdout, "Restored into %s what was backed up on %s: %s, as of change %d.\nHash %s\n"+
		"%s ended: people sign in again, with their passwords of then; invitations have to be sent anew.\n",
		to, done.MadeAt.Format("2006-01-02 15:04 MST"), holding(done.Of), done.Of.Offset, done.Of.Hash(),
		counted(uint64(done.Retired), "session or link was", "sessions and links were")) //nolint:gosec // a length
	return err
}

func (k *keeping) copy(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("copy", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	fromText, toText := flags.String("from", "", ""), flags.String("to", "", "")
	if err := flags.Parse(args); err != nil {
		return misused("copy: %v", err)
	}
	if flags.NArg() > 0 {
		return misused("copy takes --from and --to, but was given %q", flags.Arg(0))
	}
	from, err := parsePlace(*fromText, k.cfg)
	if err != nil {
		return err
	}
	to, err := parsePlace(*toText, k.cfg)
	if err != nil {
		return err
	}
	if from.same(to) {
		return misused("copy: source and target are both %s", from)
	}
	src, err := from.source(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	target, err := to.target(ctx, k.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	sums, err := backup.Copy(ctx, src, target, k.options())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(k.stdout, "Copied from %s to %s: %s, as of change %d.\nHash of both sides %s\n", from, to, holding(sums), sums.Offset, sums.Hash())
	return err
}

// mostShown is how many findings of a check are written out.
const mostShown = 1000

func (k *keeping) check(ctx context.Context) (err error) {
	place := ownPlace(k.cfg)
	src, err := place.source(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	shown := 0
	checked, err := backup.Check(ctx, src, k.options(), func(finding string) error {
		if shown++; shown > mostShown {
			return nil
		}
		_, err := fmt.Fprintln(k.stdout, finding)
		return err
	})
	if err != nil {
		return err
	}
	if shown > mostShown {
		if _, err := fmt.Fprintf(k.stdout, "… and %d more\n", shown-mostShown); err != nil {
			return err
		}
	}
	if checked.Findings > 0 {
		return fmt.Errorf("%s in %s (%s, as of change %d)",
			counted(uint64(checked.Findings), "disagreement was found", "disagreements were found"), //nolint:gosec // a count
			place, holding(checked.Sums), checked.Position.Offset)
	}
	_, err = fmt.Fprintf(k.stdout, "Checked %s: %s, as of change %d. All of it agrees.\n", place, holding(checked.Sums), checked.Position.Offset)
	return err
}
