package config

import (
	"fmt"
	"io"
	"strings"
)

// Describe writes what is in force, without secrets, one setting a line.
func (c Config) Describe(w io.Writer) error {
	store := "embedded, directory " + c.Data
	if c.MongoURI != "" {
		store = "MongoDB, database " + c.Database // the URI may hold a password
	}
	lines := [][2]string{
		{"listen", c.Listen},
		{"store", store},
		{"public URL", orNone(c.PublicURL)},
		{"further origins", orNone(strings.Join(c.AllowedOrigins, ", "))},
		{"trusted proxies", orNone(strings.Join(c.TrustedProxies, ", "))},
		{"metrics", orNone(c.MetricsListen)},
		{"shutdown timeout", c.ShutdownTimeout.String()},
		{"log level", c.LogLevel.String()},
	}
	for _, line := range lines {
		if _, err := fmt.Fprintf(w, "%-17s %s\n", line[0], line[1]); err != nil {
			return err
		}
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
