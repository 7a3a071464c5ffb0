"""The Celery application; tasks live in the `tasks.py` of their apps."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledgerlou.settings")
app = Celery("ledgerlou")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
