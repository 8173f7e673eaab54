docker run --detach --name box --hostname box busybox sleep 3600
docker inspect --format '{{.State.Pid}}' box > ~/box-pid.txt
