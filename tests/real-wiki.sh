#!/usr/bin/env bash
# What the tests against real wikis share: a program that is built, a folder that is thrown away, a free
# port, and comparisons. Sourced by tests/real-wiki and tests/real-dokuwiki, from the project's folder.

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/readback-target}"
readback="$CARGO_TARGET_DIR/debug/readback"
cargo build --locked
"$readback" engine install

work="$(mktemp -d)"
server=""
end() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT

port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
wiki="http://127.0.0.1:$port"

failed=0
expect() { # WHAT EXPECTED FOUND
    if [ "$2" = "$3" ]; then
        echo "ok: $1: $3"
    else
        echo "WRONG: $1: expected $2, found $3"
        failed=1
    fi
}
scanned() {
    "$readback" scan --json >"$work/scan.json"
    python3 -c '
import json, sys
total = {}
for one in json.load(open(sys.argv[1])):
    for kind, count in one["events"].items():
        total[kind] = total.get(kind, 0) + count
print(" ".join(f"{kind}={count}" for kind, count in sorted(total.items())))' "$work/scan.json"
}
list() {
    "$readback" writeups list --json >"$work/list.json"
    python3 -c '
import json, sys
text = open(sys.argv[1]).read()
print(all(word in text for word in sys.argv[2:]))' "$work/list.json" "$@"
}
