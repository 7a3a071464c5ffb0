"""Guards of closing: a period changes its state under the posting lock, and is locked for good by four eyes, in order, with its hash."""

from django.db import migrations

# The canonical form that `closing_hash` covers (RULINGS 20), the same as `accounting/closing_digest.py` writes: a JSON array of
# strings and nulls. The lock of the first month closes the opening entries of its year, too, so its hash covers both.
# STABLE: each call sees what its caller's statement sees, and the guard below calls it after it holds the posting lock.
CLOSING_HASH = """
CREATE FUNCTION accounting_closing_hash(company uuid, period text, prev text) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH closed AS MATERIALIZED (
        SELECT p.period, p.starts_on, p.ends_on FROM periods_period p
         WHERE p.company_id = $1 AND p.governed_by = $2
           AND EXISTS (SELECT FROM accounting_accountmonth m WHERE m.company_id = $1 AND m.period = p.period)
    ), events AS (
        SELECT count(*) AS count, min(e.journal_number) AS lowest, max(e.journal_number) AS highest
          FROM closed c
          JOIN accounting_event e ON e.company_id = $1 AND e.booking_date BETWEEN c.starts_on AND c.ends_on AND e.period = c.period
    ), totals AS (
        SELECT m.account, sum(m.debit) AS debit, sum(m.credit) AS credit
          FROM closed c JOIN accounting_accountmonth m ON m.company_id = $1 AND m.period = c.period
         GROUP BY m.account HAVING sum(m.debit) <> 0 OR sum(m.credit) <> 0
    )
    SELECT encode(sha256(convert_to(json_build_array(
               'ledgerlou-closing-1', $1::text, $2, v.count::text, v.lowest::text, v.highest::text,
               (SELECT e.audit_hash FROM accounting_event e WHERE e.company_id = $1 AND e.journal_number = v.highest),
               (SELECT coalesce(json_agg(json_build_array(t.account, t.debit::text, t.credit::text) ORDER BY t.account COLLATE "C"),
                                '[]'::json) FROM totals t),
               $3)::text, 'UTF8')), 'hex')
      FROM events v
$$
"""

# The earliest period that has to be locked before this one may be (RULINGS 18), or null. Months wait for the months before them,
# P13 for the months of its year, P14 for P13 as well. An earlier fiscal year in which nothing was booked and nothing is locked holds
# nobody up: a mistyped year would otherwise have to be locked month by month.
EARLIER_OPEN = """
CREATE FUNCTION periods_earlier_open(company uuid, period text) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT e.period
      FROM periods_period w
      JOIN periods_period e ON e.company_id = w.company_id AND e.kind <> 'opening' AND e.status <> 'locked'
     WHERE w.company_id = $1 AND w.period = $2
       AND CASE WHEN w.fiscal_year = e.fiscal_year THEN e.sequence < w.sequence
                ELSE w.kind = 'month' AND e.kind = 'month' AND e.starts_on < w.starts_on AND EXISTS (
                     SELECT FROM periods_period y
                      WHERE y.company_id = $1 AND y.fiscal_year = e.fiscal_year
                        AND (y.status = 'locked' OR EXISTS (
                            SELECT FROM accounting_accountmonth m WHERE m.company_id = $1 AND m.period = y.period)))
           END
     ORDER BY e.fiscal_year, e.sequence LIMIT 1
$$
"""

# Takes the posting lock by writing the head, not only by locking it: a transaction that reads an older state of the books
# (REPEATABLE READ) then fails when it wants to post, instead of posting into a period that it still sees open.
TAKE_LOCK = """
CREATE FUNCTION periods_take_posting_lock(company uuid) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE accounting_journalhead SET lock_only = false WHERE company_id = company;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'company % has no journal', company
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'period_belongs_to_a_journal';
    END IF;
END $$
"""

# A period's place in the fiscal year is the one that the company's first month gives it; "in order" would mean nothing otherwise.
CHECK_CALENDAR = """
CREATE FUNCTION periods_check_calendar() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first_month integer;
    starts date;
BEGIN
    SELECT fiscal_year_start_month INTO first_month FROM companies_company WHERE id = NEW.company_id;
    starts := make_date(NEW.fiscal_year - CASE WHEN first_month = 1 THEN 0 ELSE 1 END, first_month, 1);
    IF NOT (CASE NEW.kind
        WHEN 'month' THEN NEW.starts_on = (starts + make_interval(months => NEW.sequence - 1))::date
        WHEN 'adjustment' THEN NEW.ends_on = (starts + interval '1 year - 1 day')::date
        ELSE NEW.starts_on = starts AND NEW.ends_on = (starts + interval '1 year - 1 day')::date END) THEN
        RAISE EXCEPTION 'period % is not where the fiscal year of the company has it', NEW.period
            USING ERRCODE = 'check_violation', CONSTRAINT = 'period_fits_the_fiscal_year';
    END IF;
    RETURN NEW;
END $$
"""

GUARD_PERIOD = """
CREATE FUNCTION periods_guard_period() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    earlier text;
    last_position integer;
    last_hash text;
BEGIN
    IF NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NEW;
    END IF;
    PERFORM periods_take_posting_lock(NEW.company_id);
    IF NEW.status = OLD.status OR NEW.kind = 'opening' THEN
        RAISE EXCEPTION 'period % changes by being locked or reopened, and opening entries follow the first month', NEW.period
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'period_changes_by_its_state';
    END IF;
    IF NEW.status <> 'locked' THEN
        RETURN NEW;
    END IF;

    IF NOT EXISTS (SELECT FROM periods_lockrequest r
                    WHERE r.company_id = NEW.company_id AND r.period_id = NEW.id AND r.status = 'approved'
                      AND r.decided_by = NEW.locked_by AND r.decided_at = NEW.locked_at) THEN
        RAISE EXCEPTION 'period % has no approved request to lock it', NEW.period
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'period_lock_is_approved';
    END IF;

    earlier := periods_earlier_open(NEW.company_id, NEW.period);
    IF earlier IS NULL AND NEW.sequence - 1 <> (
        SELECT count(*) FROM periods_period e
         WHERE e.company_id = NEW.company_id AND e.fiscal_year = NEW.fiscal_year AND e.sequence BETWEEN 1 AND NEW.sequence - 1) THEN
        earlier := 'missing';
    END IF;
    IF earlier IS NOT NULL THEN
        RAISE EXCEPTION 'period % is not locked before %', NEW.period, earlier
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'period_lock_is_in_order';
    END IF;

    SELECT closing_position, closing_hash INTO last_position, last_hash FROM periods_period
     WHERE company_id = NEW.company_id AND closing_position IS NOT NULL ORDER BY closing_position DESC LIMIT 1;
    last_hash := coalesce(last_hash, repeat('0', 64));
    IF NEW.closing_position IS DISTINCT FROM coalesce(last_position, 0) + 1 OR NEW.closing_prev_hash IS DISTINCT FROM last_hash
       OR NEW.closing_hash IS DISTINCT FROM accounting_closing_hash(NEW.company_id, NEW.period, last_hash) THEN
        RAISE EXCEPTION 'the closing hash of period % is not the seal of its bookings and of the lock before it', NEW.period
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'period_closing_hash_is_the_seal';
    END IF;
    RETURN NEW;
END $$
"""

# 'now' of a request is taken when it arrives and may wait ten seconds for the posting lock: hence the minute of grace.
GUARD_REQUEST = """
CREATE FUNCTION periods_guard_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted periods_period;
    today date := (clock_timestamp() AT TIME ZONE 'Europe/Berlin')::date;
    approvers uuid[];
BEGIN
    PERFORM periods_take_posting_lock(NEW.company_id);
    IF TG_OP = 'INSERT' THEN
        SELECT * INTO wanted FROM periods_period WHERE company_id = NEW.company_id AND id = NEW.period_id;
        IF wanted.id IS NULL OR wanted.kind = 'opening' OR wanted.status = 'locked' OR NEW.status <> 'pending'
           OR NEW.decided_by_person_id IS NOT NULL OR NEW.decided_by <> '' OR NEW.decided_at IS NOT NULL
           OR NEW.requested_by = '' OR NEW.expires_at <> NEW.created_at + interval '48 hours' THEN
            RAISE EXCEPTION 'a request to lock begins undecided, for an open period, for 48 hours'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'lock_request_begins_pending';
        END IF;
        IF NOT EXISTS (SELECT FROM companies_membership m JOIN companies_person p ON p.id = m.person_id
                        WHERE m.company_id = NEW.company_id AND m.person_id = NEW.requested_by_person_id AND m.role <> 'auditor'
                          AND p.is_active AND (m.valid_until IS NULL OR m.valid_until >= today)) THEN
            RAISE EXCEPTION 'a request to lock comes from a member of the company'
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'lock_request_comes_from_a_member';
        END IF;
        RETURN NEW;
    END IF;

    IF OLD.status <> 'pending' OR NEW.status = 'pending'
       OR (NEW.id, NEW.company_id, NEW.period_id, NEW.requested_by_person_id, NEW.requested_by, NEW.created_at, NEW.expires_at)
          IS DISTINCT FROM
          (OLD.id, OLD.company_id, OLD.period_id, OLD.requested_by_person_id, OLD.requested_by, OLD.created_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'request % is decided once and keeps what it asked for', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'lock_request_is_decided_once';
    END IF;
    IF NEW.decided_at IS NULL OR (NEW.decided_by = '') <> (NEW.status = 'expired')
       OR (NEW.status = 'expired' AND (NEW.decided_by_person_id IS NOT NULL OR NEW.decided_at < OLD.expires_at))
       OR (NEW.status = 'approved' AND NEW.decided_by_person_id IS NULL) THEN
        RAISE EXCEPTION 'the decision on request % does not say who and when', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lock_request_decision_is_whole';
    END IF;
    IF NEW.status <> 'approved' THEN
        RETURN NEW;
    END IF;

    IF NEW.decided_at >= OLD.expires_at OR clock_timestamp() >= OLD.expires_at + interval '1 minute' THEN
        RAISE EXCEPTION 'request % has expired', OLD.id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'lock_request_has_not_expired';
    END IF;
    approvers := ARRAY(SELECT m.person_id FROM companies_membership m JOIN companies_person p ON p.id = m.person_id
                        WHERE m.company_id = NEW.company_id AND m.role IN ('owner', 'admin', 'accountant')
                          AND p.is_active AND (m.valid_until IS NULL OR m.valid_until >= today));
    IF NOT NEW.decided_by_person_id = ANY (approvers)
       OR (NEW.decided_by_person_id = OLD.requested_by_person_id AND cardinality(approvers) > 1) THEN
        RAISE EXCEPTION 'request % is approved by another person who may approve', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'lock_request_has_four_eyes';
    END IF;
    RETURN NEW;
END $$
"""

# An approval is used up by the lock it was given for; it cannot be kept for later.
APPROVAL_LOCKS = """
CREATE FUNCTION periods_approval_locks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM periods_period p
                    WHERE p.company_id = NEW.company_id AND p.id = NEW.period_id AND p.status = 'locked'
                      AND p.locked_by = NEW.decided_by AND p.locked_at = NEW.decided_at) THEN
        RAISE EXCEPTION 'request % is approved but its period is not locked', NEW.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'lock_request_approval_locks';
    END IF;
    RETURN NULL;
END $$
"""

WHO_AND_WHEN = "(status = 'open') = (locked_by IS NULL) AND (locked_by IS NULL) = (locked_at IS NULL)"


class Migration(migrations.Migration):
    """Each guard holds for the application's and the owner's role, and is attacked by tests as both."""

    dependencies = [("periods", "0002_guards"), ("accounting", "0002_guards"), ("companies", "0002_guards")]

    operations = [
        # counts bookings by period without reading them
        migrations.RunSQL("CREATE INDEX intent_of_period ON accounting_intent (company_id, period)", "DROP INDEX intent_of_period"),
        migrations.RunSQL(
            f"ALTER TABLE periods_period ADD CONSTRAINT period_lock_says_who_and_when CHECK ({WHO_AND_WHEN})",
            "ALTER TABLE periods_period DROP CONSTRAINT period_lock_says_who_and_when",
        ),
        migrations.RunSQL(CLOSING_HASH, "DROP FUNCTION accounting_closing_hash(uuid, text, text)"),
        migrations.RunSQL(EARLIER_OPEN, "DROP FUNCTION periods_earlier_open(uuid, text)"),
        migrations.RunSQL(TAKE_LOCK, "DROP FUNCTION periods_take_posting_lock(uuid)"),
        migrations.RunSQL(CHECK_CALENDAR, "DROP FUNCTION periods_check_calendar()"),
        migrations.RunSQL(GUARD_PERIOD, "DROP FUNCTION periods_guard_period()"),
        migrations.RunSQL(GUARD_REQUEST, "DROP FUNCTION periods_guard_request()"),
        migrations.RunSQL(APPROVAL_LOCKS, "DROP FUNCTION periods_approval_locks()"),
        migrations.RunSQL(
            [
                "CREATE TRIGGER check_calendar BEFORE INSERT ON periods_period FOR EACH ROW EXECUTE FUNCTION periods_check_calendar()",
                "CREATE TRIGGER guard_state BEFORE UPDATE ON periods_period FOR EACH ROW EXECUTE FUNCTION periods_guard_period()",
                "CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE ON periods_lockrequest "
                "FOR EACH ROW EXECUTE FUNCTION periods_guard_request()",
                "CREATE CONSTRAINT TRIGGER approval_locks AFTER UPDATE ON periods_lockrequest DEFERRABLE INITIALLY DEFERRED "
                "FOR EACH ROW WHEN (NEW.status = 'approved') EXECUTE FUNCTION periods_approval_locks()",
                "CREATE TRIGGER refuse_delete BEFORE DELETE ON periods_lockrequest FOR EACH ROW EXECUTE FUNCTION ledgerlou_refuse_change()",
                "CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON periods_lockrequest FOR EACH STATEMENT "
                "EXECUTE FUNCTION ledgerlou_refuse_change()",
            ],
            [
                "DROP TRIGGER check_calendar ON periods_period",
                "DROP TRIGGER guard_state ON periods_period",
                "DROP TRIGGER guard_state ON periods_lockrequest",
                "DROP TRIGGER approval_locks ON periods_lockrequest",
                "DROP TRIGGER refuse_delete ON periods_lockrequest",
                "DROP TRIGGER refuse_truncate ON periods_lockrequest",
            ],
        ),
    ]
