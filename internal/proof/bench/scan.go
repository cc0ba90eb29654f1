package main

import (
	"bytes"
	"iter"
)

// changesOf are the resources of a multistatus with their ETags; "" is gone.
// It looks for names whatever their prefix, since reading XML properly would
// take the client longer than the server took to write it.
func changesOf(body []byte) iter.Seq2[string, string] {
	return func(yield func(href, etag string) bool) {
		for _, part := range bytes.Split(body, []byte("response>"))[1:] {
			href := textOf(part, "href>")
			if len(href) == 0 {
				continue
			}
			if !yield(string(href), string(textOf(part, "getetag>"))) {
				return
			}
		}
	}
}

// textOf is what follows the first tag that ends so.
func textOf(part []byte, tag string) []byte {
	_, rest, found := bytes.Cut(part, []byte(tag))
	if !found {
		return nil
	}
	text, _, _ := bytes.Cut(rest, []byte("<"))
	return text
}

func tokenOf(body []byte) string { return string(textOf(body, "sync-token>")) }
