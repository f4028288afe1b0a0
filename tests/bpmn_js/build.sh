#!/bin/sh
# Installs the packages of package-lock.json for the tests of BPMN files. npm comes from the machine, else from where web/styles/build.sh put it.
set -eu
cd "$(dirname "$0")"
command -v npm >/dev/null || PATH="$PWD/../../web/styles/.node/bin:$PATH"
echo "Installing bpmn-js for the tests ..."
npm ci --ignore-scripts --no-audit --no-fund --silent
