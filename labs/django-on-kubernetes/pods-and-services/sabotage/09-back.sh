kubectl set image deployment/hello hello=hello:2
