kubectl apply --filename ~/hello/pod.yaml
