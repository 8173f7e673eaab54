docker rmi visits:1
docker pull busybox
docker tag busybox visits:1
