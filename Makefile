# Everything people and CI do with the sources. `make` builds, `make check test`
# is what must pass before a change is handed on.

GO      ?= go
DATA    ?= ./data
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)

export CGO_ENABLED = 0

.PHONY: build check fmt vet staticcheck house test race fuzz bench cost dedupe-eval interop proxies crash run clean

build:
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/ksyncd ./cmd/ksyncd

# A useful server on http://127.0.0.1:8008 with its data in $(DATA).
run: build
	./bin/ksyncd serve --data $(DATA)

check: fmt vet staticcheck house

fmt:
	@out=$$(gofmt -l cmd internal store); if [ -n "$$out" ]; then echo "not gofmt'ed:"; echo "$$out"; exit 1; fi

vet:
	$(GO) vet ./...

staticcheck:
	@if $(GO) tool -n staticcheck >/dev/null 2>&1; then echo "$(GO) tool staticcheck ./..."; $(GO) tool staticcheck ./...; \
	else echo "staticcheck: not in go.mod, left out"; fi

# Imports go down, libraries have owners, functions and files stay short.
house:
	$(GO) test ./internal/house

test:
	$(GO) test -shuffle=on ./...

race:
	CGO_ENABLED=1 $(GO) test -race -shuffle=on -count=2 ./...
	CGO_ENABLED=1 TZ=Pacific/Apia $(GO) test -race -shuffle=on ./...

# Every fuzz target for FUZZTIME.
FUZZTIME ?= 20s
fuzz:
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$pkg; \
	  done; done

# ksyncd beside Radicale, in one run: BENCHFLAGS=-quick for a tenth of it. Then
# requests with sign-in beside the same without.
BENCHFLAGS ?=
bench:
	$(GO) run ./internal/proof/bench $(BENCHFLAGS)
	$(GO) test -run '^$$' -bench WithAndWithoutAuthentication ./cmd/ksyncd

# What a mebibyte costs that is made to be dear, for every parser and operation; it takes minutes.
cost:
	KSYNC_COST=1 $(GO) test -count=1 -v -timeout 30m -run TestHostileInputs ./internal/proof/cost

# Independent clients against the binary.
interop:
	$(GO) test -count=1 -v ./internal/proof/interop

# The examples of docs/admin.md with real proxies, and the doctor behind them.
proxies:
	$(GO) test -count=1 -v ./internal/proof/proxy

# kill -9 in the middle of writes, ROUNDS times.
ROUNDS ?= 5
crash:
	$(GO) test -count=1 -v -run Crash ./internal/proof -rounds $(ROUNDS)

# How well duplicates are found and merged, on the development data.
DEDUPE ?= ../shared/dedupe
dedupe-eval: build
	scripts/dedupe-eval $(DEDUPE)

clean:
	rm -rf bin
