"""Small PDF vouchers made by us for the demo company."""

from datetime import UTC, datetime

from fpdf import FPDF


def voucher_pdf(*, title: str, party: str, reference: str, day: str, gross: str) -> bytes:
    """One page with the facts of an invoice; the same facts give the same bytes."""
    pdf = FPDF(format="A4")
    pdf.set_creation_date(datetime.fromisoformat(day).replace(tzinfo=UTC))
    pdf.set_title(f"{title} {reference}")
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 18)
    pdf.cell(0, 14, title, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", size=11)
    rows = (("Partner", party), ("Nummer", reference), ("Datum", day), ("Betrag brutto", f"{gross.replace('.', ',')} EUR"))
    for label, value in rows:
        pdf.cell(50, 9, label)
        pdf.cell(0, 9, value, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(8)
    pdf.set_font("Helvetica", "I", 9)
    pdf.cell(0, 8, "Beleg der Demofirma, frei erfunden.")
    return bytes(pdf.output())
