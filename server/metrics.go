package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rapport/server/stream"
	"rapport/server/workspace"
)

// metrics is what Prometheus reads, on a listener of its own: figures about
// people's work are not for the public address.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rapport_http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rapport_http_request_seconds", Help: "Time to answer a request, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .015, .025, .05, .1, .25, 1, 2.5, 10},
		}, []string{"route"}),
	}
	// The live heap does not go up and down with each collection: a leak shows in it.
	live := collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/gc/heap/live:bytes$`)}
	m.registry.MustRegister(m.requests, m.seconds,
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(live)), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe is httpapi.Options.Observe.
func (m *metrics) observe(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// watch adds figures of the workspace, read when Prometheus asks.
func (m *metrics) watch(ws *workspace.Workspace) {
	m.gauge("rapport_log_offset", "Offset of the last applied entry.", func() float64 { return float64(ws.Position().Offset) })
	m.gauge("rapport_state_age_seconds", "For how long it has not been certain that the state is current; 0 while it is.",
		func() float64 { return ws.Age().Seconds() })
	m.gauge("rapport_ready", "1 while the store takes commands.", func() float64 {
		if ws.Healthy() != nil {
			return 0
		}
		return 1
	})
}

// watchStream adds figures of the stream.
func (m *metrics) watchStream(live *stream.Stream) {
	m.gauge("rapport_sockets", "Open sockets.", func() float64 { return float64(live.Stats().Sockets) })
	m.gauge("rapport_audiences", "Sets of people with open sockets who see the same.",
		func() float64 { return float64(live.Stats().Audiences) })
	m.gauge("rapport_ring_entries", "Entries kept for sockets that are behind.",
		func() float64 { return float64(live.Stats().Ring) })
	m.gauge("rapport_ring_ops", "Changes of records in those entries.", func() float64 { return float64(live.Stats().RingOps) })
	m.gauge("rapport_room_bytes", "Bytes of messages kept so that sockets of one audience share them.",
		func() float64 { return float64(live.Stats().RoomBytes) })
	m.gauge("rapport_decisions", "Decisions that the policy in force remembers.",
		func() float64 { return float64(live.Stats().Decisions) })
}

func (m *metrics) gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// serve answers on address until ctx ends.
func (m *metrics) serve(ctx context.Context, address string, log *slog.Logger) {
	server := &http.Server{
		Addr: address, Handler: promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}),
		ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.ListenAndServe(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		log.Error("no metrics", "error", err) // the product does not stop for its figures
	}
}
