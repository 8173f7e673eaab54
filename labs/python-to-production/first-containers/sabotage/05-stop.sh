docker start clock
docker pause clock
