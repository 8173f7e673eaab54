"""The smallest Django that is worth running: one page, which says what answered."""

import os
import socket

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

VERSION = "1"

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ.get("SECRET_KEY", "only for this lab"),
)


def hello(request):
    return HttpResponse(f"Hello from {socket.gethostname()}, version {VERSION}\n", content_type="text/plain")


urlpatterns = [path("", hello)]
application = get_wsgi_application()
