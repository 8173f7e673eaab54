docker stop kind-worker2
kubectl wait --for=condition=Ready=Unknown node/kind-worker2 --timeout=120s
kubectl rollout status deployment/web --timeout=120s
until [ "$(kubectl get pods --selector app=web --field-selector spec.nodeName=kind-worker,status.phase=Running --output name | wc --lines)" -ge 6 ]; do sleep 1; done
