kubectl label node kind-worker side=left --overwrite
kubectl label node kind-worker2 side=right --overwrite
