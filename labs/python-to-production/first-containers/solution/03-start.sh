docker create --name clock busybox sh -c 'while true; do date; sleep 1; done'
docker start clock
