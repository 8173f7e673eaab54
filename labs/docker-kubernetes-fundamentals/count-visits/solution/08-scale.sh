cd ~/visits
sed -i 's/"8080:5000"/"8080-8082:5000"/' compose.yaml
docker compose up --detach --scale web=3
