#!/bin/bash
# The first start makes the databases and accounts that the environment describes, runs /docker-entrypoint-initdb.d, and only then
# listens. MYSQL_ROOT_PASSWORD (or MYSQL_ALLOW_EMPTY_PASSWORD, MYSQL_RANDOM_ROOT_PASSWORD), MYSQL_DATABASE, MYSQL_USER,
# MYSQL_PASSWORD, MYSQL_ROOT_HOST; each also as NAME_FILE, and as MARIADB_….
set -euo pipefail
readonly data=/var/lib/mysql socket=/run/mysqld/mysqld.sock
readonly settings="ROOT_PASSWORD ALLOW_EMPTY_PASSWORD RANDOM_ROOT_PASSWORD ROOT_HOST DATABASE USER PASSWORD"

# read_setting NAME: MYSQL_NAME from itself, from the file that MYSQL_NAME_FILE names, or from MARIADB_NAME.
read_setting() {
  local name=MYSQL_$1 other=MARIADB_$1
  local file_variable="${name}_FILE"
  if [ -n "${!file_variable:-}" ]; then printf -v "$name" %s "$(cat "${!file_variable}")"
  elif [ -z "${!name:-}" ]; then printf -v "$name" %s "${!other:-}"
  fi
}

require_password() {
  [ -z "$MYSQL_ROOT_PASSWORD$MYSQL_ALLOW_EMPTY_PASSWORD$MYSQL_RANDOM_ROOT_PASSWORD" ] || return 0
  echo "Error: the database needs a password for root: docker run -e MYSQL_ROOT_PASSWORD=… mysql" >&2
  echo "(or MYSQL_ALLOW_EMPTY_PASSWORD=yes, or MYSQL_RANDOM_ROOT_PASSWORD=yes)" >&2
  exit 1
}

# Text between single quotes in SQL.
quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\\\'}"
}
# A name between back ticks in SQL.
named() { printf '`%s`' "${1//\`/\`\`}"; }

accounts() {
  local root
  root=$(quoted "$MYSQL_ROOT_PASSWORD")
  # A new database has more roots than one, and none of them a password.
  echo "DELETE FROM mysql.global_priv WHERE User IN ('', 'root') AND Host <> 'localhost'; FLUSH PRIVILEGES;"
  [ "${MYSQL_ROOT_HOST:-%}" = localhost ] ||
    echo "CREATE USER 'root'@$(quoted "${MYSQL_ROOT_HOST:-%}") IDENTIFIED BY $root;
          GRANT ALL ON *.* TO 'root'@$(quoted "${MYSQL_ROOT_HOST:-%}") WITH GRANT OPTION;"
  echo "SET PASSWORD FOR 'root'@'localhost' = PASSWORD($root);"
  [ -z "$MYSQL_DATABASE" ] || echo "CREATE DATABASE IF NOT EXISTS $(named "$MYSQL_DATABASE");"
  [ -n "$MYSQL_USER" ] && [ -n "$MYSQL_PASSWORD" ] || return 0
  echo "CREATE USER $(quoted "$MYSQL_USER")@'%' IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");"
  [ -z "$MYSQL_DATABASE" ] ||
    echo "GRANT ALL ON $(named "$(sed 's/[_%]/\\&/g' <<<"$MYSQL_DATABASE")").* TO $(quoted "$MYSQL_USER")@'%';"
}

as_root() { MYSQL_PWD=$MYSQL_ROOT_PASSWORD mariadb --protocol=socket --user=root "$@"; }

run_scripts() {
  local script
  local database=()
  [ -z "$MYSQL_DATABASE" ] || database=("--database=$MYSQL_DATABASE")
  for script in /docker-entrypoint-initdb.d/*; do
    [ -f "$script" ] || continue
    echo "running $script"
    case $script in
      *.sh) if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
      *.sql) as_root "${database[@]}" <"$script" ;;
      *.sql.gz) gunzip -c "$script" | as_root "${database[@]}" ;;
      *) echo "$script is neither .sh nor .sql: left alone" ;;
    esac
  done
}

make_database() {
  require_password
  if [ -n "$MYSQL_RANDOM_ROOT_PASSWORD" ]; then
    MYSQL_ROOT_PASSWORD=$(head -c 18 /dev/urandom | base64)
    echo "GENERATED ROOT PASSWORD: $MYSQL_ROOT_PASSWORD"
  fi
  mariadb-install-db --user=mysql --datadir="$data" --auth-root-authentication-method=normal --skip-test-db >/dev/null
  # On its socket only: whoever waits for the port finds the finished database.
  mariadbd --skip-networking --socket="$socket" &
  local server=$!
  until mariadb-admin --socket="$socket" --user=root --silent ping 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || { echo "Error: the database did not start" >&2; exit 1; }
    sleep 0.1
  done
  accounts | mariadb --protocol=socket --user=root
  run_scripts
  kill -TERM "$server"
  wait "$server"
  echo "The database is ready to start."
}

[ "${1#-}" = "${1:-}" ] || set -- mysqld "$@"
[ "${1:-}" = mysqld ] || [ "${1:-}" = mariadbd ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  find "$data" /run/mysqld \! -user mysql -exec chown mysql '{}' +
  exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
fi
for name in $settings; do read_setting "$name"; done
[ -d "$data/mysql" ] || make_database
exec "$@"
