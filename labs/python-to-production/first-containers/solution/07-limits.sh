# Ends with 137, as it should.
docker run --name greedy --memory 32m --memory-swap 32m busybox tail /dev/zero || true
docker run --detach --name capped --cpus 0.25 busybox sh -c 'while true; do true; done'
