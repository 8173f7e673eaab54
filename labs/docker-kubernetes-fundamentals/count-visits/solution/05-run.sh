docker run --detach --name web --network visits --env REDIS_HOST=redis --publish 8080:5000 visits:1
