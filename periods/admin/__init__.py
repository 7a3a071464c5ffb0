"""Pages of periods in the back office: the board, a period, and the lock with four eyes."""

from accounting.wording import period_name as period_name
from periods.admin import period_admin as period_admin
from periods.admin.actions import WRITE as WRITE
from periods.admin.board import pending_requests as pending_requests
