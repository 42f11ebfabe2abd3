#!/bin/sh
# Fill the @NAME@ placeholders of the shipped configuration from the environment.
# usage: AMI_SECRET_FILE=/run/secrets/ami CARRIER_HOST=192.0.2.10 render.sh [TARGET]      (default /etc/asterisk)
# Variables, with defaults: see the list below; a name with _FILE reads the value from that file.
set -eu
source=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
target=${1:-/etc/asterisk}

: "${ETC_DIR:=$target}" "${STATE_DIR:=/var/lib/discador-asterisk}"
: "${AMI_USER:=discador}" "${AMI_BIND:=127.0.0.1}" "${AMI_PORT:=5038}" "${AMI_PERMIT:=127.0.0.1/255.255.255.255}"
: "${SIP_BIND:=0.0.0.0}" "${SIP_PORT:=5060}" "${SIP_QUALIFY:=60}"
: "${CARRIER_PORT:=5060}" "${RTP_START:=10000}" "${RTP_END:=20000}"
if [ -n "${AMI_SECRET_FILE:-}" ]; then AMI_SECRET=$(cat "$AMI_SECRET_FILE"); fi
: "${AMI_SECRET:?set AMI_SECRET or AMI_SECRET_FILE: the AMI user has no default secret}"
: "${CARRIER_HOST:?set CARRIER_HOST to the address of the SIP carrier (an IP address spares DNS)}"

script=
for name in ETC_DIR STATE_DIR AMI_USER AMI_SECRET AMI_BIND AMI_PORT AMI_PERMIT SIP_BIND SIP_PORT SIP_QUALIFY \
            CARRIER_HOST CARRIER_PORT RTP_START RTP_END; do
    eval "value=\$$name"
    # The value goes into a configuration file and through sed: no character that either of them would read.
    case $value in
        '' | *[!A-Za-z0-9._:/+=-]*) echo "render.sh: $name is empty or has a character outside A-Za-z0-9._:/+=-" >&2; exit 2 ;;
    esac
    script="${script}s|@$name@|$value|g
"
done

# MAKE_STATE_IN: where STATE_DIR lies now, when Asterisk will see it under another name (chroot, image build).
state=${MAKE_STATE_IN:-$STATE_DIR}
mkdir -p "$target" "$state/lib" "$state/spool" "$state/run" "$state/log/cel-custom"
umask 077
printf '%s' "$script" > "$target/.render.sed"
for file in "$source"/*.conf; do
    sed -f "$target/.render.sed" "$file" > "$target/$(basename -- "$file")"
done
rm -f "$target/.render.sed"
