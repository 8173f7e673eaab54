kubectl uncordon kind-worker2
