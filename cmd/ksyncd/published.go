package main

import (
	"net/http"

	"ksync/internal/config"
	"ksync/internal/discovery"
)

// published is what apps are told about the server.
func published(p config.Public) discovery.Service {
	return discovery.Service{URL: origin(p.URL)}
}

// tellApps answers who looks for settings; nil while the server does not know
// its own address. What a request says about it is no witness.
func tellApps(p config.Public) (http.Handler, error) {
	if p.URL.Host == "" {
		return nil, nil
	}
	return discovery.NewHandler(published(p))
}
