kubectl uncordon kind-worker2
kubectl rollout restart deployment/web
kubectl rollout status deployment/web --timeout=120s
