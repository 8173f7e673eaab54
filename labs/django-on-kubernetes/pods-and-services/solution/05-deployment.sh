kubectl apply --filename ~/hello/deployment.yaml
kubectl rollout status deployment/hello --timeout=90s
kubectl delete "$(kubectl get pods --selector app=hello --output name | head --lines 1)"
kubectl rollout status deployment/hello --timeout=90s
