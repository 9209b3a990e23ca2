# market40: `make` shows what there is to do.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: setup-build setup-run setup-test quick explore client schema screenshots apps run test test-racy test-plain build bench attack check sbom deb reproducible fmt formatted help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
CODE := cmd frontend merchants migrations payments reports .ci
LINT := bin/golangci-lint
LINT_VERSION := v2.15.0
GOFUMPT := bin/gofumpt
GOFUMPT_VERSION := v0.9.1
NFPM := bin/nfpm
NFPM_VERSION := v2.48.0
GOLINES := bin/golines
GOLINES_VERSION := v0.16.1
# The arguments of golines: 120 columns, and struct tags in the order in which they were written.
FORMAT := $(GOLINES) --max-len=120 --tab-len=4 --base-formatter=$(GOFUMPT) --no-shorten-comments --no-reformat-tags
FRONT := $(shell find frontend/stall frontend/district frontend/lib frontend/voice -type f ! -name '*.go') frontend/vite.config.ts frontend/tsconfig.json
# Without gin's MessagePack, which nobody here speaks and which takes the longest of all to compile.
FLAGS := -trimpath -tags nomsgpack
# Nothing of the machine goes into the program: no path, no C library, no time.
BUILD := CGO_ENABLED=0 go build $(FLAGS) -buildvcs=false -ldflags '-X market40/cmd/market40/app.version=$(VERSION)'
# The same way for vet and for tests: what is compiled for one serves the other, and the image that a test builds.
PLAIN := CGO_ENABLED=0 go
# What tests draw is the same every time, so that a red test is red again; 0 draws anew (make explore).
export RAPID_SEED ?= 1
# Where goroutines meet: tested with the race detector. Everything else is tested without it, which is several times
# quicker. Hashing a password (64 MiB, in one goroutine) is left out.
RACY := ./migrations/database/... ./merchants/access/passwords ./merchants/access/phonecodes ./merchants/access/sso \
	./merchants/access/steps ./merchants/access/trail ./merchants/platform/seal/... ./payments/...

run: setup-run build ## serve an invented province on http://127.0.0.1:8080 and let payments arrive; LAN=1: over https, to the phones of this network
	@LAN="$(LAN)" .ci/demo

test: setup-test apps formatted ## everything that proves the program: format, vet, all tests
	cd frontend && npm run --silent check && npm run --silent test
	go mod verify
	$(PLAIN) vet $(FLAGS) ./...
	@$(MAKE) --no-print-directory --jobs 2 --keep-going --output-sync=target test-racy test-plain

quick: $(GOFUMPT) $(GOLINES) ## before a commit: format, vet and tests of what changed since BASE (origin/main), without browsers
	@files=$$(.ci/changed files); bad=$${files:+$$($(FORMAT) --list-files $$files)}; [ -z "$$bad" ] || { echo "not formatted (make fmt):"; echo "$$bad"; exit 1; }
	@packages=$$(.ci/changed packages); [ -z "$$packages" ] || { $(PLAIN) vet $(FLAGS) $$packages && \
		grep -vE '/cmd/market40$$|/frontend/apptest' <<<"$$packages" | $(TMP) CGO_ENABLED=0 xargs -r go test -vet=off $(FLAGS) -parallel 4; }

# vet ran before, with more checks than go test has. What Go builds for a test is written to the disk, what the test writes to memory. Tests wait
# for servers and browsers more than they compute: some ten at a time use two processors, more only wait for each other.
quick test-racy test-plain: export GOTMPDIR = $(or $(TMPDIR),/tmp)
quick test-racy test-plain: TMP = TMPDIR=$$(.ci/memory)

test-racy:
	$(TMP) go test -race -gcflags=golang.org/x/crypto/argon2=-race=false -vet=off $(FLAGS) -p 1 -parallel 4 -timeout 20m $(RACY)

test-plain:
	$(TMP) $(PLAIN) test -vet=off $(FLAGS) -p 2 -parallel 3 -timeout 40m $$(comm -23 <(go list ./... | sort) <(go list $(RACY) | sort))

explore: export RAPID_SEED = 0
explore: setup-test ## the property tests on what was never drawn before
	$(PLAIN) test $(FLAGS) -count=1 -timeout 60m $$(grep -rl --include='*_test.go' pgregory.net/rapid cmd frontend merchants migrations payments reports | xargs -n1 dirname | sort -u | sed 's,^,./,')

build: setup-build apps ## bin/market40
	$(BUILD) -o bin/market40 ./cmd/market40

apps: frontend/dist/stall/index.html frontend/dist/district/index.html # the browser's side, built into the program

client: setup-run build ## frontend/lib/schema.d.ts: the API's types, from its own OpenAPI
	UPDATE=1 $(PLAIN) test $(FLAGS) ./cmd/market40 -run TestClientIsOfThisAPI

schema: setup-run ## migrations/schema.sql: the tables as they are after all migrations, for reading
	UPDATE=1 $(PLAIN) test $(FLAGS) ./migrations -run TestSchemaFileIsCurrent

screenshots: setup-test apps ## every page at 360 and 1440 px, into screenshots/; README.md's three, into frontend/screenshots/
	@mkdir -p screenshots
	SHOTS=$(CURDIR)/screenshots $(PLAIN) test $(FLAGS) -count=1 ./frontend/apptest/... ./merchants/posters -run 'Page|Shop|Stall|Poster|Account|Merchant|Owner|Helper|Sticker|Network|Late|Phone|Check|Book|District|Team|Province'
	SHOTS=$(CURDIR)/screenshots $(PLAIN) test $(FLAGS) -count=1 ./frontend -run TestReadmePictures

bench: setup-run build ## the performance table, beside pgbench, on a throw-away server
	@bin/market40 bench --only "$(ONLY)"

attack: build ## wapiti and sqlmap against a demo of its own, as a stranger and as each role
	@.ci/attack

check: formatted $(LINT) ## what make fmt would change, and golangci-lint with .golangci.yml
	$(LINT) run ./...

sbom: build ## bin/market40.cdx.json: what the program is made of (CycloneDX)
	bin/market40 sbom >bin/market40.cdx.json.new && mv bin/market40.cdx.json.new bin/market40.cdx.json

# A tag v1.2.3 is version 1.2.3; what has no such tag is older than every version that has one.
DEB_VERSION ?= $(or $(patsubst v%,%,$(filter v1% v2% v3% v4% v5% v6% v7% v8% v9%,$(VERSION))),0~$(VERSION))
deb: export DEB_ARCH = $(shell go env GOARCH)
deb: export SOURCE_DATE_EPOCH = $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
deb: sbom $(NFPM) ## bin/market40_VERSION_ARCH.deb: the program, its units, man pages, the guide
	rm -rf bin/deb && mkdir -p bin/deb/man
	bin/market40 man bin/deb/man && gzip -9n bin/deb/man/*.1
	bin/market40 completion bash >bin/deb/market40.bash
	bin/market40 completion zsh >bin/deb/_market40
	bin/market40 completion fish >bin/deb/market40.fish
	DEB_VERSION='$(DEB_VERSION)' $(NFPM) package --config cmd/market40/packaging/nfpm.yaml --packager deb --target 'bin/market40_$(DEB_VERSION)_$(DEB_ARCH).deb'

reproducible: ## build the last commit in two folders, without what was compiled before, and compare
	@.ci/reproducible '$(VERSION)'

fmt: $(GOFUMPT) $(GOLINES) frontend/node_modules/.package-lock.json ## format everything: gofumpt, 120 columns, prettier
	$(FORMAT) -w $(CODE)
	cd frontend && npm run --silent format

formatted: $(GOFUMPT) $(GOLINES) # refuses what make fmt would change
	@bad=$$($(FORMAT) --list-files $(CODE)); [ -z "$$bad" ] || { echo "not formatted (make fmt):"; echo "$$bad"; exit 1; }

setup-build setup-run setup-test: setup-%: # what the machine lacks for it
	@.ci/setup $*

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

frontend/node_modules/.package-lock.json: frontend/package-lock.json
	cd frontend && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

frontend/dist/stall/index.html: frontend/node_modules/.package-lock.json $(FRONT)
	cd frontend && npx vite build --logLevel warn
	@touch $@

frontend/dist/district/index.html: frontend/node_modules/.package-lock.json $(FRONT)
	cd frontend && npx vite build --mode district --logLevel warn
	@touch $@

# Built once for its version, in about three minutes.
$(LINT): Makefile
	@mkdir -p bin
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	@touch $@

$(GOFUMPT): Makefile
	@mkdir -p bin
	GOBIN=$(CURDIR)/bin go install mvdan.cc/gofumpt@$(GOFUMPT_VERSION)
	@touch $@

$(NFPM): Makefile
	@mkdir -p bin
	GOBIN=$(CURDIR)/bin go install github.com/goreleaser/nfpm/v2/cmd/nfpm@$(NFPM_VERSION)
	@touch $@

$(GOLINES): Makefile
	@mkdir -p bin
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golines@$(GOLINES_VERSION)
	@touch $@
