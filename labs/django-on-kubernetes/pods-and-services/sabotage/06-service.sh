kubectl patch service hello --patch '{"spec":{"selector":{"app":"helo"}}}'
until [ -z "$(kubectl get endpoints hello --output jsonpath='{.subsets}')" ]; do sleep 0.2; done
