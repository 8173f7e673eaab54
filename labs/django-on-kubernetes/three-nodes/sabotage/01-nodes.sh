kubectl label node kind-worker2 side=left --overwrite
