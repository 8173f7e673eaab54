kubectl apply --filename ~/rooms/web.yaml
kubectl rollout status deployment/web --timeout=120s
