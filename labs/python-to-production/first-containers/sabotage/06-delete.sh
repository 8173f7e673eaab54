docker rm diary
docker run --name diary busybox true
