#!/usr/bin/env bash
# A stranger's walk through the service, on SQLite and then on PostgreSQL: everything over a real socket, with a
# client made from proto/ alone. Ends with 0 only if everything was as expected. `make example` calls it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

add_caller() { "$triage" caller add --json "$@" >>"$callers"; }

walk() {
    echo "━━━━━━━━ $1 ━━━━━━━━"
    start_server "$1"
    "$triage" bureau load "$root/examples/kundulun.toml"
    callers=$work/$1-callers.jsonl
    (umask 077 && : >"$callers")
    add_caller --role intake --name 12315平台
    add_caller --role reception --name 统一接收机构
    add_caller --role unit --unit zhaotan --name 沼潭所
    add_caller --role unit --unit shifudonglu --name 市府东路所
    "$python" "$here/walkthrough.py" "$address" "$callers"
    "$triage" replay
    stop_server
    echo
}

prepare
unset TRIAGE_DATABASE
walk sqlite
start_postgres
walk postgres
stop_postgres
echo "✓ SQLite 与 PostgreSQL 全部符合预期"
