"""Addresses of periods, below /v1."""

from django.urls import path

from periods.api.periods import ApproveLockView, CancelLockView, LockStatusView, LockView, PeriodsView, ReopenView, SoftLockView

urlpatterns = [
    path("periods", PeriodsView.as_view()),
    path("periods/<period>/lock", LockView.as_view()),
    path("periods/<period>/lock/status", LockStatusView.as_view()),
    path("periods/<period>/lock/<request_id>/approve", ApproveLockView.as_view()),
    path("periods/<period>/lock/<request_id>/cancel", CancelLockView.as_view()),
    path("periods/<period>/reopen", ReopenView.as_view()),
    path("periods/<period>/soft-lock", SoftLockView.as_view()),
]
