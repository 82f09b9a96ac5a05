package config_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rapport/server/config"
)

func env(pairs ...string) func(string) string {
	set := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		set[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return set[name] }
}

func TestDefaults(t *testing.T) {
	cfg, err := config.Load(env())
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Listen != "127.0.0.1:8090" || cfg.Data != "./data" || cfg.Database != "rapport" || cfg.MongoURI != "" ||
		cfg.MetricsListen != "" || cfg.ShutdownTimeout != 10*time.Second || cfg.LogLevel != slog.LevelInfo || cfg.Secure() {
		t.Errorf("%+v", cfg)
	}
}

func TestLoad(t *testing.T) {
	tests := []struct {
		name    string
		getenv  func(string) string
		problem string // "" = accepted
	}{
		{"every setting at once", env(
			"RAPPORT_LISTEN", "0.0.0.0:80", "MONGODB_URI", "mongodb://u:p@db/?replicaSet=rs0", "RAPPORT_DATABASE", "crm",
			"RAPPORT_PUBLIC_URL", "https://crm.example.com/", "RAPPORT_ALLOWED_ORIGINS", "https://a.example, https://b.example:8443",
			"RAPPORT_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1", "RAPPORT_METRICS_LISTEN", "127.0.0.1:9100",
			"RAPPORT_SHUTDOWN_TIMEOUT", "30s", "RAPPORT_LOG_LEVEL", "debug"), ""},
		{"any port", env("RAPPORT_LISTEN", "127.0.0.1:0"), ""},
		{"an address without a port", env("RAPPORT_LISTEN", "localhost"), "RAPPORT_LISTEN"},
		{"a port that is none", env("RAPPORT_LISTEN", "localhost:99999"), "RAPPORT_LISTEN"},
		{"the world without a public URL", env("RAPPORT_LISTEN", "0.0.0.0:8090"), "RAPPORT_PUBLIC_URL"},
		{"a database of another kind", env("MONGODB_URI", "postgres://db"), "MONGODB_URI"},
		{"a database name with a dot", env("RAPPORT_DATABASE", "a.b"), "RAPPORT_DATABASE"},
		{"a public URL with a path", env("RAPPORT_PUBLIC_URL", "https://example.com/crm"), "RAPPORT_PUBLIC_URL"},
		{"a public URL without a scheme", env("RAPPORT_PUBLIC_URL", "crm.example.com"), "RAPPORT_PUBLIC_URL"},
		{"an origin in capitals", env("RAPPORT_ALLOWED_ORIGINS", "https://CRM.example.com"), "RAPPORT_ALLOWED_ORIGINS"},
		{"any origin", env("RAPPORT_ALLOWED_ORIGINS", "*"), "RAPPORT_ALLOWED_ORIGINS"},
		{"a proxy by name", env("RAPPORT_TRUSTED_PROXIES", "proxy.local"), "RAPPORT_TRUSTED_PROXIES"},
		{"a duration without a unit", env("RAPPORT_SHUTDOWN_TIMEOUT", "10"), "RAPPORT_SHUTDOWN_TIMEOUT"},
		{"a duration of nothing", env("RAPPORT_SHUTDOWN_TIMEOUT", "0s"), "RAPPORT_SHUTDOWN_TIMEOUT"},
		{"a level that is none", env("RAPPORT_LOG_LEVEL", "loud"), "RAPPORT_LOG_LEVEL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Load(tt.getenv)
			switch {
			case tt.problem == "" && err != nil:
				t.Error(err)
			case tt.problem != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.problem+":")):
				t.Errorf("error %v, want one about %s", err, tt.problem)
			}
		})
	}
}

func TestAllProblemsAreReportedAtOnceWithoutTheirValues(t *testing.T) {
	_, err := config.Load(env("RAPPORT_LISTEN", "x", "MONGODB_URI", "s3cret://user:s3cret@db", "RAPPORT_LOG_LEVEL", "s3cret"))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{"RAPPORT_LISTEN", "MONGODB_URI", "RAPPORT_LOG_LEVEL"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("nothing about %s: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("a value is shown: %v", err)
	}
}

func TestDescribeShowsNoSecret(t *testing.T) {
	cfg, err := config.Load(env("MONGODB_URI", "mongodb://user:s3cret@db.internal/?replicaSet=rs0"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := cfg.Describe(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "s3cret") || !strings.Contains(out.String(), "MongoDB, database rapport") {
		t.Errorf("%s", out.String())
	}
}

func TestOriginAllowed(t *testing.T) {
	local := env()
	public := env("RAPPORT_LISTEN", "0.0.0.0:8090", "RAPPORT_PUBLIC_URL", "https://crm.example.com", "RAPPORT_ALLOWED_ORIGINS", "https://intra.example.com")
	tests := []struct {
		name         string
		getenv       func(string) string
		origin, host string
		allowed      bool
	}{
		{"the page of a local server", local, "http://127.0.0.1:8090", "127.0.0.1:8090", true},
		{"the same by name", local, "http://localhost:8090", "localhost:8090", true},
		{"the same by IPv6", local, "http://[::1]:8090", "[::1]:8090", true},
		{"behind a development server", local, "http://localhost:5173", "localhost:5173", true},
		{"another local port", local, "http://localhost:3000", "localhost:8090", false},
		{"another local name", local, "http://localhost:8090", "127.0.0.1:8090", false},
		{"a foreign name that leads here", local, "http://evil.example:8090", "evil.example:8090", false},
		{"a foreign page", local, "https://evil.example", "127.0.0.1:8090", false},
		{"a sandboxed page", local, "null", "127.0.0.1:8090", false},
		{"nothing", local, "", "127.0.0.1:8090", false},
		{"the public URL", public, "https://crm.example.com", "10.0.0.3:8090", true},
		{"a further origin", public, "https://intra.example.com", "crm.example.com", true},
		{"the public URL without TLS", public, "http://crm.example.com", "crm.example.com", false},
		{"a look-alike", public, "https://crm.example.com.evil.example", "crm.example.com", false},
		{"a local page of a public server", public, "http://localhost:8090", "localhost:8090", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := config.Load(tt.getenv)
			if err != nil {
				t.Fatal(err)
			}
			if got := cfg.OriginAllowed(tt.origin, tt.host); got != tt.allowed {
				t.Errorf("%v, want %v", got, tt.allowed)
			}
		})
	}
}
