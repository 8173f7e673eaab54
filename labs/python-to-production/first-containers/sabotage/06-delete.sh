docker rm diary
docker create --name clock busybox true
