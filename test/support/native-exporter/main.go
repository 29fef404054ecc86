// A process with one native histogram, as only the Go client library exports them: POST /observe puts observations into it.
package main

import (
	"fmt"
	"net"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_server_request_duration_seconds",
		Help: "Duration of HTTP server requests.",
		// The library takes the schema whose buckets are the next narrower: 5, of 2.2 %.
		NativeHistogramBucketFactor: 1.03,
	}, []string{"service_version", "http_response_status_code"})
	registry := prometheus.NewRegistry()
	registry.MustRegister(duration)

	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	http.HandleFunc("POST /observe", func(answer http.ResponseWriter, request *http.Request) {
		query := request.URL.Query()
		seconds, errSeconds := strconv.ParseFloat(query.Get("seconds"), 64)
		times, errTimes := strconv.Atoi(query.Get("times"))
		if errSeconds != nil || errTimes != nil {
			http.Error(answer, "seconds and times are numbers", http.StatusBadRequest)
			return
		}
		observer := duration.WithLabelValues(query.Get("version"), query.Get("status"))
		for range times {
			observer.Observe(seconds)
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, nil))
}
