"""Back office pages of the books. Django finds the registrations by importing this package."""

from accounting.admin import accounts as accounts
from accounting.admin import booking_templates as booking_templates
from accounting.admin import bookings as bookings
from accounting.admin import datev as datev
from accounting.admin import documents as documents
from accounting.admin import journal as journal
from accounting.admin import open_items as open_items
from accounting.admin import state as state
from accounting.admin import tax_codes as tax_codes
