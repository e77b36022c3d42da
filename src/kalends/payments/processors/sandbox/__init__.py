"""The sandbox processor: a stand-in for the world of cards and banks, with its own book and its own commits."""

from kalends.payments.processors.sandbox.cards import describe_tokens, new_token, token_for_number
from kalends.payments.processors.sandbox.processor import SandboxProcessor

__all__ = ["SandboxProcessor", "describe_tokens", "new_token", "token_for_number"]
