package httpapi

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
)

// healthz says that the process lives; it looks at nothing else, so that an
// orchestrator does not restart a server because its database is away.
func healthz(c *fiber.Ctx) error { return c.JSON(fiber.Map{"status": "ok"}) }

// readyz says whether requests can be answered, and if not, why: 503 with the
// reason that commands are refused with meanwhile (disk_full, store_stopped or
// store_unavailable). The cause is in the log.
func readyz(o Options) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := o.Ready(); err != nil {
			reason := "store_unavailable"
			var known *crm.Error
			if errors.As(err, &known) && known.Code == crm.CodeUnavailable {
				reason = known.Reason
			}
			return crm.Errorf(crm.CodeUnavailable, reason, "the store takes no changes or does not answer: %w", err)
		}
		return c.JSON(fiber.Map{"status": "ready"})
	}
}
