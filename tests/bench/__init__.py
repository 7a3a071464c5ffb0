"""`make bench`: ratios to raw psycopg on the same server in the same run. Nothing here asserts a time."""
