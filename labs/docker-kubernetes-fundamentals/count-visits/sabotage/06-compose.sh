docker stop visits-redis-1
