#!/usr/bin/env bash
# A platform export through the service, on SQLite and then on PostgreSQL: history.sh FILE.xlsx [FIRST]
# FIRST rows (700 unless given) are decided and trained on; the rest must come back scored, with reasons, and routed.
set -euo pipefail
if (($# < 1 || $# > 2)); then
    echo "usage: ${BASH_SOURCE[0]} FILE.xlsx [FIRST]" >&2
    exit 64
fi
export_file=$(realpath "$1")
first=${2:-700}
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

history_on() {
    echo "━━━━━━━━ $1 ━━━━━━━━"
    start_server "$1"
    "$triage" bureau load "$root/examples/kundulun.toml"
    "$python" "$here/history.py" "$export_file" --address "$address" --data "$TRIAGE_DATA" \
        --log "$work/$1-log" --first "$first" --out "$work/$1.jsonl" \
        ${TRIAGE_DATABASE:+--database "$TRIAGE_DATABASE"}
    stop_server
    echo
}

prepare
unset TRIAGE_DATABASE
history_on sqlite
start_postgres
history_on postgres
stop_postgres
if ! cmp "$work/sqlite.jsonl" "$work/postgres.jsonl"; then
    diff "$work/sqlite.jsonl" "$work/postgres.jsonl" | head -n 6 >&2 || true
    echo "✗ the two databases do not agree" >&2
    exit 1
fi
echo "✓ 两种数据库的单位、候选、特征、分数、理由逐位一致（$(wc -l <"$work/sqlite.jsonl") 件）"
