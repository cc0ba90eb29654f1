//go:build !unix

package httpd

func isInUse(error) bool { return false }
