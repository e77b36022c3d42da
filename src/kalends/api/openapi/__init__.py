"""What the API says of itself: an OpenAPI 3.1 document, the page that shows it, and what breaks who relies on it.

Paths and scopes come from :mod:`kalends.api.routes`, properties from the catalogue. What neither knows (bodies,
answers, examples) stands in :mod:`kalends.api.openapi.described`, in one entry for each operation; a test fails for a
route that has none.
"""
