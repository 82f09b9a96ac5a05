package main

import (
	_ "embed"
	"fmt"
	"net"
	"sync"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"
	"github.com/klauspost/compress/gzip"
)

// barePage is the least page that shows what is broadcast, and paints the body.
//
//go:embed bare.html
var barePage []byte

// bareArg makes this binary be the bare server.
const bareArg = "serve-bare"

// bare is the least server on Fiber and fasthttp/websocket that can broadcast:
// no storage, no sign-in, no policy, one prepared frame to each socket. It is
// what a change would cost if there were nothing but the change.
type bare struct {
	upgrader websocket.FastHTTPUpgrader

	mu      sync.Mutex // guards all below, and writing
	sockets map[*websocket.Conn]struct{}
	body    []byte
}

func serveBare() error {
	b := &bare{
		upgrader: websocket.FastHTTPUpgrader{ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{}},
		sockets:  map[*websocket.Conn]struct{}{},
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true, BodyLimit: 64 << 20})
	app.Get("/api/v1/stream", func(c *fiber.Ctx) error { return b.upgrader.Upgrade(c.Context(), b.serve) })
	app.Post("/broadcast", b.broadcast)
	app.Post("/body", func(c *fiber.Ctx) error {
		b.body = append([]byte(nil), c.Body()...)
		return nil
	})
	app.Get("/body", b.pack)
	app.Get("/page", func(c *fiber.Ctx) error {
		c.Type("html")
		return c.Send(barePage)
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", ln.Addr())
	return app.Listener(ln)
}

func (b *bare) serve(c *websocket.Conn) {
	if _, _, err := c.ReadMessage(); err != nil { // the hello
		return
	}
	b.mu.Lock()
	err := c.WriteMessage(websocket.TextMessage, []byte(`{"type":"welcome"}`))
	b.sockets[c] = struct{}{}
	b.mu.Unlock()
	for err == nil {
		_, _, err = c.ReadMessage()
	}
	b.mu.Lock()
	delete(b.sockets, c)
	b.mu.Unlock()
}

// broadcast sends the body to every socket.
func (b *bare) broadcast(c *fiber.Ctx) error {
	frame, err := websocket.NewPreparedMessage(websocket.TextMessage, append([]byte(nil), c.Body()...))
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for socket := range b.sockets {
		if socket.WritePreparedMessage(frame) != nil {
			delete(b.sockets, socket) // it has left
		}
	}
	return nil
}

// pack answers with the body it was given, compressed for each request: what a
// large answer costs when nothing has to be found out or encoded.
func (b *bare) pack(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentEncoding, "gzip")
	w, err := gzip.NewWriterLevel(c.Response().BodyWriter(), gzip.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := w.Write(b.body); err != nil {
		return err
	}
	return w.Close()
}
