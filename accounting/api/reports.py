"""Reports computed live from the ledger."""

from typing import Any

from accounting.reports.trial_balance import trial_balance, wanted_range
from accounting.selectors.balances import AccountBalance
from ledgerlou.api import fields
from ledgerlou.api.answers import Answer
from ledgerlou.api.operation import Operation
from ledgerlou.api.parameters import Query
from ledgerlou.api.request import ApiRequest
from ledgerlou.api.serializers import Output
from ledgerlou.api.text import Text
from ledgerlou.api.views import CompanyView


class BalanceRowOutput(Output):
    """One account in a report."""

    number = fields.StringField()
    name = fields.StringField()
    type = fields.StringField()
    category = fields.StringField(allow_null=True)
    report_group = fields.StringField(allow_null=True)
    debit_total = fields.MoneyField(help_text=Text("Turnover, debit", "Umsatz Soll"))
    credit_total = fields.MoneyField(help_text=Text("Turnover, credit", "Umsatz Haben"))
    balance = fields.MoneyField(help_text=Text("Closing balance, debit minus credit", "Schlusssaldo, Soll minus Haben"))
    opening_balance = fields.MoneyField(help_text=Text("Balance before the range", "Saldo vor dem Zeitraum"))
    period_debit = fields.MoneyField(help_text=Text("Turnover, debit", "Umsatz Soll"))
    period_credit = fields.MoneyField(help_text=Text("Turnover, credit", "Umsatz Haben"))
    closing_balance = fields.MoneyField(help_text=Text("Balance after the range", "Saldo nach dem Zeitraum"))


class ReportsView(CompanyView):
    """Account reports."""

    tag = "Reports"

    @Operation(
        id="getReport",
        summary=Text("Trial balance", "Summen- und Saldenliste"),
        description=Text(
            "Opening balance, turnover and closing balance of every account in a range of one fiscal year.",
            "Anfangssaldo, Umsätze und Schlusssaldo jedes Kontos in einem Zeitraum eines Wirtschaftsjahres.",
        ),
        scopes="reports:read",
        query=(
            Query("type", "string", required=True, enum=("susa", "trial_balance"), text=Text("Kind of report", "Art der Auswertung")),
            Query("startDate", "date", text=Text("Default: start of the fiscal year", "Vorgabe: Beginn des Wirtschaftsjahres")),
            Query("endDate", "date", text=Text("Default: today", "Vorgabe: heute")),
            Query(
                "period", "string", max_length=8, text=Text("YYYY, YYYY-MM, YYYY-P13 or YYYY-P14", "YYYY, YYYY-MM, YYYY-P13 oder YYYY-P14")
            ),
        ),
        answer=BalanceRowOutput(many=True),
    )
    def get(self, request: ApiRequest) -> object:
        """The rows, by account number."""
        query = request.query
        wanted = wanted_range(
            company=request.company, period=query["period"], start=query["startDate"], end=query["endDate"], today=request.today
        )
        return Answer([_row(row) for row in trial_balance(company=request.company, wanted=wanted)], plain=True)


def _row(row: AccountBalance) -> dict[str, Any]:
    return {
        "number": row.number,
        "name": row.name,
        "type": row.type,
        "category": row.category,
        "report_group": row.report_group,
        "debit_total": row.debit,
        "credit_total": row.credit,
        "balance": row.closing,
        "opening_balance": row.opening,
        "period_debit": row.debit,
        "period_credit": row.credit,
        "closing_balance": row.closing,
    }
