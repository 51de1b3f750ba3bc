# One command for each loop. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Tools, each pinned, all through the Go proxy. Helm is pinned in tools/helm/go.mod.
CONTROLLER_GEN := sigs.k8s.io/controller-tools/cmd/controller-gen@v0.21.0
STATICCHECK    := honnef.co/go/tools/cmd/staticcheck@v0.7.0
GOVULNCHECK    := golang.org/x/vuln/cmd/govulncheck@v1.9.0

export GOTOOLCHAIN := local
# Static programs, and one build cache shared with local/.
export CGO_ENABLED := 0
# The same flags for building, vetting and testing: other flags would compile every dependency once more. VERSION says
# what a program was built from, so that it builds where git does not answer.
export GOFLAGS := -trimpath -buildvcs=false

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILD   := go build
CRDS    := charts/workbench/files/crds
GENERATED := $(CRDS)/*.yaml api/*/zz_generated.*.go docs/openapi.yaml
IMAGE   ?= docker.io/workbench-dev/workbench:dev
CLUSTER ?= demo

GO_FILES    := $(shell find api cmd console demo internal -name '*.go' -not -path '*/node_modules/*' 2>/dev/null)
LOCAL_FILES := $(shell find local -type f 2>/dev/null)

.PHONY: help
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^## / {printf "\n%s\n", substr($$0, 4)} /^[a-zA-Z0-9\/_-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## See it work
.PHONY: demo demo-down
demo: build bin/helm demo-programs ## Start a real Kubernetes here and release version 2 of an application under traffic
	@bin/demo up --cluster $(CLUSTER)

demo-down: bin/demo ## Remove everything that `make demo` made
	@bin/demo down --cluster $(CLUSTER)

## Build
.PHONY: build console demo-programs image
build: bin/workbench bin/workbench-local ## Build bin/workbench and bin/workbench-local

# What the program holds of the console; see console/embed.go.
CONSOLE := console/dist/index.html
CONSOLE_FILES := $(shell find console/src console/public console/*.json console/*.ts console/*.html -type f -not -name '*.test.ts*' 2>/dev/null)

bin/workbench: go.mod go.sum $(GO_FILES) $(CONSOLE)
	$(BUILD) -ldflags '-s -w -X main.version=$(VERSION)' -o $@ ./cmd/workbench

console: $(CONSOLE) ## Build the web console into console/dist

$(CONSOLE): console/node_modules/.package-lock.json $(CONSOLE_FILES)
	cd console && npm run --silent build

# npm writes this file when it has installed what the lock file names.
console/node_modules/.package-lock.json: console/package-lock.json
	cd console && npm ci --prefer-offline --no-audit --no-fund --loglevel=error
	@touch $@

bin/workbench-local: $(LOCAL_FILES)
	cd local && $(BUILD) -ldflags '-s -w' -o ../$@ ./cmd/workbench-local

# Helm takes from its linker which Kubernetes it renders for when it isn't asked about a cluster.
HELM_STAMPS = -X helm.sh/helm/v3/internal/version.version=$$(go list -m -f '{{.Version}}' helm.sh/helm/v3) \
	$(foreach p,chartutil lint/rules,-X helm.sh/helm/v3/pkg/$(p).k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/$(p).k8sVersionMinor=36)

bin/helm: tools/helm/go.mod tools/helm/go.sum
	cd tools/helm && $(BUILD) -ldflags "-s -w $(HELM_STAMPS)" -o ../../$@ helm.sh/helm/v3/cmd/helm

# What bench-hub and bench-console compare with.
bin/argo-dashboard: tools/argo-dashboard/go.mod tools/argo-dashboard/go.sum
	cd tools/argo-dashboard && $(BUILD) -ldflags '-s -w' -o ../../$@ github.com/argoproj/argo-rollouts/cmd/kubectl-argo-rollouts

bin/demo: go.mod go.sum $(GO_FILES)
	$(BUILD) -ldflags '-s -w' -o $@ ./demo/run

# The versions of the sample application: one source, other stamps.
demo-programs: bin/demo bin/traffic bin/app/v1/app bin/app/v2/app bin/app/v3/app bin/app/v4/app

bin/traffic: go.mod go.sum $(GO_FILES)
	$(BUILD) -ldflags '-s -w' -o $@ ./demo/traffic

bin/app/v3/app: stamps := -X main.failEvery=5
bin/app/v4/app: stamps := -X main.slowness=400ms
bin/app/%/app: go.mod $(wildcard demo/app/*.go)
	$(BUILD) -ldflags '-s -w -X main.version=$* $(stamps)' -o $@ ./demo/app

image: build ## Write an image of Workbench to bin/workbench.tar (IMAGE=registry/name:tag)
	bin/workbench-local image --ref $(IMAGE) --binary bin/workbench -o bin/workbench.tar \
		--file /etc/ssl/certs/ca-certificates.crt=/etc/ssl/certs/ca-certificates.crt
	@echo "bin/workbench.tar holds $(IMAGE): docker load -i bin/workbench.tar, or crane push bin/workbench.tar $(IMAGE)"

## Check
.PHONY: test parts test-unit test-console-unit test-console test-local test-api test-hub test-e2e verify verify-console lint vulncheck chart
test: test-unit test-console-unit test-local parts test-api test-e2e ## Run every test, on a real Kubernetes that it starts and removes

parts: bin/workbench-local
	bin/workbench-local build

test-unit: ## Unit tests of the main module: no cluster needed
	go test ./...

test-console-unit: console/node_modules/.package-lock.json ## Unit tests of the console
	cd console && npm run --silent test

test-local: ## Unit tests of the local cluster's module
	cd local && go test ./...

test-api: build bin/helm bin/schemathesis ## Tests against a real API server (etcd and kube-apiserver)
	go test -tags apiserver -count=1 -timeout 20m -p 1 ./test/apiserver/... ./test/hub ./internal/cli/... ./internal/clusterinfo/... ./internal/prometheus/... ./internal/analysis/...

test-hub: build bin/helm bin/schemathesis ## Of those, the ones that attack and kill the hub as it is built
	go test -tags apiserver -count=1 -timeout 20m -v ./test/hub

# A program in Python, in a virtualenv of its own outside the repository, with all that it needs in pinned versions.
FUZZER := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/workbench-schemathesis
bin/schemathesis: test/hub/requirements.txt
	@mkdir -p bin
	python3 -m venv --clear "$(FUZZER)"
	"$(FUZZER)/bin/pip" install --quiet --disable-pip-version-check --no-deps -r $<
	ln -sfn "$(FUZZER)/bin/schemathesis" $@

test-e2e: build bin/helm demo-programs ## End-to-end tests on a real cluster of their own
	cd local && WORKBENCH_LOCAL=$(CURDIR)/bin/workbench-local go test -tags e2e -count=1 -timeout 30m -v ./e2e
	go test -tags e2e -count=1 -timeout 45m -v ./test/e2e

# The browser is the system's: Playwright has none to download here.
test-console: build bin/helm demo-programs ## The console in Chromium, against a real hub on a real cluster (KEEP=1 leaves the cluster)
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; }
	cd console && npx --no-install playwright test

verify: lint vulncheck chart verify-console ## Formatting, vet, staticcheck, generated code, chart
	@before="$$(cat $(GENERATED) | sha256sum)"; $(MAKE) --no-print-directory generate; \
		if [ "$$before" != "$$(cat $(GENERATED) | sha256sum)" ]; then \
		echo "The generated files did not match api/. They do now: look at them and commit them."; git diff --stat -- $(GENERATED); exit 1; fi
	go mod tidy -diff

verify-console: console/node_modules/.package-lock.json ## Types and lint of the console, and its client against docs/openapi.yaml
	@if [ -e docs/openapi.yaml ]; then before="$$(sha256sum <console/src/api/schema.gen.ts)"; (cd console && npm run --silent generate >/dev/null); \
		if [ "$$before" != "$$(sha256sum <console/src/api/schema.gen.ts)" ]; then \
		echo "console/src/api/schema.gen.ts did not match docs/openapi.yaml. It does now: look at it and commit it."; exit 1; fi; fi
	cd console && npm run --silent check && npm run --silent lint

# The database of known vulnerabilities is asked when it runs, so where it can't be reached nothing can be said. GOVULNDB names
# another place of it.
vulncheck: ## Known vulnerabilities in what is built in (govulncheck; needs its database, online)
	@if curl --fail --silent --show-error --max-time 10 --output /dev/null "$${GOVULNDB:-https://vuln.go.dev}/index/db.json"; then \
		go run $(GOVULNCHECK) ./...; \
	else echo "Not checked for known vulnerabilities: govulncheck's database can't be reached from here (set GOVULNDB to a copy)."; fi

# The programs of local/ import all of Kubernetes, and vet reads what a package imports.
lint: ## gofmt, go vet and staticcheck
	@unformatted="$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go'))"; \
		if [ -n "$$unformatted" ]; then echo "Not formatted; run gofmt -w:"; echo "$$unformatted"; exit 1; fi
	go vet -tags apiserver,e2e ./...
	go run $(STATICCHECK) -tags apiserver,e2e ./...
	cd local && go vet $$(go list ./... | grep -v /programs/)
	cd tools/oidc && go vet ./...

chart: bin/helm ## Lint and render the chart
	@for values in charts/workbench/values.yaml charts/workbench/ci/*.yaml; do echo "chart with $$values"; \
		bin/helm lint --strict --quiet -f "$$values" charts/workbench; \
		bin/helm template workbench charts/workbench -n workbench-system -f "$$values" >/dev/null; done

## Measure
.PHONY: bench-traffic bench-hub bench-console bench-judge bench-judge-cluster
bench-traffic: build bin/helm demo-programs ## Requests failed at each transition: the naive way, plain Argo Rollouts, Workbench
	go run ./test/bench/traffic

bench-hub: build bin/argo-dashboard ## 10,000 release tasks: the hub and the controller, beside the dashboard of Argo Rollouts
	go run ./test/bench/hub

bench-console: build bin/argo-dashboard ## The console in Chromium: loads, and frames with 10,000 release tasks
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; }
	go run ./test/bench/console

bench-judge: ## How often the judge is right, over simulated releases
	go run ./test/bench/judge

bench-judge-cluster: build bin/helm demo-programs ## How soon bad versions go back on a real cluster: Workbench, Flagger's check, Argo Rollouts' template
	go run ./test/bench/verdict

## Work on it
.PHONY: generate openapi dev clean
generate: openapi ## Make deep copies and CustomResourceDefinitions from api/, docs/openapi.yaml from the hub's types
	go run $(CONTROLLER_GEN) object paths=./api/... crd:generateEmbeddedObjectMeta=false output:crd:dir=$(CRDS)

openapi: ## Make docs/openapi.yaml from the hub's types
	go run ./internal/hub/openapi docs/openapi.yaml

dev: build ## Run the controller from here against the cluster dev, started if it isn't running (CTRL-C ends it)
	bin/workbench-local up --name dev
	kubectl="bin/workbench-local kubectl --name dev --"; \
	$$kubectl apply --server-side -f $(CRDS); \
	KUBECONFIG="$$(bin/workbench-local kubeconfig --name dev)" bin/workbench controller --leader-elect=false --log-level=debug

clean: ## Remove what was built (clusters and their cache stay; see make demo-down)
	rm -rf bin
