"""Back office pages of settings: company, people, keys, audit history. Django finds the registrations by importing this package."""

from ledgerlou.companies.admin import company as company
from ledgerlou.companies.admin import history as history
from ledgerlou.companies.admin import keys as keys
from ledgerlou.companies.admin import people as people
