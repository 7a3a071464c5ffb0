"""Addresses of the API platform itself, below /v1."""

from django.urls import path

from ledgerlou.api.openapi.view import OpenApiView

urlpatterns = [path("openapi.json", OpenApiView.as_view())]
