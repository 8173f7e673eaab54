docker start kind-worker2
kubectl wait --for=condition=Ready node/kind-worker2 --timeout=120s
