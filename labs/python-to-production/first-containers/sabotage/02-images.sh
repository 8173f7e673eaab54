docker pull nginx:alpine
docker tag nginx:alpine toolbox:1
