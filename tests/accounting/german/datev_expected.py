"""What the own files in `datev_files` must come to: debit minus credit per account, worked out by hand, row by row.

Each comment gives the lines of the file that touch the account. Tax in a gross amount is amount x rate / (100 + rate), half up.
"""

from decimal import Decimal


def _euros(**amounts: str) -> dict[str, Decimal]:
    return {account.removeprefix("a"): Decimal(amount) for account, amount in amounts.items()}


# Header 510, format version 5 (105 columns), Windows-1252, SKR04, 2014: the classic keys.
VERSION_05 = _euros(
    a10000="495.00",  # 119 (3) + 107 (4) + 238 (5) - 119 (9, key 20 takes line 3 back) + 50 (12) + 100 (13)
    a1401="1.40",  # 21.40 x 7/107 (7, key 8)
    a1406="0.00",  # 59.50 x 19/119 = 9.50 (6, key 9) - 9.50 (10, key 29 takes line 6 back)
    a1600="-20.40",  # -59.50 (6) - 21.40 (7) + 59.50 (10) + 1 (14)
    a1800="-1.00",  # +500 (8) - 500 (11) - 1 (14)
    a3801="-7.00",  # 107 x 7/107 (4, key 2)
    a3806="-38.00",  # -19 (3, automatic) - 38 (5, key 3) + 19 (9)
    a4120="-50.00",  # 12: key 1 on an automatic account for exports says the same twice
    a4200="-400.00",  # -100 (4) - 200 (5) - 100 (13, key 1 without automatism)
    a4400="0.00",  # -100 (3) - 500 (8, key 40: no tax) + 100 (9) + 500 (11, key 80 takes line 8 back)
    a6815="20.00",  # +50 (6) + 20 (7) - 50 (10)
)

# Header 510, format version 7 (116 columns), Windows-1252, SKR03, July 2015 to June 2016: EU keys, dates in two calendar years.
VERSION_07 = _euros(
    a0410="800.00",  # 952 / 1.19 (13, the file has 410)
    a1000="-35.70",  # -11.90 (11) - 23.80 (12)
    a10000="545.00",  # 119 (3) + 200 (4) + 107 (5) + 119 (6)
    a1572="3.50",  # 50 x 7 % (8, key 18)
    a1574="57.00",  # 100 x 19 % (7, key 19) + 300 x 19 % (9, automatic) - 100 x 19 % (10, key 69 takes line 7 back)
    a1576="157.70",  # 1.90 (11) + 3.80 (12) + 152 (13)
    a1772="-3.50",  # 8
    a1774="-57.00",  # 7, 9, 10
    a1776="-19.00",  # 3
    a1777="-7.00",  # 5, key 12
    a1778="-19.00",  # 6, key 13
    a3200="50.00",  # 100 (7) + 50 (8) - 100 (10)
    a3425="300.00",  # 9
    a4930="30.00",  # 10 (11) + 20 (12)
    a70000="-1302.00",  # -100 (7) - 50 (8) - 300 (9) + 100 (10) - 952 (13)
    a8200="-400.00",  # -200 (4, key 11) - 100 (5) - 100 (6)
    a8400="-100.00",  # 3
)

# Header 700, format version 9 (120 columns), UTF-8, SKR04 with six digits, 2025: § 13b UStG, general reversal by field 118.
VERSION_09 = _euros(
    a10000="250.00",  # 119 (9) - 119 (10, field 118 is G) + 250 (11)
    a1407="95.00",  # 1000 x 19 % (3) + 500 x 19 % (7, automatic) - 190 (8, field 118 takes line 3 back)
    a1408="14.00",  # 200 x 7 % (4, key 91)
    a1416="0.00",  # 19 (12, key 90) - 19 (13, key 30)
    a1800="0.00",  # -119 (12) + 119 (13)
    a3806="0.00",  # -19 (9) + 19 (10)
    a3835="-42.00",  # -14 (4) - 400 x 7 % = 28 (6, key 92)
    a3837="-152.00",  # -190 (3) - 300 x 19 % = 57 (5, key 95) - 95 (7) + 190 (8)
    a4200="-250.00",  # 11, key 46: the customer owes the tax
    a4400="0.00",  # -100 (9) + 100 (10)
    a5900="985.00",  # 1000 (3) + 200 (4) + 300 + 57 (5) + 400 + 28 (6) - 1000 (8): tax without deduction is cost
    a5923="500.00",  # 7
    a6815="0.00",  # 100 (12) - 100 (13)
    a70000="-1400.00",  # -1000 (3) - 200 (4) - 300 (5) - 400 (6) - 500 (7) + 1000 (8)
)

# Header 700, format version 12 (124 columns), UTF-8 with byte order mark, LF, SKR04, 2025: foreign currency, discount.
VERSION_12 = _euros(
    a10000="100.00",  # 124 CHF = 100 (3) + 119 (7) - 119 (8: 116.62 paid and 2.38 discount)
    a1404="19.00",  # 100 x 19 % (6)
    a1406="109.82",  # 454.55 x 19/119 = 72.5752 = 72.58 (4) + 38 (9) - 4.76 x 19/119 = 0.76 (10)
    a1600="-10.00",  # 11
    a1800="-1025.71",  # -909.09 (5) + 116.62 (8) - 233.24 (10)
    a3804="-19.00",  # 6
    a3806="-18.62",  # -19 (7) + 2.38 x 19/119 = 0.38 (8)
    a4120="-100.00",  # 3
    a4400="-100.00",  # 7
    a4736="2.00",  # 2.38 - 0.38 (8)
    a5200="381.97",  # 454.55 - 72.58 (4)
    a5425="100.00",  # 120 USD = 100 (6)
    a5736="-4.00",  # 4.76 - 0.76 (10)
    a6300="10.00",  # 1623 JPY = 10 (11)
    a6815="200.00",  # 9
    a70000="354.54",  # -454.55 (4) + 909.09 (5) - 100 (6) - 238 (9) + 238 (10: 233.24 paid and 4.76 discount)
)

# Header 700, format version 13 (125 columns), Windows-1252, SKR04, 2026: opening balances, two months, rows to be refused.
# By period, so that an import into a ledger with a locked month can be checked: what is locked stays out, the rest goes in.
VERSION_13_BY_PERIOD = {
    "2026-00": _euros(
        a10000="238.00",  # 4
        a1800="1000.00",  # 3
        a2900="-1119.00",  # 6
        a70000="-119.00",  # 5
        a9000="0.00",  # -1000 (3) - 238 (4, the file has 9008) + 119 (5, the file has 9009) + 1119 (6)
    ),
    "2026-01": _euros(
        a10000="119.00",  # 7
        a1406="3.80",  # 8
        a1600="-23.80",  # 8
        a3806="-19.00",  # 7
        a4400="-100.00",  # 7
        a6815="20.00",  # 8
    ),
    "2026-02": _euros(
        a10000="-357.00",  # -119 (10) - 238 (11: 233.24 paid and 4.76 discount)
        a1406="45.90",  # 1.90 (9) + 44 (12, tax by hand)
        a1600="-11.90",  # 9
        a1800="189.24",  # 233.24 (11) - 44 (12)
        a3806="19.76",  # 19 (10) + 4.76 x 19/119 = 0.76 (11)
        a4400="100.00",  # 10
        a4736="4.00",  # 11, account named in field 125
        a6815="10.00",  # 9
    ),
}

# Lines that are refused, with the field that says why; the last three cannot even be read.
VERSION_13_REFUSED = {
    13: "/rows/13/9",  # key 49 with fields 45 to 47
    14: "/rows/14/9",  # key 501, which no tax code has
    15: "/rows/15/9",  # key for 7 % on an automatic account for 19 %
    16: "/rows/16/8",  # two automatic accounts
    17: "/rows/17/8",  # an account against itself
    18: "/rows/18/7",  # an account that the chart does not have
    19: "/rows/19/9",  # a rate of another country
    20: "/rows/20/13",  # discount on an unknown invoice
}
VERSION_13_UNREADABLE = {21: "/rows/21/1", 22: "/rows/22/1", 23: "/rows/23/10"}
