kubectl scale deployment hello --replicas 3
