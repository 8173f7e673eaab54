cd ~/visits
sed -i '/counts/d; /^volumes:/d; /^    volumes:/d' compose.yaml
docker compose up --detach --remove-orphans
