kubectl set image deployment/hello hello=hello:oops
# It does not come to an end: that is the lesson.
kubectl rollout status deployment/hello --timeout=5s || kubectl get pods
kubectl rollout undo deployment/hello
kubectl rollout status deployment/hello --timeout=120s
