"""Fences of periods and lock requests, and the shape of a period row."""

from django.db import migrations

from ledgerlou.companies.guards import company_table, composite_fk, composite_key, history

# A period's name, dates and place in the fiscal year fit together; a new one is open; what identifies it never changes.
CHECK_ROW = """
CREATE FUNCTION periods_check_row() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    fits boolean;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.company_id, NEW.period, NEW.kind, NEW.fiscal_year, NEW.sequence, NEW.starts_on, NEW.ends_on, NEW.governed_by)
           IS DISTINCT FROM
           (OLD.id, OLD.company_id, OLD.period, OLD.kind, OLD.fiscal_year, OLD.sequence, OLD.starts_on, OLD.ends_on, OLD.governed_by) THEN
            RAISE EXCEPTION 'period % keeps its name and dates', OLD.period
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'period_identity_is_fixed';
        END IF;
        IF OLD.status = 'locked' THEN
            RAISE EXCEPTION 'period % is locked for good', OLD.period
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'period_lock_is_for_good';
        END IF;
        RETURN NEW;
    END IF;
    fits := CASE NEW.kind
        WHEN 'month' THEN NEW.period = to_char(NEW.starts_on, 'YYYY-MM') AND NEW.starts_on = date_trunc('month', NEW.starts_on)::date
                          AND NEW.ends_on = (NEW.starts_on + interval '1 month - 1 day')::date AND NEW.governed_by = NEW.period
                          AND NEW.sequence BETWEEN 1 AND 12
        WHEN 'adjustment' THEN NEW.period = NEW.fiscal_year || '-P' || NEW.sequence AND NEW.sequence IN (13, 14)
                          AND NEW.governed_by = NEW.period AND extract(year FROM NEW.ends_on) = NEW.fiscal_year
                          AND to_char(NEW.starts_on, 'YYYY-MM') = to_char(NEW.ends_on, 'YYYY-MM')
        WHEN 'opening' THEN NEW.period = NEW.fiscal_year || '-00' AND NEW.sequence = 0 AND NEW.governed_by = to_char(NEW.starts_on, 'YYYY-MM')
                          AND extract(year FROM NEW.ends_on) = NEW.fiscal_year AND NEW.ends_on < NEW.starts_on + interval '1 year'
        ELSE false END;
    IF NOT fits OR NEW.status <> 'open' THEN
        RAISE EXCEPTION 'period % does not fit its dates or is not open', NEW.period
            USING ERRCODE = 'check_violation', CONSTRAINT = 'period_fits_its_dates';
    END IF;
    RETURN NEW;
END $$
"""

PERIOD_COLUMNS = ("status", "locked_by", "locked_at", "closing_hash", "closing_prev_hash", "closing_position")


class Migration(migrations.Migration):
    """Periods are never deleted, and a hard lock is for good."""

    dependencies = [("periods", "0001_initial"), ("companies", "0002_guards")]

    operations = [
        company_table("periods_period", update=PERIOD_COLUMNS),
        company_table("periods_lockrequest", update=("status", "decided_by_person_id", "decided_by", "decided_at")),
        composite_key("periods_period"),
        composite_key("periods_lockrequest"),
        composite_fk("periods_lockrequest", "company_id, period_id", "periods_period", "company_id, id", name="lock_request_period"),
        history("periods_period"),
        history("periods_lockrequest"),
        migrations.RunSQL(CHECK_ROW, "DROP FUNCTION periods_check_row()"),
        migrations.RunSQL(
            [
                "CREATE TRIGGER check_row BEFORE INSERT OR UPDATE ON periods_period FOR EACH ROW EXECUTE FUNCTION periods_check_row()",
                "CREATE TRIGGER refuse_delete BEFORE DELETE ON periods_period FOR EACH ROW EXECUTE FUNCTION ledgerlou_refuse_change()",
                "CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON periods_period FOR EACH STATEMENT "
                "EXECUTE FUNCTION ledgerlou_refuse_change()",
            ],
            [
                "DROP TRIGGER check_row ON periods_period",
                "DROP TRIGGER refuse_delete ON periods_period",
                "DROP TRIGGER refuse_truncate ON periods_period",
            ],
        ),
    ]
