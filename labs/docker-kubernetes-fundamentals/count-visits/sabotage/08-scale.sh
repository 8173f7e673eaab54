docker stop visits-web-3
