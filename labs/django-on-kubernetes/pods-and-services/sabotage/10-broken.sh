kubectl set image deployment/hello hello=hello:oops
