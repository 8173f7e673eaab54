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
    command: redis-server --dir /data --appendonly yes
    volumes:
      - "counts:/data"
volumes:
  counts:
END
cd ~/visits
docker compose up --detach
