# Sourced by every finding: installs pinned packages in a temporary folder, runs one program there, compares its output.
set -euo pipefail

work=$(mktemp -d)
server=
clean_up() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap clean_up EXIT

# install PACKAGE@VERSION…: WITH='PACKAGE@OTHER' in the environment replaces versions, to see where a behaviour began.
install() {
  cd "$work"
  npm init -y >/dev/null
  npm pkg set type=module >/dev/null
  npm install --loglevel=error --no-audit --no-fund --ignore-scripts --save-exact "$@" >/dev/null
  # shellcheck disable=SC2086
  if [ -n "${WITH:-}" ]; then npm install --loglevel=error --no-audit --no-fund --ignore-scripts --save-exact $WITH >/dev/null; fi
  npm ls --depth=0 | sed 1d
}

# A MongoDB-compatible server from PyPI in memory; its address is in MONGODB_URI. Needs Python 3.10 to 3.13.
start_server() {
  "${PYTHON:-python3}" -m venv "$work/python"
  "$work/python/bin/pip" install --quiet --disable-pip-version-check SecantusDB==0.7.0b3
  local port
  port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close() })")
  "$work/python/bin/python" -c 'import sys; from secantus.cli import main; sys.exit(main())' \
    --port "$port" --storage-path :memory: --log-level ERROR &
  server=$!
  export MONGODB_URI="mongodb://127.0.0.1:$port/findings?retryWrites=false&directConnection=true"
  for _ in $(seq 100); do
    if node -e "require('net').connect($port, '127.0.0.1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"; then
      return
    fi
    sleep 0.1
  done
  echo 'the server did not start' >&2
  return 1
}

# run FILE.mjs <<'JS': what it writes to stdout is the behaviour that `expect` compares.
run() {
  cat >"$work/$1"
  (cd "$work" && timeout 60 node --no-warnings "$1" >>output)
}

# expect <<'TEXT': prints the behaviour, and fails where it is not the one that is known.
expect() {
  cat >"$work/expected"
  sed 's/^/  /' "$work/output"
  if diff -u "$work/expected" "$work/output"; then
    echo 'as known'
  else
    echo 'CHANGED: the software no longer behaves as this finding says' >&2
    exit 1
  fi
}
