docker pull busybox
docker tag busybox toolbox:1
