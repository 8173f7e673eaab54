"""One page that counts how often it was visited. The count lives in Redis, not here."""

import os
import socket

from flask import Flask
from redis import Redis

app = Flask(__name__)
store = Redis(host=os.environ.get("REDIS_HOST", "redis"), port=6379, socket_connect_timeout=2)


@app.get("/")
def page():
    visits = store.incr("visits")
    return f"This page was visited {visits} times. Served by {socket.gethostname()}.\n"
