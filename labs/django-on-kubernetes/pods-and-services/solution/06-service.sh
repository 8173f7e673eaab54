kubectl apply --filename ~/hello/service.yaml
