package config

import "fmt"

// Operations is for whoever keeps the server running.
type Operations struct {
	AdminListen      []Address `name:"admin-listen" env:"KSYNC_ADMIN_LISTEN" placeholder:"HOST:PORT" help:"Addresses of metrics, profiles of the running program and traces, for this machine only: HOST:PORT with a loopback address, or unix:/path/of/socket. None by default."`
	MetricsTokenFile string    `name:"metrics-token-file" env:"KSYNC_METRICS_TOKEN_FILE" placeholder:"FILE" help:"File whose first line is the token (16 characters at least) with which /metrics is answered on the public addresses, too. Without it they have no metrics."`
	MinFree          Size      `name:"min-free" env:"KSYNC_MIN_FREE" default:"64MiB" placeholder:"SIZE" help:"Room on the disk of the data below which the server reports that it is not ready."`
}

// checkOperations is the part of [Settings.Check] about them.
func (s *Settings) checkOperations() error {
	for _, address := range s.AdminListen {
		if _, unix := address.UnixPath(); !unix && !address.loopback() {
			return fmt.Errorf("admin-listen: %s can be reached by others; use a loopback address or unix:/path", address)
		}
	}
	return nil
}
