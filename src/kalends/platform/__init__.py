"""How an installation runs: its folder, its PostgreSQL server, Django's settings, the system's clock.

Nothing here knows a customer or a cent. The faces (command line, staff pages, worker, tests) call
:func:`kalends.platform.boot.boot` once and get a database that is running and a Django that is set up.
"""
