docker start clock
