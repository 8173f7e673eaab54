#!/bin/sh
# Makes the database at the first start, then becomes Postgres.
set -eu
data=/var/lib/postgresql/data/pgdata
bin=$(echo /usr/lib/postgresql/*/bin)
: "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}"
if [ ! -d "$data" ]; then
  # Under another name until it is whole: killed in between, the next start begins again.
  new=$data.new
  rm -rf "$new"
  umask 077
  printf '%s\n' "$POSTGRES_PASSWORD" > /tmp/password
  "$bin/initdb" -D "$new" -U slipway --auth=scram-sha-256 --pwfile=/tmp/password --encoding=UTF8 --locale=C.UTF-8
  rm /tmp/password
  echo "host all all all scram-sha-256" >> "$new/pg_hba.conf"
  "$bin/pg_ctl" -D "$new" -w -o "-c listen_addresses='' -k /tmp" start
  PGPASSWORD=$POSTGRES_PASSWORD "$bin/createdb" -h /tmp -U slipway slipway
  "$bin/pg_ctl" -D "$new" -w stop
  sync
  mv "$new" "$data"
fi
exec "$bin/postgres" -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp
