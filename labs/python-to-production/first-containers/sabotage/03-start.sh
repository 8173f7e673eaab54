docker rm --force clock
