docker build --tag hello:1 ~/hello
kind load docker-image hello:1
