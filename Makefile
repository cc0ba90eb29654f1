# Everything people and CI do with the sources. `make` builds, `make check test`
# is what must pass before a change is handed on.

GO      ?= go
DATA    ?= ./data
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)

export CGO_ENABLED = 0

.PHONY: build check fmt tidy vet staticcheck house test race fuzz fuzz-list bench limits cost dedupe-eval interop proxies crash faults attacks histories soak memory backup-cost dist deb packages try-deb reproduce run clean

build:
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/ksyncd ./cmd/ksyncd

# A useful server on http://127.0.0.1:8008 with its data in $(DATA).
run: build
	./bin/ksyncd serve --data $(DATA)

check: fmt tidy vet staticcheck house

fmt:
	@out=$$(gofmt -l cmd internal store); if [ -n "$$out" ]; then echo "not gofmt'ed:"; echo "$$out"; exit 1; fi

# go.mod and go.sum are what the sources need. It asks no network once the modules
# are there.
tidy:
	$(GO) mod tidy -diff

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

# Every fuzz target for FUZZTIME, one after another; FUZZ=ical only those with that
# in their package or name. make fuzz-list tells which there are.
FUZZTIME ?= 20s
FUZZ     ?= .
FUZZLIST = grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' cmd internal store | sed -E 's|^(.*)/[^/]*:func (.*)|./\1 \2|' | sort | grep -E '$(FUZZ)'
fuzz-list:
	@$(FUZZLIST)

fuzz:
	@set -e; all=$$($(FUZZLIST)); n=0; of=$$(echo "$$all" | wc -l); echo "$$all" | while read -r pkg target; do \
	  n=$$((n + 1)); echo "$$n of $$of: $$pkg $$target, $(FUZZTIME)"; \
	  $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$pkg; \
	done

# ksyncd beside Radicale, in one run: BENCHFLAGS=-quick for a tenth of it. Then
# requests with sign-in beside the same without.
BENCHFLAGS ?=
bench: limits
	$(GO) run ./internal/proof/bench $(BENCHFLAGS)
	$(GO) test -run '^$$' -bench WithAndWithoutAuthentication ./cmd/ksyncd

# What this machine can do at most: commits of SQLite alone, one password's hash, a
# static file; and what each level of gzip costs and saves.
limits:
	$(GO) test -run '^$$' -bench 'Limit|Gzip' ./store ./internal/account ./internal/httpd

# What a mebibyte costs that is made to be dear, for every parser and operation; it takes minutes.
cost:
	KSYNC_COST=1 $(GO) test -count=1 -v -timeout 30m -run TestHostileInputs ./internal/proof/cost

# Independent clients against the binary.
interop:
	$(GO) test -count=1 -v ./internal/proof/interop

# The examples of docs/admin.md with real proxies, and the doctor behind them.
proxies:
	$(GO) test -count=1 -v ./internal/proof/proxy -every-line

# kill -9 in the middle of writes, imports, migrations, backups, restores and merges,
# ROUNDS times each. A round prints its seed: SEED=… begins with that one.
ROUNDS ?= 5
SEED   ?= 0
crash:
	$(GO) test -count=1 -v -timeout 0 -run TestCrash ./internal/proof -rounds $(ROUNDS) -crash-seed $(SEED)

# Disks that are full, broken or not to be written, FAULTS moments for each kind.
# As root also on small file systems of their own.
FAULTS ?= 50
faults:
	$(GO) test -count=1 -v -timeout 0 -run 'TestFault|TestClock' ./internal/proof -fault-rounds $(FAULTS) -crash-seed $(SEED)

# Endless bodies, slow clients and their kin, ATTACKERS connections at once, and what
# must not be possible without an account or with another's.
ATTACKERS ?= 400
attacks:
	$(GO) test -count=1 -v -timeout 10m -run TestAttack ./internal/proof -attackers $(ATTACKERS)
	$(GO) test -count=1 -run 'TestPace|TestCrowd|TestBodies|TestHTTP2' ./internal/httpd
	$(GO) test -count=1 -run 'TestMatrix|TestIdentity|TestLimits' ./cmd/ksyncd

# HISTORIES of concurrent clients, checked against a model, with and without kills.
HISTORIES ?= 100
histories:
	$(GO) test -count=1 -v -timeout 0 -run TestHistory ./internal/proof -histories $(HISTORIES) -crash-seed $(SEED)

# The mixed load of 32 clients for SOAK: memory, goroutines, open files and the
# journal are printed as they go, and must stay as they are once the server is warm.
SOAK ?= 5m
soak:
	$(GO) test -count=1 -v -timeout 0 -run TestSoak ./internal/proof/bench -soak $(SOAK)

# What a server keeps in memory that does nothing: after the start, after a few dozen
# requests, and after a page, each IDLE later, without data and with OBJECTS contacts.
IDLE    ?= 10s
OBJECTS ?= 20000
memory:
	$(GO) test -count=1 -v -run TestMemory_SmallWhenIdle ./internal/proof -idle $(IDLE) -idle-objects $(OBJECTS)

# What a backup of 50,000 objects costs those who write meanwhile.
backup-cost:
	$(GO) test -timeout 0 -run '^$$' -bench Backup_Beside -benchtime 1x -v ./internal/proof -backup-objects 50000

# How well duplicates are found and merged, on the development data.
DEDUPE ?= ../shared/dedupe
dedupe-eval: build
	scripts/dedupe-eval $(DEDUPE)

# What a release has: the same sources give the same bytes, wherever and whenever.
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64
RELEASE = -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=$(VERSION)"
dist: build
	@rm -rf dist; mkdir dist
	@set -e; for p in $(PLATFORMS); do os=$${p%/*}; arch=$${p#*/}; ext=; if [ $$os = windows ]; then ext=.exe; fi; \
	  echo "dist/ksyncd-$$os-$$arch$$ext"; GOOS=$$os GOARCH=$$arch $(GO) build $(RELEASE) -o dist/ksyncd-$$os-$$arch$$ext ./cmd/ksyncd; done
	@./bin/ksyncd manual man | gzip -9n > dist/ksyncd.1.gz
	@for shell in bash zsh fish; do ./bin/ksyncd manual $$shell > dist/ksyncd.$$shell; done
	@cd dist && sha256sum ksyncd-* > SHA256SUMS

# Packages for Debian and its kin. nfpm has a go.mod of its own, so that the
# server's does not hold what only packages need.
DEBVERSION ?= $(shell echo $(VERSION) | grep -E '^v?[0-9]+[.]' | sed 's/^v//' || true)
EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1767225600)
deb: dist
	@$(MAKE) --no-print-directory packages VERSION=$(VERSION)

# Of what is in dist.
packages:
	@set -e; for arch in amd64 arm64; do if [ -f dist/ksyncd-linux-$$arch ]; then \
	  (cd packaging && ARCH=$$arch VERSION=$(or $(DEBVERSION),0.0.0) SOURCE_DATE_EPOCH=$(EPOCH) $(GO) tool nfpm package -f nfpm.yaml -p deb -t ../dist/); fi; done

# What happens to a package: installed, upgraded from OLD to NEW, removed and
# purged in a copy of ROOT, as root.
ROOT ?= /
try-deb:
	scripts/try-deb $(OLD) $(NEW) $(ROOT)

# Makes dist and the packages twice, in two places, without what was built before,
# and compares every file. PLATFORMS=linux/amd64 is the bounded form.
reproduce:
	scripts/reproduce "$(PLATFORMS)"

clean:
	rm -rf bin dist
