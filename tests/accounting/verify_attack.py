"""Attacks on committed books by a superuser with triggers off, for the tests of verify. Each is taken back at once."""

from accounting.verify import verify_books


def disarmed(connection):
    """A superuser's connection with every trigger and foreign key switched off."""
    connection.execute("SET session_replication_role = replica")
    connection.commit()
    return connection


def faults_after(attacker, books, *statements, **values):
    """Run an attack, let verify look from inside the same transaction, take the attack back; what was found."""
    with attacker.transaction(force_rollback=True), attacker.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, {"company": books.company.id, **values})
            assert cursor.rowcount != 0, statement
        return list(verify_books(cursor, company_id=books.company.id, chunk=7).faults)


def columns_of(attacker, table):
    """Every column of a table that is not generated, with its type."""
    rows = attacker.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
        "AND is_generated = 'NEVER' ORDER BY ordinal_position",
        [table],
    ).fetchall()
    attacker.commit()
    return rows


def kinds(faults):
    return {fault.kind for fault in faults}


def of_booking(books, name):
    return f"id = '{books.posted[name].intent_id}'"
