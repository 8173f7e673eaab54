kubectl apply --filename ~/hello/pod.yaml
kubectl wait --for=condition=Ready pod/hello --timeout=60s
