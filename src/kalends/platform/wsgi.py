"""The web application, for granian: ``granian --interface wsgi kalends.platform.wsgi:application``."""

from __future__ import annotations

import gc

from django.core.wsgi import get_wsgi_application
from django.urls import get_callable

from kalends.platform.boot import boot

boot()
application = get_wsgi_application()
get_callable("kalends.web.gate.begin_serving")()  # in words: the platform imports no face
gc.collect()
gc.freeze()  # what is loaded stays: looking for garbage in it cost a tenth of every request
