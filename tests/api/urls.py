"""The real addresses plus the sample operations of the platform's tests."""

from django.urls import path

from ledgerlou import urls
from tests.api import sample_views

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
urlpatterns = [
    path("v1/notes", sample_views.NotesView.as_view()),
    path("v1/notes/pages", sample_views.NotePagesView.as_view()),
    path("v1/notes/file", sample_views.NoteFileView.as_view()),
    path("v1/notes/attempt/<period>", sample_views.NoteAttemptView.as_view()),
    path("v1/notes/broken/<how>", sample_views.BrokenView.as_view()),
    path("v1/notes/<id>", sample_views.NoteView.as_view()),
    path("v1/greetings", sample_views.OpenView.as_view()),
    *urls.urlpatterns,
]
