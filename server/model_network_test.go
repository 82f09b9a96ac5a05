package main

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
)

// haltingConn is a network that its owner can let stand still. What is behind
// stays in the kernels' buffers, until they are full and the server has to wait.
type haltingConn struct {
	net.Conn
	mu     sync.Mutex
	moved  *sync.Cond // on any change
	halted bool
	closed bool
}

const modelBuffer = 32 << 10 // bytes that a screen's kernel takes for it

func dialHalting(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) {
			failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, modelBuffer)
		})
		return errors.Join(err, failed)
	}}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &haltingConn{Conn: conn}
	c.moved = sync.NewCond(&c.mu)
	return c, nil
}

// Read reads while the network moves. A read that is under way when it is halted
// gets at most what fits into p.
func (c *haltingConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	for c.halted && !c.closed {
		c.moved.Wait()
	}
	c.mu.Unlock()
	return c.Conn.Read(p)
}

func (c *haltingConn) halt(halted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.halted = halted
	c.moved.Broadcast()
}

func (c *haltingConn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.moved.Broadcast()
	c.mu.Unlock()
	return c.Conn.Close()
}
