package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/fasthttp/websocket"
	"github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"

	"rapport/server/wire"
)

// tap is one person's browser, of which everything is taken down that reaches
// it: answers with their headers, and the messages of its socket.
type tap struct {
	t       rapid.TB
	url     string
	cookie  string // name=value; "" = not signed in
	packing string // Accept-Encoding
	told    func(text string)
	sent    []string // types of the messages it said

	socket *websocket.Conn // nil while there is none
	mu     sync.Mutex      // guards all below
	heard  []string        // messages not taken yet
	gone   bool            // the socket has ended
	news   chan struct{}   // closed and replaced when there is more
}

// newTap makes a browser without a socket. told gets all that reaches it, as it
// comes: heads, unpacked bodies, messages; nil: nobody.
func newTap(t rapid.TB, url, cookie string, told func(string)) *tap {
	if told == nil {
		told = func(string) {}
	}
	return &tap{t: t, url: url, cookie: cookie, packing: "br, gzip", told: told, news: make(chan struct{})}
}

// answer is what a request was answered with.
type answer struct {
	status int
	header http.Header
	body   string // unpacked
}

// asFile is a body that is sent as it is.
type asFile string

// ask sends a request. body is encoded as JSON unless it is an asFile; headers
// are pairs, and an empty value takes the header away.
func (p *tap) ask(method, path string, body any, headers ...string) answer {
	p.t.Helper()
	var reader io.Reader
	kind := "application/json"
	switch raw := body.(type) {
	case nil:
	case asFile:
		reader, kind = strings.NewReader(string(raw)), "text/csv"
	default:
		reader = strings.NewReader(asJSON(body))
	}
	req, err := http.NewRequest(method, p.url+path, reader)
	if err != nil {
		p.t.Fatal(err)
	}
	for key, value := range map[string]string{
		"Content-Type": kind, "Origin": p.url, "Cookie": p.cookie, "Accept-Encoding": p.packing,
	} {
		if value != "" {
			req.Header.Set(key, value)
		}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		} else {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	a := answer{res.StatusCode, res.Header, string(p.unpacked(res.Header.Get("Content-Encoding"), raw))}
	p.told(fmt.Sprint(a.status, a.header) + "\n" + a.body)
	return a
}

func (p *tap) unpacked(encoding string, raw []byte) []byte {
	p.t.Helper()
	var reader io.Reader = bytes.NewReader(raw)
	var err error
	switch encoding {
	case "br":
		reader = brotli.NewReader(reader)
	case "gzip":
		reader, err = gzip.NewReader(reader)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		p.t.Fatalf("%s: %v", encoding, err)
	}
	return plain
}

// get asks for JSON and decodes it.
func (p *tap) get(path string, out any) {
	p.t.Helper()
	a := p.ask(http.MethodGet, path, nil)
	if a.status != http.StatusOK {
		p.t.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	decode(p.t, []byte(a.body), out)
}

// listen opens the socket and says hello; it reports false when it is turned away.
func (p *tap) listen(hello wire.Hello) bool {
	p.t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, HandshakeTimeout: 20 * time.Second}
	header := http.Header{"Origin": {p.url}}
	if p.cookie != "" {
		header.Set("Cookie", p.cookie)
	}
	socket, res, err := dialer.Dial("ws"+strings.TrimPrefix(p.url, "http")+"/api/v1/stream", header)
	if res != nil {
		defer res.Body.Close()
		p.told(fmt.Sprint(res.StatusCode, res.Header))
	}
	if err != nil {
		if res == nil {
			p.t.Fatalf("dial: %v", err)
		}
		return false
	}
	p.mu.Lock()
	p.gone = false
	p.mu.Unlock()
	p.socket = socket
	go p.hear(socket)
	if hello.Type == "" {
		hello.Type, hello.Protocol = "hello", wire.ProtocolVersion
	}
	p.say(hello)
	return true
}

func (p *tap) hear(socket *websocket.Conn) {
	for {
		_, data, err := socket.ReadMessage()
		if err == nil {
			p.told(string(data))
		}
		p.mu.Lock()
		if err != nil {
			p.gone = true
		} else {
			p.heard = append(p.heard, string(data))
		}
		close(p.news)
		p.news = make(chan struct{})
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// say sends a message; a socket that has ended takes none.
func (p *tap) say(message any) {
	p.sent = append(p.sent, messageOf(p.t, asJSON(message)).Type)
	if p.socket != nil {
		_ = p.socket.WriteJSON(message)
	}
}

// hangUp closes the socket. What it had brought and was not taken stays.
func (p *tap) hangUp() {
	if p.socket == nil {
		return
	}
	_ = p.socket.Close()
	p.await("the end of the socket", func([]string, bool) bool { return p.gone })
	p.socket = nil
}

// await waits until enough says so of the messages not taken yet; gone is true
// after the socket has ended.
func (p *tap) await(what string, enough func(heard []string, gone bool) bool) {
	p.t.Helper()
	limit := time.After(30 * time.Second)
	for {
		p.mu.Lock()
		done, news := enough(p.heard, p.gone), p.news
		p.mu.Unlock()
		if done {
			return
		}
		select {
		case <-news:
		case <-limit:
			p.mu.Lock()
			defer p.mu.Unlock()
			p.t.Fatalf("waited in vain for %s; heard %s", what, strings.Join(p.heard, "\n"))
		}
	}
}

// awaitOne waits for a message that enough says so of. What came before stays.
func (p *tap) awaitOne(what string, enough func(text string) bool) {
	p.t.Helper()
	p.await(what, func(heard []string, _ bool) bool {
		for _, text := range heard {
			if enough(text) {
				return true
			}
		}
		return false
	})
}

// take returns the messages that came since it was last called.
func (p *tap) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	heard := p.heard
	p.heard = nil
	return heard
}

// messageOf tells what a message is, with what is read of most of them.
func messageOf(t rapid.TB, text string) (m struct {
	Type     string            `json:"type"`
	Mode     wire.Mode         `json:"mode"`
	Position wire.Position     `json:"position"`
	Audience string            `json:"audience"`
	After    uint64            `json:"after"`
	UpTo     uint64            `json:"upTo"`
	Entries  []json.RawMessage `json:"entries"`
	Reason   wire.ByeReason    `json:"reason"`
},
) {
	decode(t, []byte(text), &m)
	return m
}
