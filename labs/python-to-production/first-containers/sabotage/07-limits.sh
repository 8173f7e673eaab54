docker rm greedy
docker run --name greedy --memory 32m busybox true
