"""Is a DATEV batch for this company? Its header must agree with the books."""

from accounting.german.datev_header import BatchHeader, DatevFileRefused
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import Fault, InvalidInput
from periods.gate import FiscalYear, fiscal_year_of


def require_fitting_header(*, company: Company, header: BatchHeader) -> FiscalYear:
    """The fiscal year of the batch. Raises DatevFileRefused with everything in which header and company differ.

    The length of account numbers may differ: longer numbers lose their filling zeros, and one that cannot is refused as a row.
    """
    faults: list[Fault] = []

    def wrong(field: int, message: str) -> None:
        faults.append(Fault(pointer=f"/header/{field}", code=DatevFileRefused.code, message=message))

    start, month = header.fiscal_year_start, company.fiscal_year_start_month
    year: FiscalYear | None = None
    if (start.day, start.month) != (1, month):
        wrong(13, f"The fiscal year of the file begins on {start}, that of the company on the 1st of month {month}.")
    else:
        try:
            year = fiscal_year_of(company, header.fiscal_year_end)
        except InvalidInput as error:
            wrong(13, error.message)
    if header.currency != "EUR":
        wrong(22, f"The file is kept in {header.currency}; the books are kept in euros.")
    if header.chart is not None and company.chart != f"skr{header.chart}":
        wrong(27, f"The file is for SKR{header.chart}, but the company keeps its books by {company.chart.upper()}.")
    if faults or year is None:
        raise DatevFileRefused("The file is not for this company.", faults=faults)
    return year
