// Package config reads the server's configuration from the environment, once
// and as a whole.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is the whole configuration. It is passed by value and never changes.
type Config struct {
	Listen          string        // RAPPORT_LISTEN: host:port, default 127.0.0.1:8090
	Data            string        // RAPPORT_DATA: directory of the embedded store, default ./data
	MongoURI        string        // MONGODB_URI: a replica set; "" = embedded store. Holds a password: never print it
	Database        string        // RAPPORT_DATABASE: MongoDB database, default rapport
	PublicURL       string        // RAPPORT_PUBLIC_URL: where browsers reach the server, without path; "" on loopback only
	AllowedOrigins  []string      // RAPPORT_ALLOWED_ORIGINS: further origins, comma separated
	TrustedProxies  []string      // RAPPORT_TRUSTED_PROXIES: addresses and networks, comma separated; default none
	MetricsListen   string        // RAPPORT_METRICS_LISTEN: host:port for Prometheus; "" = off
	ShutdownTimeout time.Duration // RAPPORT_SHUTDOWN_TIMEOUT: Go duration, default 10s
	LogLevel        slog.Level    // RAPPORT_LOG_LEVEL: debug | info | warn | error, default info
}

// Load reads Config from getenv and reports every problem at once, so that an
// operator fixes a deployment in one round. Problems name the variable and
// never its value: it may hold a password.
func Load(getenv func(string) string) (Config, error) {
	r := reader{getenv: getenv}
	cfg := Config{
		Listen:          r.address("RAPPORT_LISTEN", "127.0.0.1:8090"),
		Data:            r.text("RAPPORT_DATA", "./data"),
		MongoURI:        r.mongo("MONGODB_URI"),
		Database:        r.database("RAPPORT_DATABASE", "rapport"),
		PublicURL:       r.origin("RAPPORT_PUBLIC_URL"),
		AllowedOrigins:  r.origins("RAPPORT_ALLOWED_ORIGINS"),
		TrustedProxies:  r.networks("RAPPORT_TRUSTED_PROXIES"),
		MetricsListen:   r.address("RAPPORT_METRICS_LISTEN", ""),
		ShutdownTimeout: r.duration("RAPPORT_SHUTDOWN_TIMEOUT", 10*time.Second, time.Second, 10*time.Minute),
		LogLevel:        r.level("RAPPORT_LOG_LEVEL", slog.LevelInfo),
	}
	if cfg.PublicURL == "" && len(cfg.AllowedOrigins) == 0 && !isLoopback(cfg.Listen) {
		// Without it no page could be told from a foreign one.
		r.problem("RAPPORT_PUBLIC_URL", "required when RAPPORT_LISTEN is not a loopback address")
	}
	return cfg, errors.Join(r.problems...)
}

// Secure reports whether browsers reach the server by https.
func (c Config) Secure() bool { return strings.HasPrefix(c.PublicURL, "https://") }

// OriginAllowed reports whether a page of that origin may change something;
// host is the Host header of the request. Without configured origins only pages
// of this very server on this very machine may: the host must be a loopback
// name, so that a foreign name that resolves to 127.0.0.1 is refused.
func (c Config) OriginAllowed(origin, host string) bool {
	if origin == c.PublicURL && origin != "" || slices.Contains(c.AllowedOrigins, origin) {
		return true
	}
	return isLoopback(host) && isLoopback(c.Listen) && origin == "http://"+host
}

// isLoopback reports whether host, with or without a port, names this machine.
// What is neither a name nor an address does not, whatever it begins with.
func isLoopback(host string) bool {
	name := host
	if h, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		name = h
	} else if inner, ok := strings.CutPrefix(host, "["); ok {
		name = strings.TrimSuffix(inner, "]")
	}
	if name == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback() && ip.Zone() == ""
}

// reader collects problems instead of stopping at the first.
type reader struct {
	getenv   func(string) string
	problems []error
}

func (r *reader) problem(name, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s: "+format, append([]any{name}, args...)...))
}

func (r *reader) text(name, fallback string) string {
	if v := strings.TrimSpace(r.getenv(name)); v != "" {
		return v
	}
	return fallback
}

func (r *reader) address(name, fallback string) string {
	v := r.text(name, fallback)
	if v == "" {
		return ""
	}
	if _, port, err := net.SplitHostPort(v); err != nil {
		r.problem(name, "must be host:port, for example 127.0.0.1:8090")
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		r.problem(name, "has no valid port")
	}
	return v
}

func (r *reader) mongo(name string) string {
	v := r.text(name, "")
	if v != "" && !strings.HasPrefix(v, "mongodb://") && !strings.HasPrefix(v, "mongodb+srv://") {
		r.problem(name, "must begin with mongodb:// or mongodb+srv://")
	}
	return v
}

func (r *reader) database(name, fallback string) string {
	v := r.text(name, fallback)
	if len(v) > 63 || strings.ContainsAny(v, "/\\. \"$*<>:|?") {
		r.problem(name, "is no name of a MongoDB database (at most 63 characters, none of / \\ . \" $ * < > : | ? or space)")
	}
	return v
}

func (r *reader) origin(name string) string {
	v := r.text(name, "")
	if v == "" {
		return ""
	}
	return r.checkOrigin(name, strings.TrimSuffix(v, "/"))
}

func (r *reader) origins(name string) []string {
	var list []string
	for _, v := range r.list(name) {
		list = append(list, r.checkOrigin(name, v))
	}
	return list
}

// checkOrigin accepts origins as browsers write them, because they are compared
// as texts.
func (r *reader) checkOrigin(name, v string) string {
	u, err := url.Parse(v)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Scheme+"://"+u.Host != v || v != strings.ToLower(v) {
		r.problem(name, "must be an origin in lower case without a path, for example https://crm.example.com")
	}
	return v
}

func (r *reader) networks(name string) []string {
	list := r.list(name)
	for _, v := range list {
		_, prefixErr := netip.ParsePrefix(v)
		_, addrErr := netip.ParseAddr(v)
		if prefixErr != nil && addrErr != nil {
			r.problem(name, "must be addresses or networks, for example 10.0.0.0/8")
		}
	}
	return list
}

func (r *reader) list(name string) []string {
	var list []string
	for v := range strings.SplitSeq(r.getenv(name), ",") {
		if v = strings.TrimSpace(v); v != "" {
			list = append(list, v)
		}
	}
	return list
}

func (r *reader) duration(name string, fallback, least, most time.Duration) time.Duration {
	v := r.text(name, "")
	if v == "" {
		return fallback
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < least || d > most {
		r.problem(name, "must be a duration between %s and %s, for example 10s", least, most)
	}
	return d
}

func (r *reader) level(name string, fallback slog.Level) slog.Level {
	level := fallback
	if v := r.text(name, ""); v != "" {
		if err := level.UnmarshalText([]byte(v)); err != nil {
			r.problem(name, "must be debug, info, warn or error")
		}
	}
	return level
}
