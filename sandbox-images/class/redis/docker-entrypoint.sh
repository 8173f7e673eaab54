#!/bin/sh
# Options alone, or a configuration file, mean redis-server. As root it hands /data over and becomes the account redis.
set -e
if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then
  set -- redis-server "$@"
fi
if [ "$1" = redis-server ]; then
  # Reachable from other containers, as they expect of this image; the network it is put on is its protection.
  shift
  set -- redis-server --protected-mode no --bind '* -::*' --logfile '' "$@"
  if [ "$(id -u)" = 0 ]; then
    find . \! -user redis -exec chown redis '{}' +
    exec setpriv --reuid=redis --regid=redis --clear-groups "$@"
  fi
fi
exec "$@"
