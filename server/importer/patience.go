package importer

import (
	"context"
	"time"

	"rapport/server/crm"
)

// A store that does not answer is asked again after a pause that grows.
const (
	retryFirst = 100 * time.Millisecond
	retryLast  = 10 * time.Second
)

// patiently tries something until the store answers, or ctx ends.
func patiently(ctx context.Context, try func() error) error {
	for pause := retryFirst; ; pause = min(2*pause, retryLast) {
		err := try()
		code := crm.CodeOf(err)
		if code != crm.CodeUnavailable && code != crm.CodeUnknown {
			return err
		}
		if !sleep(ctx, pause) {
			return ctx.Err()
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
