docker tag hello-world toolbox:1
