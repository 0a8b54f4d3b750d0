#!/usr/bin/env bash
# A stranger's walk through the service, on SQLite and then on PostgreSQL: everything over a real socket, with a
# client made from proto/ alone. Ends with 0 only if everything was as expected. `make example` calls it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

add_caller() { "$triage" caller add --json "$@" >>"$callers"; }

authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 -subj "/CN=$2" \
        -keyout "$1/$2.key" -out "$1/$2.pem" 2>/dev/null
}

# certificate DIR AUTHORITY NAME: for this machine's loopback address.
certificate() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$3" \
        -addext "subjectAltName=IP:127.0.0.1" -keyout "$1/$3.key" -out "$1/$3.csr" 2>/dev/null
    openssl x509 -req -in "$1/$3.csr" -CA "$1/$2.pem" -CAkey "$1/$2.key" -CAcreateserial -days 30 \
        -copy_extensions copy -out "$1/$3.pem" 2>/dev/null
}

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

# A private authority, a service that asks its callers for a certificate, and who gets in.
walk_tls() {
    echo "━━━━━━━━ TLS ━━━━━━━━"
    local tls=$work/tls
    mkdir -m 700 "$tls"
    authority "$tls" ca
    authority "$tls" strange
    certificate "$tls" ca service
    certificate "$tls" ca client
    certificate "$tls" ca known
    certificate "$tls" strange stranger
    start_server tls --tls-cert "$tls/service.pem" --tls-key "$tls/service.key" --tls-client-ca "$tls/ca.pem"
    "$triage" bureau load "$root/examples/kundulun.toml"
    local callers=()
    for number in 1 2 3 4 5 6 7 8; do
        callers+=("$work/tls-caller-$number.json")
        (umask 077 && "$triage" caller add --json --role intake --name "12315平台 $number" >"${callers[-1]}")
    done
    "$triage" caller add --role intake --name "12315平台（证书）" --certificate "$tls/known.pem"
    # The certificate that replaces the first one while streams are open.
    certificate "$tls" ca renewed
    "$python" "$here/walk_tls.py" "$address" "$tls" "${callers[@]}"
    stop_server
    echo
}

prepare
unset TRIAGE_DATABASE
walk sqlite
start_postgres
walk postgres
stop_postgres
unset TRIAGE_DATABASE
walk_tls
echo "✓ SQLite 与 PostgreSQL 全部符合预期"
