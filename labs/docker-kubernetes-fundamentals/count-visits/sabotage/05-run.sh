docker network disconnect visits redis
