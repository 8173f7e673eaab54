docker network disconnect visits redis
docker network rm visits
