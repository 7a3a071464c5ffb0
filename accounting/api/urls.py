"""Addresses of accounting, below /v1."""

from django.urls import path

from accounting.api.accounts import AccountSearchView, AccountsView
from accounting.api.bookings import BookingsView, OpeningBalancesView, ReversalsView
from accounting.api.documents import DocumentFileView, DocumentPreviewView, DocumentsView
from accounting.api.journal import AccountEntriesView, BookingAuditView, JournalView
from accounting.api.reports import ReportsView
from accounting.api.tax_codes import TaxCodesView, TaxCodeView

urlpatterns = [
    path("accounts", AccountsView.as_view()),
    path("accounts/search", AccountSearchView.as_view()),
    path("accounts/<number>/entries", AccountEntriesView.as_view()),
    path("bookings", BookingsView.as_view()),
    path("bookings/opening-balances", OpeningBalancesView.as_view()),
    path("documents", DocumentsView.as_view()),
    path("documents/<id>/file", DocumentFileView.as_view()),
    path("documents/<id>/preview", DocumentPreviewView.as_view()),
    path("journal", JournalView.as_view()),
    path("journal/reverse", ReversalsView.as_view()),
    path("journal/<intent_id>", BookingAuditView.as_view()),
    path("reports", ReportsView.as_view()),
    path("tax-codes", TaxCodesView.as_view()),
    path("tax-codes/<code>", TaxCodeView.as_view()),
]
