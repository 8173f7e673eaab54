docker run --detach --name redis redis:7
