package config_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"rapport/server/config"
)

// FuzzOrigin: without configured origins, only a page of this machine at the very
// address that the request goes to may change something.
func FuzzOrigin(f *testing.F) {
	for _, seed := range [][2]string{
		{"http://localhost:8090", "localhost:8090"}, {"http://127.0.0.1:8090", "127.0.0.1:8090"}, {"http://[::1]:8090", "[::1]:8090"},
		{"http://evil.example", "evil.example"}, {"http://127.0.0.1:80@evil.example", "127.0.0.1:80@evil.example"}, {"null", ""}, {"http://", ""},
		{"http://[::1]", "[::1]"}, {"http://127.0.0.1.evil.example", "127.0.0.1.evil.example"}, {"http://[[::1]]:80", "[[::1]]:80"},
		{"http://[::1%25eth0]:80", "[::1%25eth0]:80"}, {"http://localhost:80/x", "localhost:80/x"},
	} {
		f.Add(seed[0], seed[1])
	}
	local, err := config.Load(func(string) string { return "" })
	if err != nil {
		f.Fatal(err)
	}
	public, err := config.Load(func(name string) string {
		return map[string]string{"RAPPORT_LISTEN": "0.0.0.0:8090", "RAPPORT_PUBLIC_URL": "https://crm.example.com"}[name]
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, origin, host string) {
		if public.OriginAllowed(origin, host) != (origin == "https://crm.example.com") {
			t.Fatalf("behind a public address, %q is allowed for %q", origin, host)
		}
		if !local.OriginAllowed(origin, host) {
			return
		}
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" || u.Host != host || u.Scheme+"://"+u.Host != origin {
			t.Fatalf("%q is not the origin of %q: %+v, %v", origin, host, u, err)
		}
		if ip, err := netip.ParseAddr(u.Hostname()); u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
			t.Fatalf("%q is not on this machine", origin)
		}
	})
}

// FuzzLoad: settings are taken or refused with the names of those that are
// wrong; what stands in one is never told, for it may be a password.
func FuzzLoad(f *testing.F) {
	f.Add("127.0.0.1:8090", "mongodb://ana:secret@db/?replicaSet=rs0", "https://crm.example.com/", "10.0.0.0/8, ::1", "10s", "debug")
	f.Add("nonsense-of-an-address", "postgres://ana:secret@db", "crm.example.com/path", "10.0.0.0/99", "10 years", "loudest")
	f.Fuzz(func(t *testing.T, listen, mongo, public, proxies, timeout, level string) {
		settings := map[string]string{
			"RAPPORT_LISTEN": listen, "MONGODB_URI": mongo, "RAPPORT_PUBLIC_URL": public, "RAPPORT_ALLOWED_ORIGINS": public,
			"RAPPORT_TRUSTED_PROXIES": proxies, "RAPPORT_SHUTDOWN_TIMEOUT": timeout, "RAPPORT_LOG_LEVEL": level,
		}
		cfg, err := config.Load(func(name string) string { return settings[name] })
		var described strings.Builder
		if err == nil {
			if err := cfg.Describe(&described); err != nil {
				t.Fatal(err)
			}
			if secret := strings.TrimSpace(mongo); len(secret) > 20 && strings.Contains(described.String(), secret) {
				t.Fatalf("the settings tell of %q", secret)
			}
			return
		}
		for name, value := range settings {
			// What is longer than the words of a problem cannot stand in one by chance.
			if value = strings.TrimSpace(value); len(value) > 12 && !strings.Contains(fixedWords, value) && strings.Contains(err.Error(), value) {
				t.Fatalf("the problem with %s tells its value %q: %v", name, value, err)
			}
		}
		if !strings.Contains(err.Error(), "RAPPORT_") && !strings.Contains(err.Error(), "MONGODB_URI") {
			t.Fatalf("no name in %v", err)
		}
	})
}

// fixedWords are the examples that problems name.
const fixedWords = "must be host:port, for example 127.0.0.1:8090 https://crm.example.com mongodb:// or mongodb+srv:// 10.0.0.0/8"
