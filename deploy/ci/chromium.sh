#!/usr/bin/env bash
# Installs Debian's Chromium for the tests that look at pages as a browser does. Safe to run again. Without root, or on
# another system, it installs nothing and those tests say that they are skipped.
set -euo pipefail

say() { printf 'chromium: %s\n' "$*"; }

for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then
    say "$name is there"
    exit 0
  fi
done
if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
  say "not installed: that takes root and apt-get"
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update >/dev/null
apt-get -qq install --yes --no-install-recommends chromium fonts-dejavu-core >/dev/null
say "installed"
