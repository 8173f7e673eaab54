docker rmi --force hello:1
