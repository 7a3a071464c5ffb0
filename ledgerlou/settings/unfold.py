"""Look of the back office: title, colours, environment label, menu by work. Paths only; the pages decide what a person sees."""

UNFOLD: dict[str, object] = {
    "SITE_TITLE": "LedgerLou",
    "SITE_HEADER": "LedgerLou",
    "SITE_SYMBOL": "account_balance",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "ledgerlou.admin.context.environment_label",
    "STYLES": [],
    "SCRIPTS": [],
}
