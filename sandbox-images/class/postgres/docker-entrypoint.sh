#!/bin/bash
# The first start makes the database that the environment describes, runs /docker-entrypoint-initdb.d, and only then listens.
# POSTGRES_PASSWORD, POSTGRES_USER, POSTGRES_DB, POSTGRES_INITDB_ARGS, POSTGRES_HOST_AUTH_METHOD; each also as NAME_FILE.
set -euo pipefail

# from_file NAME: a setting may be in a file, as secrets are.
from_file() {
  local file_variable="$1_FILE"
  [ -z "${!file_variable:-}" ] || export "$1=$(cat "${!file_variable}")"
  unset "$file_variable"
}

require_password() {
  [ -n "${POSTGRES_PASSWORD:-}" ] || [ "${POSTGRES_HOST_AUTH_METHOD:-}" = trust ] || {
    echo "Error: the database needs a password for its owner: docker run -e POSTGRES_PASSWORD=… postgres" >&2
    echo "(POSTGRES_HOST_AUTH_METHOD=trust lets everybody in without one.)" >&2
    exit 1
  }
}

run_scripts() {
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    [ -f "$script" ] || continue
    echo "running $script"
    case $script in
      *.sh) if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
      *.sql) psql -v ON_ERROR_STOP=1 --no-password -f "$script" ;;
      *.sql.gz) gunzip -c "$script" | psql -v ON_ERROR_STOP=1 --no-password ;;
      *) echo "$script is neither .sh nor .sql: left alone" ;;
    esac
  done
}

make_database() {
  require_password
  local arguments=() method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  read -ra arguments <<<"${POSTGRES_INITDB_ARGS:-}"
  initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:-unused}") \
    --auth-local=trust --auth-host="$method" "${arguments[@]}"
  echo "host all all all $method" >>"$PGDATA/pg_hba.conf"
  # On its socket only: whoever waits for the port finds the finished database.
  pg_ctl --wait --options="-c listen_addresses=''" start
  export PGUSER=$POSTGRES_USER PGDATABASE=$POSTGRES_DB PGPASSWORD=${POSTGRES_PASSWORD:-}
  [ "$POSTGRES_DB" = postgres ] || createdb --maintenance-db=postgres "$POSTGRES_DB"
  run_scripts
  unset PGUSER PGDATABASE PGPASSWORD
  pg_ctl --wait --mode=fast stop
  echo "The database is ready to start."
}

[ "${1#-}" = "${1:-}" ] || set -- postgres "$@"
[ "${1:-}" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  find "$PGDATA" /run/postgresql \! -user postgres -exec chown postgres '{}' +
  chmod 0700 "$PGDATA"
  exec env HOME=/var/lib/postgresql setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
for name in POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB POSTGRES_INITDB_ARGS POSTGRES_HOST_AUTH_METHOD; do from_file "$name"; done
POSTGRES_USER=${POSTGRES_USER:-postgres}
POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
export POSTGRES_USER POSTGRES_DB
[ -s "$PGDATA/PG_VERSION" ] || make_database
exec "$@"
