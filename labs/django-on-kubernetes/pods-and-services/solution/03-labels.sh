kubectl label pod hello tier=web --overwrite
