from ledgerlou.companies.models import company as company
from ledgerlou.companies.models import history as history
from ledgerlou.companies.models import owned as owned
from ledgerlou.companies.models import people as people
from ledgerlou.companies.models import verification as verification
