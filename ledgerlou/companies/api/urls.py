"""Addresses of sign-in and contact, below /v1."""

from django.urls import path

from ledgerlou.companies.api.auth import ForgotPasswordView, LoginView, SetupPasswordView
from ledgerlou.companies.api.contact import ContactView

urlpatterns = [
    path("auth/login", LoginView.as_view()),
    path("auth/forgot-password", ForgotPasswordView.as_view()),
    path("auth/setup-password", SetupPasswordView.as_view()),
    path("contact", ContactView.as_view()),
]
