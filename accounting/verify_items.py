"""Recompute open items and settlements from the bookings that made them (RULINGS 22).

The hash of a journal line seals how many there are and, through `items_sha256` of the booking, what they hold. Beyond that, nearly all of
it follows from other sealed things: the lines of the booking, its date, reference and metadata, and the items and settlements before it.
"""

import json
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from accounting.verify_events import JournalSums
from accounting.verify_findings import BookFault, Findings
from accounting.verify_source import BooksCursor

_COUNTS: Final = """
    SELECT v.kind, NULL::bigint, 'booking ' || i.id, v.stored::text, v.counted::text
      FROM accounting_intent i
      LEFT JOIN (SELECT intent_id, sum(item) AS items, sum(settlement) AS settlements
                   FROM (SELECT intent_id, 1 AS item, 0 AS settlement FROM accounting_openitem WHERE company_id = %(company)s
                         UNION ALL SELECT intent_id, 0, 1 FROM accounting_settlement WHERE company_id = %(company)s) r
                  GROUP BY intent_id) c ON c.intent_id = i.id
     CROSS JOIN LATERAL (VALUES ('item_count', i.item_count, coalesce(c.items, 0)),
                                ('settlement_count', i.settlement_count, coalesce(c.settlements, 0))) v (kind, stored, counted)
     WHERE i.company_id = %(company)s AND v.stored <> v.counted
"""

# Written out here and not taken from `accounting_items_seal`, so that a changed function cannot vouch for changed rows.
_SEALS: Final = """
    SELECT 'items_seal', NULL::bigint, 'booking ' || i.id, i.items_sha256, r.sealed
      FROM accounting_intent i
      LEFT JOIN (SELECT intent_id, encode(sha256(convert_to('[' || string_agg(text, ', ' ORDER BY id) || ']', 'UTF8')), 'hex') AS sealed
                   FROM (SELECT intent_id, id, json_build_array('item', id::text, account, position::text, due_date::text, reference,
                                amount::text, fx_currency, fx_amount::text)::text AS text
                           FROM accounting_openitem WHERE company_id = %(company)s
                         UNION ALL
                         SELECT intent_id, id, json_build_array('settlement', id::text, open_item_id::text, account, movement::text,
                                fx_movement::text)::text
                           FROM accounting_settlement WHERE company_id = %(company)s) rows
                  GROUP BY intent_id) r ON r.intent_id = i.id
     WHERE i.company_id = %(company)s AND i.items_sha256 IS NOT NULL AND i.items_sha256 IS DISTINCT FROM r.sealed
"""

_MOVEMENTS: Final = """
    SELECT 'item_movement', NULL::bigint, 'booking ' || m.intent_id || ', account ' || m.account, sum(m.borne)::text, sum(m.moved)::text
      FROM (SELECT e.intent_id, e.account_debit AS account, e.amount AS moved, 0.00 AS borne
              FROM accounting_event e
              JOIN accounting_account a ON a.company_id = e.company_id AND a.number = e.account_debit AND a.is_item_account
             WHERE e.company_id = %(company)s
            UNION ALL
            SELECT e.intent_id, e.account_credit, -e.amount, 0.00
              FROM accounting_event e
              JOIN accounting_account a ON a.company_id = e.company_id AND a.number = e.account_credit AND a.is_item_account
             WHERE e.company_id = %(company)s
            UNION ALL SELECT o.intent_id, o.account, 0.00, o.amount FROM accounting_openitem o WHERE o.company_id = %(company)s
            UNION ALL SELECT s.intent_id, s.account, 0.00, s.movement FROM accounting_settlement s WHERE s.company_id = %(company)s) m
     GROUP BY m.intent_id, m.account HAVING sum(m.borne) <> sum(m.moved)
"""

_OVERPAID: Final = """
    SELECT 'item_overpaid', NULL::bigint, 'open item ' || o.id || ' on account ' || o.account, o.amount::text,
           'remaining ' || o.amount + s.moved
      FROM accounting_openitem o
      JOIN (SELECT open_item_id, sum(movement) AS moved FROM accounting_settlement WHERE company_id = %(company)s GROUP BY open_item_id) s
        ON s.open_item_id = o.id
     WHERE o.company_id = %(company)s AND ((o.amount + s.moved) * sign(o.amount) < 0 OR abs(o.amount + s.moved) > abs(o.amount))
"""

# Ids are UUIDv7, made in one go for the lines, then items, then settlements of a call: later than the line's, and not by a minute.
_MADE_TOGETHER: Final = """{id} > e.id AND ('x' || translate(left({id}::text, 13), '-', ''))::bit(48)::bigint
    - ('x' || translate(left(e.id::text, 13), '-', ''))::bit(48)::bigint < 60000"""

# An ordinary booking bears one item an account, at the first line that touches it; every row of opening balances bears its own.
_ITEM_FACTS: Final = f"""
    SELECT 'item_facts', NULL::bigint, 'open item ' || o.id || ' of booking ' || o.intent_id || ', ' || v.fact, v.stored, v.due
      FROM accounting_openitem o
      JOIN accounting_intent i ON i.company_id = o.company_id AND i.id = o.intent_id
      LEFT JOIN accounting_event e ON e.company_id = o.company_id AND e.intent_id = o.intent_id AND e.position = o.position
     CROSS JOIN LATERAL (SELECT
           CASE WHEN o.account IN (e.account_debit, e.account_credit) THEN o.account END AS account,
           CASE WHEN o.position = 1 OR i.period LIKE '____-00' THEN o.position
                ELSE (SELECT min(x.position) FROM accounting_event x WHERE x.company_id = o.company_id AND x.intent_id = o.intent_id
                         AND o.account IN (x.account_debit, x.account_credit)) END AS position,
           CASE WHEN i.period NOT LIKE '____-00' THEN o.amount WHEN e.account_debit = o.account THEN e.amount ELSE -e.amount END AS amount,
           CASE WHEN {_MADE_TOGETHER.format(id="o.id")} THEN o.id END AS id) d
     CROSS JOIN LATERAL (VALUES
           ('booking_date', o.booking_date::text, i.booking_date::text), ('reference', o.reference, i.external_reference),
           ('account', o.account, d.account), ('position', o.position::text, d.position::text), ('amount', o.amount::text, d.amount::text),
           ('id', o.id::text, d.id::text)) v (fact, stored, due)
     WHERE o.company_id = %(company)s AND v.stored IS DISTINCT FROM v.due
       AND (o.booking_date, o.account, o.position, o.amount, o.id, o.reference)
           IS DISTINCT FROM (i.booking_date, d.account, d.position, d.amount, d.id, i.external_reference)
"""  # noqa: S608 -- made of constants

# `e` and `b` are the first lines of the settling booking and of the one that bore the item.
_SETTLEMENT_FACTS: Final = f"""
    SELECT 'settlement_facts', NULL::bigint, 'settlement ' || s.id || ' of booking ' || s.intent_id || ', ' || v.fact, v.stored, v.due
      FROM accounting_settlement s
      JOIN accounting_openitem o ON o.company_id = s.company_id AND o.id = s.open_item_id
      JOIN accounting_intent i ON i.company_id = s.company_id AND i.id = s.intent_id
      LEFT JOIN accounting_event e ON e.company_id = s.company_id AND e.intent_id = s.intent_id AND e.position = 1
      LEFT JOIN accounting_event b ON b.company_id = s.company_id AND b.intent_id = o.intent_id AND b.position = 1
     CROSS JOIN LATERAL (VALUES
           ('booking_date', s.booking_date::text, i.booking_date::text), ('account', s.account, o.account),
           ('id', s.id::text, CASE WHEN {_MADE_TOGETHER.format(id="s.id")} THEN s.id END::text),
           ('open_item_id', s.open_item_id::text, CASE WHEN e.journal_number > b.journal_number THEN s.open_item_id END::text)
           ) v (fact, stored, due)
     WHERE s.company_id = %(company)s AND v.stored IS DISTINCT FROM v.due
"""  # noqa: S608 -- made of constants

# A reversal closes the items of its original and takes back what the original settled.
_REVERSALS: Final = """
    WITH reversals AS (SELECT id, reverses_id FROM accounting_intent WHERE company_id = %(company)s AND reverses_id IS NOT NULL),
    due AS (
        SELECT r.id AS intent_id, o.id AS item_id, -o.amount AS movement, -coalesce(o.fx_amount, 0) AS fx
          FROM reversals r JOIN accounting_openitem o ON o.company_id = %(company)s AND o.intent_id = r.reverses_id
        UNION ALL
        SELECT r.id, s.open_item_id, -s.movement, -coalesce(s.fx_movement, 0)
          FROM reversals r JOIN accounting_settlement s ON s.company_id = %(company)s AND s.intent_id = r.reverses_id
    ), made AS (
        SELECT r.id AS intent_id, s.open_item_id AS item_id, s.movement, coalesce(s.fx_movement, 0) AS fx
          FROM reversals r JOIN accounting_settlement s ON s.company_id = %(company)s AND s.intent_id = r.id
    )
    SELECT 'settlement_facts', NULL::bigint,
           'reversal ' || coalesce(m.intent_id, d.intent_id) || ', open item ' || coalesce(m.item_id, d.item_id),
           m.movement || ' (foreign ' || m.fx || ')', d.movement || ' (foreign ' || d.fx || ')'
      FROM made m FULL JOIN due d ON d.intent_id = m.intent_id AND d.item_id = m.item_id
     WHERE (m.movement, m.fx) IS DISTINCT FROM (d.movement, d.fx)
"""

_BALANCES: Final = """
    SELECT a.account, sum(a.amount)
      FROM (SELECT account, amount FROM accounting_openitem WHERE company_id = %(company)s
            UNION ALL SELECT account, movement FROM accounting_settlement WHERE company_id = %(company)s
            UNION ALL SELECT number, 0 FROM accounting_account WHERE company_id = %(company)s AND is_item_account) a
     GROUP BY a.account ORDER BY a.account
"""

# Items whose due day is not seen at once to be the booking's day or the day that the metadata name (its keys and texts are JSON, so a
# quotation mark inside a text is escaped and cannot look like this).
_ODD_DUE_DATES: Final = """
    SELECT o.id, o.intent_id, o.due_date, i.booking_date, i.custom_metadata
      FROM accounting_openitem o JOIN accounting_intent i ON i.company_id = o.company_id AND i.id = o.intent_id
     CROSS JOIN LATERAL (SELECT coalesce(i.custom_metadata, '') AS text) m
     WHERE o.company_id = %(company)s AND o.id > %(after)s
       AND NOT (o.due_date = i.booking_date AND strpos(m.text, '"due_date": "') = 0)
       AND strpos(m.text, '{"due_date": "' || o.due_date || '"') = 0 AND strpos(m.text, ', "due_date": "' || o.due_date || '"') = 0
     ORDER BY o.id LIMIT %(page)s
"""
_PAGE: Final = 1000


def verify_items(cursor: BooksCursor, *, company_id: UUID, sums: JournalSums, findings: Findings) -> None:
    """Every booking bears and settles what it moved on item accounts, and all open items of an account come to its balance."""
    company = {"company": company_id}
    for query in (_COUNTS, _SEALS, _MOVEMENTS, _OVERPAID, _ITEM_FACTS, _SETTLEMENT_FACTS, _REVERSALS):
        findings.query(cursor, query, company)
    _verify_due_dates(cursor, company_id=company_id, findings=findings)
    booked: dict[str, Decimal] = {}
    for (_, account), (debit, credit) in sums.balances.items():
        booked[account] = booked.get(account, Decimal(0)) + debit - credit
    cursor.execute(_BALANCES, company)
    for account, open_items in cursor.fetchall():
        balance = booked.get(account, Decimal(0))
        if open_items != balance:
            place = f"account {account}"
            findings.add(BookFault(kind="item_balance", place=place, stored=f"{open_items:.2f}", recomputed=f"{balance:.2f}"))


def _verify_due_dates(cursor: BooksCursor, *, company_id: UUID, findings: Findings) -> None:
    after = UUID(int=0)
    while True:
        cursor.execute(_ODD_DUE_DATES, {"company": company_id, "after": after, "page": _PAGE})
        rows = cursor.fetchall()
        for item_id, intent_id, stored, booking_date, metadata in rows:
            due = _due_date(metadata, booking_date)
            if stored != due:
                place = f"open item {item_id} of booking {intent_id}, due_date"
                findings.add(BookFault(kind="item_facts", place=place, stored=str(stored), recomputed=str(due)))
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def _due_date(metadata: str | None, booking_date: date) -> date:
    """The day that `due_date` of the metadata names, else the booking's (RULINGS 22)."""
    try:
        facts = json.loads(metadata or "{}")
        named = facts.get("due_date") if isinstance(facts, dict) else None
        return date.fromisoformat(named) if isinstance(named, str) else booking_date
    except ValueError:  # no date, or metadata that somebody damaged: then the hash of the line is wrong, too
        return booking_date
