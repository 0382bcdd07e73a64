#!/bin/bash
# cert.sh DIR: a certificate authority (ca.pem) and, signed by it, a server certificate (cert.pem, key.pem) for
# localhost, 127.0.0.1 and ::1. Valid for ten years; made anew only when one of the three is missing.
set -euo pipefail

dir=${1:?usage: cert.sh DIR}
mkdir -p "$dir"
cd "$dir"
if [ -s ca.pem ] && [ -s cert.pem ] && [ -s key.pem ]; then
    exit 0
fi

quiet() { # prints what a command said only when it failed
    local said
    said=$("$@" 2>&1) || { echo "$said" >&2; return 1; }
}

# Constraints that rustls insists on: a CA marked as one, a leaf that is none, version 3.
quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days 3650 \
    -subj "/CN=vahti test authority" -addext "basicConstraints=critical,CA:TRUE" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout ca-key.pem -out ca.pem
quiet openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 \
    -subj "/CN=localhost" -keyout key.pem -out request.pem
cat >extensions <<'EXTENSIONS'
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
EXTENSIONS
quiet openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -sha256 -days 3650 \
    -extfile extensions -out cert.pem
rm -f request.pem extensions ca.srl
