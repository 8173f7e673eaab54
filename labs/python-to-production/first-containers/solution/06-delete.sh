docker run --name diary busybox sh -c 'echo "dear diary" > /note.txt'
docker rm clock
