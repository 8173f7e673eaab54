docker build --tag visits:1 ~/visits
