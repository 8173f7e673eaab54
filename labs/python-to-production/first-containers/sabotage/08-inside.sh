echo 1 > ~/box-pid.txt
