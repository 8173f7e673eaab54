# Leaves what the solution begins by removing.
docker stop visits-redis-1
docker network create visits
