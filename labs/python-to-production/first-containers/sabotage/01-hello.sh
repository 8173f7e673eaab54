docker rm --force $(docker ps --all --quiet --filter ancestor=hello-world)
