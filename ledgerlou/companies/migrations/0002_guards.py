"""The audit history, the look-up functions and the fences of the kernel's tables."""

from django.db import migrations

from ledgerlou.companies.guards import APP, CURRENT_COMPANY, LOOKUP, OWNER, append_only, company_table, composite_key, history

REFUSE_CHANGE = """
CREATE FUNCTION ledgerlou_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: rows of this table are never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_is_append_only';
END $$
"""

# Writes old and new values of the columns that changed. Arguments: company column, columns to hide, columns that make no entry.
RECORD_CHANGE = """
CREATE FUNCTION ledgerlou_record_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
    INSERT INTO companies_auditentry (company_id, at, actor, table_name, row_id, action, old, new)
    VALUES (company, clock_timestamp(), coalesce(NULLIF(current_setting('ledgerlou.actor', true), ''), 'database role ' || session_user),
            TG_TABLE_NAME, this ->> 'id', lower(TG_OP), before, after);
    RETURN NULL;
END $$
"""

KEY_BY_PREFIX = """
CREATE FUNCTION ledgerlou_key_by_prefix(wanted text)
RETURNS TABLE (id uuid, company_id uuid, secret_hash text, name text, scopes text[], expires_at timestamptz, revoked_at timestamptz,
               last_used_at timestamptz, person_id uuid, person_name text, person_is_active boolean, role text, valid_until date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.id, k.company_id, k.secret_hash, k.name, k.scopes::text[], k.expires_at, k.revoked_at, k.last_used_at,
           p.id, p.name, p.is_active, m.role, m.valid_until
      FROM companies_apikey k
      JOIN companies_person p ON p.id = k.created_by_id
      JOIN companies_membership m ON m.company_id = k.company_id AND m.person_id = p.id
     WHERE k.prefix = wanted
$$
"""

SESSION_BY_HASH = """
CREATE FUNCTION ledgerlou_session_by_hash(wanted text)
RETURNS TABLE (id uuid, company_id uuid, expires_at timestamptz, person_id uuid, person_name text, person_is_active boolean,
               role text, valid_until date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.id, s.company_id, s.expires_at, p.id, p.name, p.is_active, m.role, m.valid_until
      FROM companies_sessiontoken s
      JOIN companies_person p ON p.id = s.person_id
      JOIN companies_membership m ON m.company_id = s.company_id AND m.person_id = p.id
     WHERE s.token_hash = wanted
$$
"""

COMPANIES_OF_PERSON = """
CREATE FUNCTION ledgerlou_companies_of_person(wanted uuid)
RETURNS TABLE (company_id uuid, name text, role text, valid_until date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.id, c.name, m.role, m.valid_until
      FROM companies_membership m JOIN companies_company c ON c.id = m.company_id
     WHERE m.person_id = wanted
     ORDER BY c.name, c.id
$$
"""

COMPANY_IDS = """
CREATE FUNCTION ledgerlou_company_ids() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id FROM companies_company ORDER BY id
$$
"""

LOOKUPS = {
    "ledgerlou_key_by_prefix(text)": KEY_BY_PREFIX,
    "ledgerlou_session_by_hash(text)": SESSION_BY_HASH,
    "ledgerlou_companies_of_person(uuid)": COMPANIES_OF_PERSON,
    "ledgerlou_company_ids()": COMPANY_IDS,
}


def lookup_functions() -> list[str]:
    """Make the look-up functions and hand them to the role that may read just those tables before a company is known."""
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {LOOKUP}",
        f"GRANT SELECT ON companies_company, companies_person TO {LOOKUP}",
        f"GRANT CREATE ON SCHEMA public TO {LOOKUP}",
    ]
    for signature, sql in LOOKUPS.items():
        statements += [
            sql,
            f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {signature} TO {APP}",
            f"ALTER FUNCTION {signature} OWNER TO {LOOKUP}",
        ]
    return [*statements, f"REVOKE CREATE ON SCHEMA public FROM {LOOKUP}"]


COMPANY_COLUMNS = (
    "name", "legal_form", "street", "postal_code", "city", "country", "tax_number", "vat_id", "locale", "is_small_business", "vat_period",
)  # fmt: skip


class Migration(migrations.Migration):
    """Row-level security, history and look-ups for companies, people and keys."""

    dependencies = [("companies", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION ledgerlou_refuse_change()"),
        migrations.RunSQL(RECORD_CHANGE, "DROP FUNCTION ledgerlou_record_change()"),
        # the audit history: read your company's part, written by the trigger alone
        migrations.RunSQL(
            [
                "ALTER TABLE companies_auditentry ENABLE ROW LEVEL SECURITY",
                "ALTER TABLE companies_auditentry FORCE ROW LEVEL SECURITY",
                f"CREATE POLICY company ON companies_auditentry FOR SELECT TO {APP} USING (company_id = {CURRENT_COMPANY} OR "
                "(company_id IS NULL AND table_name = 'companies_person' AND row_id IN (SELECT person_id::text FROM companies_membership "
                f"WHERE company_id = {CURRENT_COMPANY})))",
                f"CREATE POLICY owner ON companies_auditentry TO {OWNER} USING (true) WITH CHECK (true)",
                f"GRANT SELECT ON companies_auditentry TO {APP}",
            ],
            [
                f"REVOKE ALL ON companies_auditentry FROM {APP}",
                "DROP POLICY owner ON companies_auditentry",
                "DROP POLICY company ON companies_auditentry",
                "ALTER TABLE companies_auditentry NO FORCE ROW LEVEL SECURITY",
                "ALTER TABLE companies_auditentry DISABLE ROW LEVEL SECURITY",
            ],
        ),
        append_only("companies_auditentry"),
        company_table("companies_company", update=COMPANY_COLUMNS, lookup=True, company_column="id"),
        company_table("companies_membership", update=("role", "valid_until"), lookup=True),
        company_table("companies_apikey", update=("name", "revoked_at", "last_used_at"), lookup=True),
        company_table("companies_sessiontoken", update=("expires_at",), delete=True, lookup=True),
        composite_key("companies_membership"),
        composite_key("companies_apikey"),
        composite_key("companies_sessiontoken"),
        history("companies_company", company_column="id"),
        history("companies_membership"),
        history("companies_apikey", hide=("secret_hash",), ignore=("last_used_at",)),
        history("companies_person", company_column="", hide=("password",), ignore=("last_login",)),
        migrations.RunSQL(
            lookup_functions(),
            [f"DROP FUNCTION {signature}" for signature in LOOKUPS]
            + [f"REVOKE ALL ON companies_company, companies_person FROM {LOOKUP}", f"REVOKE USAGE ON SCHEMA public FROM {LOOKUP}"],
        ),
    ]
