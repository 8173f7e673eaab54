kubectl drain kind-worker2 --ignore-daemonsets --timeout=90s
kubectl rollout status deployment/web --timeout=90s
