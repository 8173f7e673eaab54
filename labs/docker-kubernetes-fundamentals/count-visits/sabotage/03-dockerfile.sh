sed -i 's/^CMD .*/CMD gunicorn app:app/' ~/visits/Dockerfile
