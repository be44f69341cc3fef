# shellcheck shell=bash
# What the scripts of this folder share. Sourced, never run.

set -euo pipefail

HOME="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}"
export HOME
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# Logs, locks, the registry's storage: gone with the machine's temporary files.
state_dir="${TMPDIR:-/tmp}/policy-tasks-ci"
# What is costly to make and stays valid: the base images as tars.
# shellcheck disable=SC2034 # used by the scripts that source this file
cache_dir="${XDG_CACHE_HOME:-$HOME/.cache}/policy-tasks-ci"
# shellcheck disable=SC2034
registry="127.0.0.1:5000"

say() { printf '%s: %s\n' "${0##*/}" "$*"; }

fail() {
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# quietly LOG COMMAND...: the output goes to LOG, whose end is shown if the command fails.
quietly() {
  local log="$1"
  shift
  if ! "$@" >"$log" 2>&1 </dev/null; then
    printf -- '--- the end of %s\n' "$log" >&2
    tail -n 30 "$log" >&2
    fail "failed: $*"
  fi
}

# one_at_a_time NAME: waits for another run of the same script to end.
# Everything that outlives the script must be started with 9>&-.
one_at_a_time() {
  mkdir -p "$state_dir"
  exec 9>"$state_dir/$1.lock"
  flock -w 600 9 || fail "another run of $1 has not ended in 10 minutes"
}

need_root() { [ "$(id -u)" = 0 ] || fail "must be run as root"; }
