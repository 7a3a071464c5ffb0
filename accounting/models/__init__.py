from accounting.models import account as account
from accounting.models import booking_template as booking_template
from accounting.models import datev as datev
from accounting.models import document as document
from accounting.models import journal as journal
from accounting.models import open_item as open_item
from accounting.models import tax_code as tax_code
