-- A miniature of the ledger's guards: forced row-level security, an append-only table, a look-up function, an extension, a generated column.
CREATE EXTENSION btree_gist;
CREATE TABLE django_migrations (id serial, app text, name text);
CREATE TABLE booking (
    id bigint PRIMARY KEY,
    company_id uuid NOT NULL,
    amount numeric(15, 2) NOT NULL,
    amount_cents bigint GENERATED ALWAYS AS ((amount * 100)::bigint) STORED,
    posted daterange NOT NULL,
    EXCLUDE USING gist (id WITH =, posted WITH &&)
);
ALTER TABLE booking ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees_all ON booking TO ledgerlou_owner USING (true) WITH CHECK (true);
CREATE POLICY company ON booking TO ledgerlou_app USING (company_id = NULLIF(current_setting('ledgerlou.company', true), '')::uuid);
CREATE POLICY lookup ON booking FOR SELECT TO ledgerlou_lookup USING (true);
GRANT SELECT, INSERT ON booking TO ledgerlou_app;
GRANT SELECT ON booking TO ledgerlou_lookup;

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'bookings never change'; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON booking FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON booking EXECUTE FUNCTION refuse();

CREATE FUNCTION companies() RETURNS SETOF uuid LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
    BEGIN ATOMIC SELECT DISTINCT company_id FROM booking ORDER BY 1; END;
GRANT CREATE ON SCHEMA public TO ledgerlou_lookup;
ALTER FUNCTION companies() OWNER TO ledgerlou_lookup;
REVOKE CREATE ON SCHEMA public FROM ledgerlou_lookup;
REVOKE ALL ON FUNCTION companies() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION companies() TO ledgerlou_app;

INSERT INTO booking (id, company_id, amount, posted) VALUES
    (1, '00000000-0000-0000-0000-000000000001', 119.00, '[2026-01-01,2026-02-01)'),
    (2, '00000000-0000-0000-0000-000000000002', 0.07, '[2026-01-01,2026-02-01)');
