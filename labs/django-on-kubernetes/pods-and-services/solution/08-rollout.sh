sed --in-place 's/^VERSION = .*/VERSION = "2"/' ~/hello/hello.py
docker build --tag hello:2 ~/hello
kind load docker-image hello:2
kubectl set image deployment/hello hello=hello:2
kubectl rollout status deployment/hello --timeout=120s
