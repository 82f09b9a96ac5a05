package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

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
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, 1, 2.5, 10},
		}, []string{"route"}),
	}
	m.registry.MustRegister(m.requests, m.seconds,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe is httpapi.Options.Observe.
func (m *metrics) observe(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// watch adds figures that are read when Prometheus asks.
func (m *metrics) watch(ws *workspace.Workspace) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rapport_log_offset", Help: "Offset of the last applied entry.",
		}, func() float64 { return float64(ws.Position().Offset) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rapport_ready", Help: "1 while the store takes commands.",
		}, func() float64 {
			if ws.Healthy() != nil {
				return 0
			}
			return 1
		}),
	)
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
