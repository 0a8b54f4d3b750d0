# Sourced by run.sh and history.sh: the Python environment, the compiled contract, a server on a fresh database.
# shellcheck shell=bash
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=$root/target/python
gen=$venv/gen
python=$venv/bin/python
triage=${TRIAGE_BIN:-${CARGO_TARGET_DIR:-$root/target}/release/triage}
work=$(mktemp -d "${TMPDIR:-/tmp}/triage-example.XXXXXX")
server=''
postgres=''

finish() {
    stop_server || true
    stop_postgres || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Everything a client needs: proto/ and PyPI, nothing else of this repository.
prepare() {
    if ! "$python" -c 'import grpc_tools, grpc_status, grpc_reflection, grpc_health, openpyxl' 2>/dev/null; then
        [[ -x $python ]] || python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    fi
    rm -rf "$gen"
    mkdir -p "$gen"
    "$python" -m grpc_tools.protoc -I "$root/proto" --python_out="$gen" --pyi_out="$gen" --grpc_python_out="$gen" \
        "$root"/proto/triage/v1/*.proto
    if [[ ! -x $triage ]]; then (cd "$root" && cargo build --release --locked); fi
    export PYTHONPATH=$gen:$here PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 TRIAGE_BIN=$triage
}

# A throwaway PostgreSQL; lives until its standard input is closed. Sets TRIAGE_DATABASE.
start_postgres() {
    coproc POSTGRES { exec "$root/ops/test-postgres"; }
    postgres=$POSTGRES_PID
    postgres_in=${POSTGRES[1]}
    read -r TRIAGE_DATABASE <&"${POSTGRES[0]}"
    export TRIAGE_DATABASE
}

stop_postgres() {
    [[ -n $postgres ]] || return 0
    exec {postgres_in}>&-
    wait "$postgres" || true
    postgres=''
    unset TRIAGE_DATABASE
}

# start_server NAME [OPTION...]: `triage init` and `triage serve` on a fresh data directory and a free port. Sets address, exports
# TRIAGE_DATA.
start_server() {
    export TRIAGE_DATA=$work/$1-data
    local out=$work/$1-out log=$work/$1-log
    "$triage" init >"$log"
    "$triage" serve --listen 127.0.0.1:0 "${@:2}" >"$out" 2>>"$log" &
    server=$!
    until address=$(grep -oE -m 1 '127\.0\.0\.1:[0-9]+' "$out"); do
        if ! kill -0 "$server" 2>/dev/null; then
            echo "triage serve ended before it served:" >&2
            cat "$out" "$log" >&2
            server=''
            return 1
        fi
        sleep 0.05
    done
}

# Ends it as an operator would; it must end by itself and well.
stop_server() {
    [[ -n $server ]] || return 0
    local pid=$server
    server=''
    kill -TERM "$pid"
    wait "$pid"
}
