docker rm --force box
echo 1 > ~/box-pid.txt
