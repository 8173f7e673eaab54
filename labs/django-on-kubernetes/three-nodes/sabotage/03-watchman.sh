kubectl delete daemonset watchman
