"""The HTTP API: JSON for programs, in the shapes that HubSpot's own client libraries expect.

An object is served because it is in the catalogue. A request comes through :mod:`kalends.api.door`, which knows who
asks and how often they may; a handler gets a :class:`~kalends.api.call.Call` and returns an
:class:`~kalends.api.call.Answer`. Nothing here decides about money: handlers call the services that pages and commands
call.
"""
