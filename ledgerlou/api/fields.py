"""All fields of request and answer bodies under one name: `fields.MoneyField()`."""

from ledgerlou.api.amounts import IntField as IntField
from ledgerlou.api.amounts import MoneyField as MoneyField
from ledgerlou.api.amounts import MoneyTextField as MoneyTextField
from ledgerlou.api.amounts import NumberField as NumberField
from ledgerlou.api.containers import FileField as FileField
from ledgerlou.api.containers import ListField as ListField
from ledgerlou.api.containers import ObjectField as ObjectField
from ledgerlou.api.scalars import BoolField as BoolField
from ledgerlou.api.scalars import ChoiceField as ChoiceField
from ledgerlou.api.scalars import CurrencyField as CurrencyField
from ledgerlou.api.scalars import DateField as DateField
from ledgerlou.api.scalars import EmailField as EmailField
from ledgerlou.api.scalars import IdField as IdField
from ledgerlou.api.scalars import MomentField as MomentField
from ledgerlou.api.scalars import MonthField as MonthField
from ledgerlou.api.scalars import PeriodField as PeriodField
from ledgerlou.api.scalars import SecretField as SecretField
from ledgerlou.api.scalars import StringField as StringField
from ledgerlou.api.scalars import refuse as refuse
