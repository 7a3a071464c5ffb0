"""Why something was changed, beside who changed it; and indexes for a history that is searched by kind and by person."""

from django.db import migrations, models

_WITHOUT_REASON = """
    INSERT INTO companies_auditentry (company_id, at, actor, table_name, row_id, action, old, new)
    VALUES (company, clock_timestamp(), coalesce(NULLIF(current_setting('ledgerlou.actor', true), ''), 'database role ' || session_user),
            TG_TABLE_NAME, this ->> 'id', lower(TG_OP), before, after);"""
_WITH_REASON = """
    INSERT INTO companies_auditentry (company_id, at, actor, table_name, row_id, action, old, new, reason)
    VALUES (company, clock_timestamp(), coalesce(NULLIF(current_setting('ledgerlou.actor', true), ''), 'database role ' || session_user),
            TG_TABLE_NAME, this ->> 'id', lower(TG_OP), before, after,
            left(coalesce(current_setting('ledgerlou.reason', true), ''), 500));"""

# Arguments of the trigger: company column, columns to hide, columns that make no entry.
RECORD_CHANGE = """
CREATE OR REPLACE FUNCTION ledgerlou_record_change()
RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    this jsonb := coalesce(after, before);
    hidden text[] := string_to_array(TG_ARGV[1], ',');
    quiet text[] := string_to_array(TG_ARGV[2], ',');
    changed text[];
    company uuid;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(key) INTO changed
          FROM jsonb_each(after) WHERE value IS DISTINCT FROM before -> key AND NOT key = ANY (quiet);
        IF changed IS NULL THEN
            RETURN NULL;
        END IF;
        SELECT jsonb_object_agg(key, value) INTO before FROM jsonb_each(before) WHERE key = ANY (changed);
        SELECT jsonb_object_agg(key, value) INTO after FROM jsonb_each(after) WHERE key = ANY (changed);
    END IF;
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY (hidden) THEN '"***"'::jsonb ELSE value END) INTO before FROM jsonb_each(before);
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY (hidden) THEN '"***"'::jsonb ELSE value END) INTO after FROM jsonb_each(after);
    company := CASE WHEN TG_ARGV[0] = '' THEN NULLIF(current_setting('ledgerlou.company', true), '') ELSE this ->> TG_ARGV[0] END::uuid;
{insert}
    RETURN NULL;
END $$
"""


class Migration(migrations.Migration):
    """The trigger writes the reason that the transaction gives (`companies/reason.py`)."""

    dependencies = [("companies", "0005_person_habits")]

    operations = [
        migrations.AddField(
            model_name="auditentry", name="reason", field=models.CharField(blank=True, default="", max_length=500, verbose_name="reason")
        ),
        # the default stays in the database as well: nobody writes the history but the trigger, and it may be an older one
        migrations.RunSQL("ALTER TABLE companies_auditentry ALTER reason SET DEFAULT ''", migrations.RunSQL.noop),
        migrations.RunSQL(
            RECORD_CHANGE.replace("{insert}", _WITH_REASON),
            RECORD_CHANGE.replace("{insert}", _WITHOUT_REASON),
        ),
        migrations.AddIndex(
            model_name="auditentry", index=models.Index(fields=["company_id", "table_name", "-id"], name="audit_entry_of_kind")
        ),
        migrations.AddIndex(
            model_name="auditentry", index=models.Index(fields=["company_id", "actor", "-id"], name="audit_entry_of_person")
        ),
    ]
