kubectl set image deployment/hello hello=hello:1
kubectl rollout status deployment/hello --timeout=120s
