docker rm --force diary greedy capped box
