docker rm --force web redis
docker network rm visits
cat > ~/visits/compose.yaml <<'END'
services:
  web:
    build: .
    ports:
      - "8080:5000"
    environment:
      REDIS_HOST: redis
  redis:
    image: redis:7
END
cd ~/visits
docker compose up --detach
