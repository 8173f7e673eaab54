docker create --name box busybox true
