docker rm --force redis
