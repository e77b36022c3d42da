"""The whole of an account as one archive: out of an installation, and into another.

An archive is a ZIP file that says itself what is in it (``manifest.json``), with a file of JSON lines for each table.
docs/portability.md describes it table by table; :mod:`kalends.portability.describe` writes that part.
"""
