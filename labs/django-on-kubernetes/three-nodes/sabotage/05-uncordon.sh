kubectl cordon kind-worker2
