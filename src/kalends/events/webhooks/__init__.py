"""Webhooks: programs that subscribed to changes are told of them by requests to an address of theirs.

The journal is the source. A cursor for each app walks its settled part and writes a delivery for each event that a
subscription of the app asks for (``matching``); deliveries are gathered into batches, sent, and sent again
(``delivery``). What an app is told lies in ``payloads``, what proves that it comes from here in ``signatures``.
"""
