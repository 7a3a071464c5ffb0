"""What a request to lock showed when it was made: checklist, note, and the digest of the books, kept as they were."""

from importlib import import_module

from django.db import migrations, models

# As in 0003, and two rules more: the digest that a request brings is that of the books under the posting lock, and neither it nor the
# checklist nor the note changes afterwards. A request may come without a digest: those made before this migration have none.
GUARD_REQUEST = """
CREATE OR REPLACE FUNCTION periods_guard_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted periods_period;
    today date := (clock_timestamp() AT TIME ZONE 'Europe/Berlin')::date;
    approvers uuid[];
    last_hash text;
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
        IF NEW.digest <> '{}'::jsonb THEN
            SELECT closing_hash INTO last_hash FROM periods_period
             WHERE company_id = NEW.company_id AND closing_position IS NOT NULL ORDER BY closing_position DESC LIMIT 1;
            IF NEW.digest ->> 'closing_hash' IS DISTINCT FROM
               accounting_closing_hash(NEW.company_id, wanted.period, coalesce(last_hash, repeat('0', 64))) THEN
                RAISE EXCEPTION 'the digest of a request for period % is not that of its bookings', wanted.period
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'lock_request_digest_is_of_the_books';
            END IF;
        END IF;
        RETURN NEW;
    END IF;

    IF OLD.status <> 'pending' OR NEW.status = 'pending'
       OR (NEW.id, NEW.company_id, NEW.period_id, NEW.requested_by_person_id, NEW.requested_by, NEW.created_at, NEW.expires_at,
           NEW.checklist, NEW.note, NEW.digest)
          IS DISTINCT FROM
          (OLD.id, OLD.company_id, OLD.period_id, OLD.requested_by_person_id, OLD.requested_by, OLD.created_at, OLD.expires_at,
           OLD.checklist, OLD.note, OLD.digest) THEN
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

GUARD_BEFORE = import_module("periods.migrations.0003_closing").GUARD_REQUEST.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    """The columns have defaults in the database, so that rows from before fit."""

    dependencies = [("periods", "0003_closing")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE periods_lockrequest ADD COLUMN checklist jsonb NOT NULL DEFAULT '{}', "
            "ADD COLUMN note varchar(2000) NOT NULL DEFAULT '', ADD COLUMN digest jsonb NOT NULL DEFAULT '{}', "
            "ADD CONSTRAINT lock_request_evidence_is_named "
            "CHECK (jsonb_typeof(checklist) = 'object' AND jsonb_typeof(digest) = 'object')",
            "ALTER TABLE periods_lockrequest DROP COLUMN checklist, DROP COLUMN note, DROP COLUMN digest",
            state_operations=[
                migrations.AddField(model_name="lockrequest", name="checklist", field=models.JSONField(blank=True, default=dict)),
                migrations.AddField(model_name="lockrequest", name="note", field=models.CharField(blank=True, max_length=2000)),
                migrations.AddField(model_name="lockrequest", name="digest", field=models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.RunSQL(GUARD_REQUEST, GUARD_BEFORE),
    ]
