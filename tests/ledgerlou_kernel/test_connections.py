"""Connections that the server has ended, as a restart or a restore does."""

from threading import Thread

from django.db import close_old_connections, connection


def test_request_after_a_restart_of_the_server_is_answered(real_commits, connect):
    """Each web thread keeps its connection from request to request."""
    superuser = connect("superuser")
    answers: list[object] = []

    def ask(sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]

    def web_thread():
        try:
            ended = ask("SELECT pg_backend_pid()")
            answers.append(superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [ended]).fetchone()[0])
            close_old_connections()  # as Django does between two requests
            answers.append(ask("SELECT pg_backend_pid()") != ended)
        finally:
            connection.close()

    thread = Thread(target=web_thread)
    thread.start()
    thread.join()

    assert answers == [True, True]
