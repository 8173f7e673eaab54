docker kill clock
