docker network create visits
docker network connect visits redis
