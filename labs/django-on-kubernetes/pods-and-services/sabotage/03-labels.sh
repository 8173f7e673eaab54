kubectl label pod hello tier=database --overwrite
