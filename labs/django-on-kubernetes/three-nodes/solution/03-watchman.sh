kubectl apply --filename ~/rooms/watchman.yaml
kubectl rollout status daemonset/watchman --timeout=90s
