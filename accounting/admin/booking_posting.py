"""From the page of a new booking to the posting engine: for good, or rehearsed for the preview."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from django.utils.translation import gettext as _

from accounting.admin.booking_entry_form import DUPLICATE_REASON, Entry
from accounting.admin.posting_preview import preview_context, rehearse, twins_of
from accounting.drafts import Draft
from accounting.posting import DuplicateSuspected, PostedIntent, post
from accounting.services.documents import ReceivedFile, store_document
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import call
from ledgerlou.admin.waiting_uploads import waiting_upload
from ledgerlou.errors import LedgerLouError

UNTITLED: Final = "–"  # the text of a booking whose preview is asked for before it has one


def book(request: CompanyRequest, entry: Entry, draft: Draft) -> PostedIntent:
    """Store the document and post, together or not at all.

    A booking that resembles another is posted with a reason only, which is kept with it; the reason of one that resembles none is not.
    Raises DuplicateSuspected and what `store_document` and `post` raise.
    """
    received = received_file(request)

    def act(wanted: Draft) -> PostedIntent:
        if received is not None:
            stored = store_document(company=request.company, actor=request.actor, received=received, now=request.visit.now)
            wanted = replace(wanted, document_id=stored.id)
        return _post(request, wanted)

    posted = _unless_twins(request, entry, lambda: call(partial(act, draft)))
    if posted is not None:
        return posted
    if not entry.reason:
        entry.head.add_error("reason", _("Say why this is not the same booking once more."))
        raise DuplicateSuspected("A booking with the same date, total, accounts and reference or text exists.")
    return call(partial(act, replace(draft, skip_duplicate_check=True, metadata={DUPLICATE_REASON: entry.reason})))


def rehearsed(request: CompanyRequest, entry: Entry) -> dict[str, Any]:
    """Events and T-accounts of the booking as it stands, for its preview; empty when it would be refused.

    Twins are named in the entry and hide nothing, so that a person sees both. The document plays no part.
    """
    draft = entry.draft()
    if draft is None:
        return {}
    draft = replace(draft, description=draft.description or UNTITLED)
    try:
        posted = _unless_twins(request, entry, lambda: rehearse(partial(_post, request, draft)))
        if posted is None:
            posted = rehearse(partial(_post, request, replace(draft, skip_duplicate_check=True)))
    except LedgerLouError as refused:
        entry.blame(refused)
        return {}
    return {**preview_context(request.company, posted), "currency": draft.fx.currency if draft.fx else ""}


def received_file(request: CompanyRequest) -> ReceivedFile | None:
    """The document that came with the form, else the one that came before and was put aside when the booking was refused."""
    sent = request.FILES.get("file")
    if sent is not None:
        sent.seek(0)
        return ReceivedFile(content=sent.read(), name=str(sent.name), declared_type=sent.content_type or "")
    waiting = waiting_upload(request.visit, request.POST.get("upload", ""))
    return ReceivedFile(content=waiting[1], name=waiting[0]) if waiting else None


def _post(request: CompanyRequest, draft: Draft) -> PostedIntent:
    [posted] = post(company=request.company, actor=request.actor, drafts=[draft], now=request.visit.now)
    return posted


def _unless_twins(request: CompanyRequest, entry: Entry, run: Callable[[], PostedIntent]) -> PostedIntent | None:
    """The booking, or None when it resembles others, which the entry names then."""
    try:
        return run()
    except DuplicateSuspected as suspected:
        entry.twins = twins_of(request.company, suspected.details["intent_ids"])  # type: ignore[arg-type]  # ids, see accounting/posting.py
        return None
