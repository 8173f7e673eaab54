docker unpause clock
docker stop clock
