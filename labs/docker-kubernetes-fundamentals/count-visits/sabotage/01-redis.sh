docker stop redis
