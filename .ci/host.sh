# shellcheck shell=bash
# How PyPI and Go's proxy are reached from this machine, for the images in which pip and go have to reach them too.
# Sourced, never run.

bundle=/etc/ssl/certs/ca-certificates.crt

# host_files DIR: the certificates that this machine trusts, and pip's configuration, below DIR.
host_files() {
  local dir="$1"
  mkdir -p "$dir"/etc/ssl/certs "$dir/usr/local/share/ca-certificates"
  if [ -s "${SSL_CERT_FILE:-$bundle}" ]; then
    cp -L "${SSL_CERT_FILE:-$bundle}" "$dir$bundle"
    # so that a later update-ca-certificates keeps them
    cp "$dir$bundle" "$dir/usr/local/share/ca-certificates/host.crt"
  fi
  python3 -m pip config list | python3 -c '
import ast, sys
carried = {"index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "default-timeout", "retries",
           "disable-pip-version-check"}
found = {"cert": sys.argv[1]}
for line in sorted(sys.stdin, key=lambda text: text.startswith((":env:", "install."))):  # the later wins
    key, _, value = line.strip().partition("=")
    option = key.rpartition(".")[2].replace("_", "-")
    if option in carried:
        found[option] = " ".join(ast.literal_eval(value).split())
print("[global]", *(f"{option} = {value}" for option, value in sorted(found.items())), sep="\n")
' "$bundle" >"$dir/etc/pip.conf"
}

# The instructions of a Dockerfile that give an image this machine's certificates, proxies and Go settings.
host_environment=()
for name in PIP_CERT SSL_CERT_FILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GIT_SSL_CAINFO; do
  host_environment+=("ENV $name=$bundle")
done
for name in {http,https,no,all}_proxy {HTTP,HTTPS,NO,ALL}_PROXY GOPROXY GOSUMDB GONOSUMDB GOPRIVATE GOINSECURE; do
  [ -z "${!name:-}" ] || host_environment+=("ENV $name=\"${!name}\"")
done

# apt_sources SUITE: the lines of apt's sources that are Debian's own, for this suite.
apt_sources() {
  # shellcheck disable=SC2016 # apt's own fields
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v suite="$1" '$3 == "main" && ($2 == suite || $2 ~ "^" suite "[-/](updates|security)$") {
      print "deb " $1 " " $2 " main"
    }' | sort -u
}
