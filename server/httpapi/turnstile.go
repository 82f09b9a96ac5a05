package httpapi

import (
	"context"
	"runtime"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
)

// turnstile lets only so many large answers be written and compressed at once
// that a processor stays free for what is quick: a thousand screens that load
// their boards at once must not make a move wait behind all of them.
type turnstile chan struct{}

func newTurnstile() turnstile { return make(turnstile, max(1, runtime.GOMAXPROCS(0)-1)) }

// pass writes an answer, and compresses it, when its turn comes.
// Errors: CodeUnavailable with reason busy when ctx ends first; those of write.
func (t turnstile) pass(ctx context.Context, c *fiber.Ctx, write func() error) error {
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return crm.Errorf(crm.CodeUnavailable, "busy", "the server is busy; ask again in a moment")
	}
	defer func() { <-t }()
	if err := write(); err != nil {
		return err
	}
	compress(c)
	return nil
}
