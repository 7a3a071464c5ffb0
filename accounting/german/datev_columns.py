"""The columns of a DATEV booking batch (Buchungsstapel, category 21): names, widths, and how many each format version has.

Columns are only ever appended, so a column keeps its number in every format version. Source: DATEV developer portal, DATEV format,
"Buchungsstapel"; the counts of versions 7 and 9 are those of published sample files.
"""

import re
from dataclasses import dataclass
from typing import Final

FIRST_FORMAT_VERSION: Final = 1
LAST_FORMAT_VERSION: Final = 13

# Data categories of the DATEV format (header field 3), to tell a person what the file is that they chose.
CATEGORIES: Final = {
    16: "Debitoren/Kreditoren (customers and vendors)",
    20: "Kontenbeschriftungen (account names)",
    21: "Buchungsstapel (bookings)",
    44: "Textschlüssel (text keys)",
    46: "Zahlungsbedingungen (terms of payment)",
    47: "Konto-Notizen (account notes)",
    48: "Diverse Adressen (one-off addresses)",
    62: "Anlagenbuchführung - Filialen (branches of the asset ledger)",
    63: "Anlagenbuchführung - Buchungssatzvorlage (asset ledger bookings)",
    65: "Wiederkehrende Buchungen (recurring bookings)",
    67: "Buchungstextkonstanten (text constants)",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column: its number (from 1), DATEV's name, the most characters it takes, and other names that files use."""

    number: int
    name: str
    max_length: int
    other_names: tuple[str, ...] = ()


def column_count(format_version: int) -> int:
    """The most columns a file of this format version may have.

    Known are 116 (version 7), 120 (9), 124 (12) and 125 (13). A version between two of them had at most as many as the later one.
    """
    return next(count for last, count in ((7, 116), (9, 120), (12, 124), (LAST_FORMAT_VERSION, 125)) if format_version <= last)


def same_name(*, column: Column, name: str) -> bool:
    """Whether a heading means this column: spelling, umlauts and endings may differ, as they do between format versions."""
    found = _letters(name)
    known = (_letters(spelling) for spelling in (column.name, *column.other_names))
    return bool(found) and any(found.startswith(spelling) or spelling.startswith(found) for spelling in known)


def _letters(name: str) -> str:
    spelled_out = name.casefold().replace("ü", "ue").replace("ä", "ae").replace("ö", "oe")
    return re.sub(r"[^a-z0-9]", "", spelled_out)


def _pairs(kind: str, count: int) -> tuple[tuple[str, int], ...]:
    return tuple(pair for i in range(1, count + 1) for pair in ((f"{kind} - Art {i}", 20), (f"{kind} - Inhalt {i}", 210)))


# Width counts characters: "10,2" digits and decimals are 13 with the comma. Where later versions made a column wider, the wider one counts.
_NAMES_AND_WIDTHS: Final[tuple[tuple[str | int, ...], ...]] = (
    ("Umsatz (ohne Soll/Haben-Kz)", 13),
    ("Soll/Haben-Kennzeichen", 1, "Soll/Haben"),
    ("WKZ Umsatz", 3),
    ("Kurs", 11),
    ("Basis-Umsatz", 13),
    ("WKZ Basis-Umsatz", 3),
    ("Konto", 9),
    ("Gegenkonto (ohne BU-Schlüssel)", 9),
    ("BU-Schlüssel", 4),
    ("Belegdatum", 8),
    ("Belegfeld 1", 36),
    ("Belegfeld 2", 12),
    ("Skonto", 11),
    ("Buchungstext", 60),
    ("Postensperre", 1),
    ("Diverse Adressnummer", 9, "Adressnummer"),
    ("Geschäftspartnerbank", 3),
    ("Sachverhalt", 2),
    ("Zinssperre", 1),
    ("Beleglink", 210),
    *_pairs("Beleginfo", 8),
    ("KOST1 - Kostenstelle", 36),
    ("KOST2 - Kostenstelle", 36),
    ("Kost-Menge", 12),
    ("EU-Land u. UStID (Bestimmung)", 15, "EU-Land u. USt-IdNr", "EU-Mitgliedstaat u. UStID"),
    ("EU-Steuersatz (Bestimmung)", 5),
    ("Abw. Versteuerungsart", 1),
    ("Sachverhalt L+L", 3),
    ("Funktionsergänzung L+L", 3),
    ("BU 49 Hauptfunktionstyp", 1),
    ("BU 49 Hauptfunktionsnummer", 2),
    ("BU 49 Funktionsergänzung", 3),
    *_pairs("Zusatzinformation", 20),
    ("Stück", 8),
    ("Gewicht", 11),
    ("Zahlweise", 2),
    ("Forderungsart", 10),
    ("Veranlagungsjahr", 4),
    ("Zugeordnete Fälligkeit", 8),
    ("Skontotyp", 1),
    ("Auftragsnummer", 30),
    ("Buchungstyp", 2),
    ("USt-Schlüssel (Anzahlungen)", 2),
    ("EU-Land (Anzahlungen)", 2, "EU-Mitgliedstaat (Anzahlungen)"),
    ("Sachverhalt L+L (Anzahlungen)", 3),
    ("EU-Steuersatz (Anzahlungen)", 5),
    ("Erlöskonto (Anzahlungen)", 9),
    ("Herkunft-Kz", 2),
    ("Buchungs GUID", 36, "Leerfeld"),
    ("KOST-Datum", 8),
    ("SEPA-Mandatsreferenz", 35, "Mandatsreferenz"),
    ("Skontosperre", 1),
    ("Gesellschaftername", 76),
    ("Beteiligtennummer", 4),
    ("Identifikationsnummer", 11),
    ("Zeichnernummer", 20),
    ("Postensperre bis", 8),
    ("Bezeichnung SoBil-Sachverhalt", 30),
    ("Kennzeichen SoBil-Buchung", 2),
    ("Festschreibung", 1),
    ("Leistungsdatum", 8),
    ("Datum Zuord. Steuerperiode", 8),
    ("Fälligkeit", 8),
    ("Generalumkehr (GU)", 1),
    ("Steuersatz", 5),
    ("Land", 2),
    ("Abrechnungsreferenz", 70, "Abrechnungsreferent"),
    ("BVV-Position", 1),
    ("EU-Land u. UStID (Ursprung)", 15, "EU-Mitgliedstaat u. UStID (Ursprung)"),
    ("EU-Steuersatz (Ursprung)", 5),
    ("Abw. Skontokonto", 9),
)

COLUMNS: Final = tuple(
    Column(number=number, name=str(entry[0]), max_length=int(entry[1]), other_names=tuple(str(other) for other in entry[2:]))
    for number, entry in enumerate(_NAMES_AND_WIDTHS, start=1)
)
