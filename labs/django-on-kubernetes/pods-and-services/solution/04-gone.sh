kubectl delete pod hello --ignore-not-found
