"""Recompute the foreign amounts of open items and settlements: sealed by no hash, but not free (RULINGS 14, 22)."""

from typing import Final
from uuid import UUID

from accounting.verify_findings import Findings
from accounting.verify_source import BooksCursor

# Foreign amounts of settlements, in the order they were made. In another currency than the booking's they follow the euros, to the cent.
_RUNNING: Final = """
    SELECT s.id, s.intent_id, s.account, s.movement, s.fx_movement, o.amount, o.fx_amount, o.fx_currency, i.fx_currency AS booking_currency,
           i.reverses_id, o.amount + coalesce(sum(s.movement) OVER earlier, 0) AS euros_before,
           o.fx_amount + coalesce(sum(s.fx_movement) OVER earlier, 0) AS fx_before
      FROM accounting_settlement s
      JOIN accounting_openitem o ON o.company_id = s.company_id AND o.id = s.open_item_id
      JOIN accounting_intent i ON i.company_id = s.company_id AND i.id = s.intent_id
      JOIN accounting_event e ON e.company_id = s.company_id AND e.intent_id = s.intent_id AND e.position = 1
     WHERE s.company_id = %(company)s AND coalesce(o.fx_currency, i.fx_currency, o.fx_amount::text, s.fx_movement::text) IS NOT NULL
    WINDOW earlier AS (PARTITION BY s.open_item_id ORDER BY e.journal_number, s.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
"""
_CURRENCY: Final = f"""
    SELECT 'item_currency', NULL::bigint, 'settlement ' || r.id || ' of booking ' || r.intent_id, r.fx_movement::text, d.fx::text
      FROM ({_RUNNING}) r
     CROSS JOIN LATERAL (SELECT CASE
           WHEN r.fx_currency IS NULL THEN NULL
           WHEN r.reverses_id IS NOT NULL OR r.booking_currency = r.fx_currency THEN coalesce(r.fx_movement, 0)
           WHEN r.euros_before = 0 THEN 0
           WHEN r.movement = -r.euros_before THEN -r.fx_before
           ELSE round(r.fx_before * r.movement / r.euros_before, 4) END AS fx) d
     WHERE r.fx_movement IS DISTINCT FROM d.fx AND NOT (r.reverses_id IS NOT NULL AND r.fx_movement IS NULL)
       AND (r.fx_movement IS NULL OR d.fx IS NULL OR abs(r.fx_movement - d.fx) * abs(r.amount) >= 0.01 * abs(r.fx_amount))
    UNION ALL
    SELECT 'item_currency', NULL::bigint, 'settlement ' || r.id || ' of booking ' || r.intent_id, r.fx_movement::text,
           'at most ' || -r.fx_before
      FROM ({_RUNNING}) r
     WHERE (r.fx_before + r.fx_movement) * sign(r.fx_amount) < 0 OR abs(r.fx_before + r.fx_movement) > abs(r.fx_amount)
"""  # noqa: S608 -- made of constants

# What a foreign-currency booking moves on an item account is borne or settles items, in its currency too, unless it closes an item
# for good (then the rest is an exchange difference) or settles items of another currency.
_CURRENCY_OF_BOOKINGS: Final = f"""
    SELECT 'item_currency', NULL::bigint, 'booking ' || m.intent_id || ', account ' || m.account, sum(m.borne)::text, sum(m.moved)::text
      FROM (SELECT e.intent_id, a.number AS account, 0 AS borne, false AS set_apart,
                   coalesce(e.fx_amount, 0) * CASE WHEN e.account_debit = a.number THEN 1 ELSE -1 END AS moved
              FROM accounting_intent i
              JOIN accounting_event e ON e.company_id = i.company_id AND e.intent_id = i.id
              JOIN accounting_account a ON a.company_id = i.company_id AND a.is_item_account
               AND a.number IN (e.account_debit, e.account_credit)
             WHERE i.company_id = %(company)s AND i.fx_currency IS NOT NULL AND i.reverses_id IS NULL
            UNION ALL
            SELECT o.intent_id, o.account, CASE WHEN o.fx_currency = i.fx_currency THEN o.fx_amount ELSE 0 END, false, 0
              FROM accounting_openitem o JOIN accounting_intent i ON i.company_id = o.company_id AND i.id = o.intent_id
             WHERE o.company_id = %(company)s AND i.reverses_id IS NULL AND (i.fx_currency IS NOT NULL OR o.fx_amount IS NOT NULL)
            UNION ALL
            SELECT r.intent_id, r.account, coalesce(r.fx_movement, 0),
                   r.fx_currency IS DISTINCT FROM r.booking_currency OR r.fx_before + r.fx_movement = 0, 0
              FROM ({_RUNNING}) r WHERE r.booking_currency IS NOT NULL AND r.reverses_id IS NULL) m
     GROUP BY m.intent_id, m.account HAVING sum(m.borne) <> sum(m.moved) AND NOT bool_or(m.set_apart)
    UNION ALL
    SELECT 'item_currency', NULL::bigint, 'open item ' || o.id || ' of booking ' || o.intent_id,
           concat_ws(' ', o.fx_amount, o.fx_currency), i.fx_currency
      FROM accounting_openitem o JOIN accounting_intent i ON i.company_id = o.company_id AND i.id = o.intent_id
     WHERE o.company_id = %(company)s AND (o.fx_currency <> coalesce(i.fx_currency, '') OR (o.fx_currency IS NULL) <> (o.fx_amount IS NULL))
"""  # noqa: S608 -- made of constants


def verify_currency(cursor: BooksCursor, *, company_id: UUID, findings: Findings) -> None:
    """The foreign amounts of every open item and settlement follow from the lines of the booking or from the euros."""
    for query in (_CURRENCY, _CURRENCY_OF_BOOKINGS):
        findings.query(cursor, query, {"company": company_id})
