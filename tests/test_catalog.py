"""What PostgreSQL's own catalog says about our fences: row-level security, composite keys, grants, functions, indexes.

Nothing here lists our tables. A table, a key, a function or an index that somebody adds is checked without being named.
"""

import pytest
from django.apps import apps
from django.db.models import ForeignKey

from ledgerlou.companies.grants import SHARED_TABLES
from ledgerlou.companies.guards import APP, CURRENT_COMPANY, LOOKUP, OWNER

SAME_COMPANY = "({} = (NULLIF(current_setting('ledgerlou.company'::text, true), ''::text))::uuid)"
THE_COMPANY, THE_HISTORY = "companies_company", "companies_auditentry"
JOURNAL = ("accounting_intent", "accounting_event", "accounting_openitem", "accounting_settlement", "accounting_document", THE_HISTORY)
# Secrets that are looked up before a company is known, and people, whose companies are looked up the same way.
GLOBAL_INDEXES = {
    ("companies_apikey", "prefix"),
    ("companies_sessiontoken", "token_hash"),
    ("companies_membership", "person_id"),
}
# Runs ANALYZE for the application, which does not own the tables.
READS_NOTHING = {"accounting_analyze_chart()", "accounting_analyze_journal()"}
# Written by a trigger alone, from events that carry the key; one more check for each of them would only cost time.
DERIVED = {("accounting_accountmonth", "company_id")}


@pytest.fixture
def catalog(connect):
    """Ask the catalog as the application's role: `catalog(sql, *values)`, rows as tuples."""
    connection = connect("app")

    def ask(sql, *values):
        return connection.execute(sql, values or None).fetchall()

    return ask


@pytest.fixture
def tables(catalog):
    """Names of all our tables."""
    found = catalog("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace")
    return {name for (name,) in found}


@pytest.fixture
def company_tables(tables):
    """All tables that are not on the closed list."""
    found = tables - set(SHARED_TABLES)
    assert {"companies_apikey", "accounting_event", "periods_period"} <= found
    return found


def test_every_table_outside_the_closed_list_has_forced_row_level_security(catalog, company_tables):
    fenced = catalog("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND relforcerowsecurity")

    assert company_tables - {name for (name,) in fenced} == set()


def test_application_meets_one_policy_on_each_table_and_it_names_the_company(catalog, company_tables):
    policies = catalog(
        "SELECT tablename, permissive, cmd, qual, coalesce(with_check, qual) FROM pg_policies WHERE schemaname = 'public' "
        "AND roles && %s::name[] ORDER BY tablename",
        [APP, "public"],
    )

    found = {table: rest for table, *rest in policies if table != THE_HISTORY}
    assert len(policies) == len({row[0] for row in policies})
    expected = {}
    for table in company_tables - {THE_HISTORY}:
        rule = SAME_COMPANY.format("id" if table == THE_COMPANY else "company_id")
        expected[table] = ["PERMISSIVE", "ALL", rule, rule]
    assert found == expected


def test_history_is_read_by_its_company_and_written_by_triggers_alone(catalog):
    [policy] = catalog("SELECT cmd, qual FROM pg_policies WHERE tablename = %s AND roles = %s::name[]", THE_HISTORY, [APP])

    assert policy[0] == "SELECT"
    here = SAME_COMPANY.format("company_id")
    mine = SAME_COMPANY.format("companies_membership.company_id")
    people = f"SELECT (companies_membership.person_id)::text AS person_id FROM companies_membership WHERE {mine}"
    shown = " ".join(policy[1].split()).replace("( SELECT", "(SELECT")
    assert shown == (
        f"({here} OR ((company_id IS NULL) AND ((table_name)::text = 'companies_person'::text) AND ((row_id)::text IN ({people}))))"
    )


def test_closed_list_holds_no_company_data(catalog, tables):
    with_company = catalog(
        "SELECT table_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name = 'company_id' AND table_name = ANY (%s)",
        list(SHARED_TABLES),
    )

    assert with_company == []
    assert set(SHARED_TABLES) - tables == set()


def test_application_has_on_shared_tables_what_the_closed_list_says(catalog):
    granted = catalog(
        """
        SELECT c.relname, array_remove(ARRAY[
                   CASE WHEN has_table_privilege(%s, c.oid, 'SELECT') THEN 'SELECT' END,
                   CASE WHEN has_table_privilege(%s, c.oid, 'INSERT') THEN 'INSERT' END,
                   CASE WHEN has_any_column_privilege(%s, c.oid, 'UPDATE') THEN 'UPDATE' END,
                   CASE WHEN has_table_privilege(%s, c.oid, 'DELETE') THEN 'DELETE' END], NULL)
          FROM pg_class c WHERE c.relname = ANY (%s) AND c.relnamespace = 'public'::regnamespace
        """,
        *[APP] * 4,
        list(SHARED_TABLES),
    )

    words = {table: [word for word in ("SELECT", "INSERT", "UPDATE", "DELETE") if word in text] for table, text in SHARED_TABLES.items()}
    assert dict(granted) == words


def test_every_company_table_can_be_the_target_of_a_key_that_carries_the_company(catalog, company_tables):
    keys = catalog(
        """
        SELECT t.relname, i.indisprimary,
               ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY k (attnum, place)
                       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum ORDER BY k.place)
          FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
         WHERE i.indisunique AND i.indpred IS NULL AND t.relnamespace = 'public'::regnamespace
        """
    )
    carrying = {
        table for table, is_primary, columns in keys if columns == ["company_id", "id"] or (is_primary and columns[0] == "company_id")
    }

    assert company_tables - carrying == {THE_COMPANY, THE_HISTORY}


FOREIGN_KEYS = """
    SELECT k.conname, source.relname, target.relname,
           ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY c (attnum, place)
                   JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.attnum ORDER BY c.place),
           ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY c (attnum, place)
                   JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = c.attnum ORDER BY c.place)
      FROM pg_constraint k JOIN pg_class source ON source.oid = k.conrelid JOIN pg_class target ON target.oid = k.confrelid
     WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace ORDER BY k.conname
"""


def test_every_key_between_company_tables_carries_the_company(catalog, company_tables):
    offenders = [
        name
        for name, source, target, columns, target_columns in catalog(FOREIGN_KEYS)
        if source in company_tables
        and target in company_tables
        and ("company_id", "id" if target == THE_COMPANY else "company_id") not in zip(columns, target_columns, strict=True)
    ]

    assert offenders == []


def test_every_link_of_a_model_to_a_company_table_is_a_key_in_the_database(catalog, company_tables):
    linked = {(source, column) for _, source, _, columns, _ in catalog(FOREIGN_KEYS) for column in columns}

    missing = {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey) and field.related_model._meta.db_table in company_tables
    } - linked
    assert missing == DERIVED


def test_shared_tables_do_not_point_into_companies(catalog, company_tables):
    assert [name for name, source, target, *_ in catalog(FOREIGN_KEYS) if source in SHARED_TABLES and target in company_tables] == []


@pytest.mark.parametrize("privilege", ["TRUNCATE", "REFERENCES", "TRIGGER"])
def test_application_cannot_empty_tables_or_hang_things_on_them(catalog, privilege):
    offenders = catalog(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = 'public'::regnamespace "
        "AND has_table_privilege(%s, oid, %s)",
        APP,
        privilege,
    )

    assert offenders == []


def test_application_cannot_change_or_delete_the_journal(catalog):
    offenders = catalog(
        "SELECT relname FROM pg_class WHERE relname = ANY (%s) AND relnamespace = 'public'::regnamespace "
        "AND (has_any_column_privilege(%s, oid, 'UPDATE') OR has_table_privilege(%s, oid, 'DELETE'))",
        list(JOURNAL),
        APP,
        APP,
    )
    writable = catalog(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relname IN ('accounting_journalhead', 'accounting_accountmonth') "
        "AND (has_column_privilege(%s, c.oid, a.attnum, 'UPDATE') OR has_table_privilege(%s, c.oid, 'DELETE'))",
        APP,
        APP,
    )

    assert offenders == []
    assert writable == [("accounting_journalhead", "lock_only")]
    assert catalog("SELECT has_any_column_privilege(%s, 'accounting_accountmonth', 'INSERT')", APP) == [(False,)]


def test_application_owns_nothing_and_stands_above_nobody(catalog):
    [role] = catalog(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin FROM pg_roles WHERE rolname = %s", APP
    )
    owned = catalog(
        "SELECT relname FROM pg_class WHERE relowner = %s::regrole UNION ALL SELECT proname FROM pg_proc WHERE proowner = %s::regrole",
        APP,
        APP,
    )
    member_of = catalog("SELECT roleid::regrole::text FROM pg_auth_members WHERE member = %s::regrole", APP)

    assert role == (False, False, False, False, False, True)
    assert (owned, member_of) == ([], [])
    assert catalog("SELECT has_schema_privilege(%s, 'public', 'CREATE')", APP) == [(False,)]


def test_no_role_of_ours_passes_by_row_level_security(catalog):
    roles = catalog(
        "SELECT rolname, rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = ANY (%s) ORDER BY rolname", [APP, LOOKUP, OWNER]
    )

    assert roles == [(APP, False, False, True), (LOOKUP, False, False, False), (OWNER, False, False, True)]


def test_lookup_role_reads_just_the_tables_of_people_and_companies(catalog, tables):
    readable = catalog(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
        "AND has_any_column_privilege(%s, oid, 'SELECT')",
        LOOKUP,
    )
    writable = catalog(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
        "AND (has_any_column_privilege(%s, oid, 'INSERT, UPDATE') OR has_table_privilege(%s, oid, 'DELETE, TRUNCATE'))",
        LOOKUP,
        LOOKUP,
    )

    names = ("apikey", "company", "membership", "person", "sessiontoken")
    assert {name for (name,) in readable} == {f"companies_{name}" for name in names}
    assert writable == []


DEFINER_FUNCTIONS = """
    SELECT p.oid::regprocedure::text, p.prorettype = 'trigger'::regtype, pg_get_userbyid(p.proowner), coalesce(p.proconfig, '{}'),
           has_function_privilege('public', p.oid, 'EXECUTE')
      FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace
"""


def test_functions_with_rights_of_their_owner_have_a_fixed_search_path(catalog):
    functions = catalog(DEFINER_FUNCTIONS)

    assert "ledgerlou_key_by_prefix(text)" in {name for name, *_ in functions}
    assert {name: config for name, _, _, config, _ in functions if "search_path=public, pg_temp" not in config} == {}


def test_functions_with_rights_of_their_owner_are_not_for_everybody(catalog):
    # a trigger function cannot be called directly, so PUBLIC's right to it opens nothing
    assert [name for name, is_trigger, _, _, public in catalog(DEFINER_FUNCTIONS) if public and not is_trigger] == []


def test_functions_that_read_as_the_owner_filter_by_the_company_themselves(catalog):
    functions = catalog(
        "SELECT p.oid::regprocedure::text, pg_get_userbyid(p.proowner), strpos(p.prosrc, %s) > 0 FROM pg_proc p "
        "WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace AND p.prorettype <> 'trigger'::regtype",
        CURRENT_COMPANY,
    )

    assert {owner for _, owner, _ in functions} <= {LOOKUP, OWNER}
    assert {name for name, owner, filters in functions if owner == OWNER and not filters} <= READS_NOTHING


def test_every_secondary_index_of_a_company_table_begins_with_the_company(catalog, company_tables):
    indexes = catalog(
        """
        SELECT t.relname, a.attname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
          LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         WHERE NOT i.indisprimary AND t.relname = ANY (%s) ORDER BY t.relname, a.attname
        """,
        sorted(company_tables),
    )

    assert {(table, column) for table, column in indexes if column != "company_id"} == GLOBAL_INDEXES


def test_key_from_lines_to_bookings_is_the_newest_index_of_its_kind(catalog):
    """Among indexes that seem equally cheap the planner takes the newest; any other would read a whole month for each line."""
    names = catalog(
        """
        SELECT i.indexrelid::regclass::text
          FROM pg_index i
         WHERE i.indrelid = 'accounting_intent'::regclass AND i.indpred IS NULL
           AND (SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = i.indexrelid)
               <@ ARRAY['company_id', 'id', 'booking_date', 'period']
         ORDER BY i.indexrelid DESC
        """
    )

    assert names[0] == ("intent_with_date_and_period",)
    assert ("intent_of_period",) in names
