docker rm --force greedy capped
