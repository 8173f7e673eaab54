docker start kind-worker2
kubectl wait --for=condition=Ready node/kind-worker2 --timeout=120s
kubectl uncordon kind-worker2
kubectl rollout restart deployment/web
kubectl rollout status deployment/web --timeout=120s
