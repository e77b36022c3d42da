"""A small Stripe at the wire: enough of its API for the official SDK, with the bad habits of the real one.

The id of a payment method says how it behaves: ``pm_card_ok-1`` succeeds, ``pm_card_stolen_card-1`` is declined with
that code, ``pm_card_confirm-1`` wants the customer, ``pm_card_feeless-1`` succeeds before its fee is known,
``pm_sepa_debit_ok-1`` is processing until somebody says :meth:`StripeServer.settle`. Whatever follows the hyphen tells
two customers' methods apart. ``faults`` are what happens to the next requests that make something.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Literal

from tests.fakes.stripe_things import Problem, Thing, Things
from tests.fakes.stripe_wire import handler

Fault = Literal["loses request", "loses answer", "500", "503 afterwards", "429", "409", "dies"]
_TYPES = ("card", "us_bank_account", "sepa_debit", "bacs_debit", "acss_debit")


class StripeServer(Things):
    """One merchant. ``now`` is its clock.

    What is charged in other currencies than ``settles_in`` is converted at ``euro_hundredths`` for ten units.
    """

    def __init__(self) -> None:
        super().__init__()
        self.faults: deque[Fault] = deque()
        self.requests: list[tuple[str, str, Thing]] = []
        self.keys: dict[str, tuple[Thing, int, Thing]] = {}
        self.key_of_merchant = "rk_live_0123456789abcdef"
        self.forbidden: set[str] = set()
        self.settles_in: str | None = None
        self.euro_hundredths = 100
        self._turn = threading.RLock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self._http.daemon_threads = True
        self._http.handle_error = lambda request, client_address: None
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    # What a test sees and does

    def made(self, path: str) -> int:
        """How many requests to make something came to this path."""
        return sum(1 for method, at, _ in self.requests if method == "POST" and at == path)

    def settle(self, intent_id: str, failure: str | None = None, *, cost: int = 0) -> None:
        """A bank debit's bank has decided, or a customer has confirmed; a debit that comes back may cost something."""
        intent = self.things[intent_id]
        self._decide(intent, failure, cost=cost)

    def know_fee(self, intent_id: str) -> None:
        """Work out a fee that was not known yet."""
        charge = self.things[self.things[intent_id]["latest_charge"]]
        charge["balance_transaction"] = self._movement(charge["amount"], charge, fee=True)["id"]
        self._tell("charge.updated", charge)

    def settle_refund(self, refund_id: str, failure: str | None = None) -> None:
        """The bank of a refund has decided."""
        refund = self.things[refund_id]
        if failure:
            refund |= {"status": "failed", "failure_reason": failure}
            self._movement(refund["amount"], refund, type_="refund_failure")
        else:
            refund["status"] = "succeeded"
        self._tell("refund.failed" if failure else "refund.updated", refund)

    def dispute(self, intent_id: str, *, question: bool = False) -> Thing:
        """The customer goes to the bank; a mere question takes no money."""
        intent = self.things[intent_id]
        dispute = self._add(
            "dispute",
            "du",
            amount=intent["amount"],
            currency=intent["currency"],
            charge=intent["latest_charge"],
            payment_intent=intent_id,
            status="warning_needs_response" if question else "needs_response",
            balance_transactions=[],
        )
        if not question:
            taken = self._movement(-intent["amount"], dispute, type_="adjustment", cost=1500)
            dispute["balance_transactions"].append(taken)
        self._tell("charge.dispute.created", dispute)
        return dispute

    def decide(self, dispute: Thing, *, won: bool, fee_back: int = 0) -> None:
        """The bank has decided."""
        dispute["status"] = "won" if won else "lost"
        if won:
            back = self._movement(dispute["amount"], dispute, type_="adjustment", cost=-fee_back)
            dispute["balance_transactions"].append(back)
        self._tell("charge.dispute.closed", dispute)

    def complete(self, session_id: str, method: str) -> None:
        """A customer gives a payment method on Stripe's page."""
        session = self.things[session_id]
        self.keep(method, session["customer"])
        intent = self._add(
            "setup_intent", "seti", status="succeeded", payment_method=method, mandate=f"mandate_{method}"
        )
        session |= {"status": "complete", "setup_intent": intent["id"], "url": None}
        self._tell("checkout.session.completed", session)

    def keep(self, method: str, customer: str) -> None:
        """A payment method belongs to a customer."""
        kind = _kind_of(method)
        details: Thing = {"last4": "4242" if kind == "card" else "3000"}
        if kind == "card":
            details |= {"brand": "visa", "exp_month": 2, "exp_year": 2028, "wallet": {"type": "apple_pay"}}
        else:
            details |= {"bank_name": "Test Bank"}
        self.things[method] = {
            "id": method, "object": "payment_method", "type": kind, kind: details, "customer": customer,
        }  # fmt: skip

    def replace(self, method: str, last4: str, year: int) -> None:
        """A card's bank sends a new one."""
        thing = self.things[method]
        thing["card"] |= {"last4": last4, "exp_year": year}
        self._tell("payment_method.automatically_updated", thing)

    def detach(self, method: str) -> None:
        """A payment method is taken off its customer."""
        self.things[method]["customer"] = None
        self._tell("payment_method.detached", self.things[method])

    def withdraw(self, method: str) -> None:
        """A bank, or a customer, takes a mandate back."""
        mandate = self._add("mandate", "mandate", status="inactive", type="multi_use", payment_method=method)
        self._tell("mandate.updated", mandate)

    def pay_out(self) -> None:
        """What was collected and is not paid out yet goes to the bank."""
        payout = self._add("payout", "po", status="paid", automatic=True, arrival_date=0)
        payout["arrival_date"] = payout["created"]
        for movement in self.all("balance_transaction"):
            movement.setdefault("payout", payout["id"])

    def signed(self, event: Thing, secret: str, *, at: float | None = None) -> tuple[bytes, str]:
        """An event as an endpoint gets it: the body and its signature."""
        body = json.dumps(event).encode()
        seconds = int(self.now.timestamp() if at is None else at)
        mac = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        return body, f"t={seconds},v1={mac}"

    # What the server does

    def answer(self, method: str, path: str, params: Thing, headers: dict[str, str]) -> tuple[int, Thing]:
        """Answer a request, or raise ``ConnectionError`` when no answer reaches the one who asked."""
        with self._turn:
            self.requests.append((method, path, params))
            if headers.get("authorization") != f"Bearer {self.key_of_merchant}":
                return 401, {
                    "error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}
                }
            if any(path.startswith(each) for each in self.forbidden):
                return 403, {"error": {"message": "The provided key does not have the required permissions"}}
            fault = self.faults.popleft() if method in ("POST", "DELETE") and self.faults else None
            if fault in ("loses request", "dies"):
                raise ConnectionError
            if fault in ("500", "429", "409"):
                return int(fault), {"error": {"type": "api_error", "message": "Not now"}}
            status, body = self._once(method, path, params, headers.get("idempotency-key"))
            if fault == "loses answer":
                raise ConnectionError
            if fault == "503 afterwards":
                return 503, {"error": {"type": "api_error", "message": "Not now"}}
            return status, body

    def _once(self, method: str, path: str, params: Thing, key: str | None) -> tuple[int, Thing]:
        known = self.keys.get(key) if key else None
        if known is not None:
            if known[0] != params:
                message = "Keys for idempotent requests can only be used with the same parameters."
                return 400, {"error": {"type": "idempotency_error", "message": message}}
            return known[1], known[2]
        try:
            status, body = 200, self._do(method, path, params)
        except Problem as problem:
            status, body = problem.status, {"error": problem.error}
        if key and status != 400:
            self.keys[key] = (params, status, body)
        return status, body

    def _do(self, method: str, path: str, params: Thing) -> Thing:
        expand = params.get("expand") or []
        if (method, path) == ("GET", "/v1/account"):
            return self._account()
        parts = path.removeprefix("/v1/").split("/")
        if parts[0] == "checkout":
            parts = parts[1:]
        makers = {
            "payment_intents": self._intent,
            "refunds": self._refund,
            "customers": lambda given: self._add("customer", "cus", **given),
            "sessions": self._session,
            "webhook_endpoints": self._endpoint,
        }
        if method == "POST" and len(parts) == 1:
            return self._expanded(makers[parts[0]](params), expand)
        if method == "POST" and parts[2:] == ["cancel"]:
            return self._expanded(self._cancel(self._found(parts[1])), expand)
        if method == "POST" and len(parts) == 2:
            self._found(parts[1])["metadata"] |= params["metadata"]
        if method == "DELETE":
            gone = self._found(parts[1])
            del self.things[parts[1]]
            return {"id": parts[1], "deleted": True, "object": gone["object"]}
        if len(parts) == 2:
            return self._expanded(self._found(parts[1]), expand)
        return self._list(parts[0], params, [each.removeprefix("data.") for each in expand])

    def _account(self) -> Thing:
        capabilities = {
            "card_payments": "active",
            "sepa_debit_payments": "active",
            "bacs_debit_payments": "inactive",
        }
        return {
            "id": "acct_1",
            "object": "account",
            "country": "NO",
            "default_currency": "eur",
            "business_profile": {"name": "Nordlys Butikk"},
            "capabilities": capabilities,
            "charges_enabled": True,
            "payouts_enabled": True,
        }

    def _endpoint(self, params: Thing) -> Thing:
        return self._add("webhook_endpoint", "we", url=params["url"], secret="whsec_made0123456789")

    def _session(self, params: Thing) -> Thing:
        session = self._add("checkout.session", "cs", status="open", setup_intent=None, **params)
        session["url"] = f"https://checkout.stripe.test/{session['id']}"
        return session

    def _intent(self, params: Thing) -> Thing:
        method, amount = params["payment_method"], int(params["amount"])
        refused = {"pm_gone": "resource_missing", "pm_card_small": "amount_too_small"}
        code = refused.get(method.partition("-")[0])
        if code is not None:
            raise Problem(400, type="invalid_request_error", code=code, message=f"Refused: {code}")
        intent = self._add(
            "payment_intent",
            "pi",
            amount=amount,
            currency=params["currency"],
            customer=params["customer"],
            metadata=params["metadata"],
            payment_method=method,
            latest_charge=None,
            last_payment_error=None,
            next_action=None,
            status="processing",
        )
        wanted = method.removeprefix(f"pm_{_kind_of(method)}_").partition("-")[0]
        if _kind_of(method) != "card":
            self._charge(intent, "pending")
            return intent
        if wanted == "confirm" and params.get("return_url"):
            page = {
                "type": "redirect_to_url",
                "redirect_to_url": {"url": f"https://bank.test/{intent['id']}"},
            }
            intent |= {"status": "requires_action", "next_action": page}
            return intent
        failure = {"ok": None, "feeless": None, "confirm": "authentication_required"}.get(wanted, wanted)
        self._decide(intent, failure, fee=wanted != "feeless")
        if failure:
            raise Problem(402, **intent["last_payment_error"], payment_intent=dict(intent))
        return intent

    def _decide(self, intent: Thing, failure: str | None, *, fee: bool = True, cost: int = 0) -> None:
        if failure:
            code = {"authentication_required": failure, "expired_card": failure}.get(failure, "card_declined")
            error = {
                "type": "card_error",
                "code": code,
                "decline_code": failure,
                "message": f"Declined: {failure}",
            }
            intent |= {
                "status": "requires_payment_method",
                "payment_method": None,
                "last_payment_error": error,
            }
            if intent["latest_charge"]:
                charge = self.things[intent["latest_charge"]]
                charge["status"] = "failed"
                kept = cost - self.things[charge["balance_transaction"]]["fee"]
                back = self._movement(-charge["amount"], charge, type_="payment_failure_refund", cost=kept)
                charge["failure_balance_transaction"] = back["id"]
            self._tell("payment_intent.payment_failed", intent)
            return
        if intent["latest_charge"]:
            self.things[intent["latest_charge"]]["status"] = "succeeded"
        else:
            self._charge(intent, "succeeded", fee=fee)
        intent |= {"status": "succeeded", "next_action": None}
        self._tell("payment_intent.succeeded", intent)

    def _charge(self, intent: Thing, status: str, *, fee: bool = True) -> None:
        charge = self._add(
            "charge",
            "ch",
            amount=intent["amount"],
            currency=intent["currency"],
            metadata=dict(intent["metadata"]),
            payment_intent=intent["id"],
            status=status,
            balance_transaction=None,
        )
        if fee:
            charge["balance_transaction"] = self._movement(charge["amount"], charge, fee=True)["id"]
        intent["latest_charge"] = charge["id"]

    def _cancel(self, intent: Thing) -> Thing:
        if intent["status"] not in ("requires_action", "requires_payment_method", "processing"):
            raise Problem(400, code="payment_intent_unexpected_state", message="Too late")
        intent |= {"status": "canceled", "next_action": None}
        self._tell("payment_intent.canceled", intent)
        return intent

    def _refund(self, params: Thing) -> Thing:
        intent = self._found(params["payment_intent"])
        charge, amount = self.things[intent["latest_charge"]], int(params["amount"])
        before = [each for each in self.all("refund") if each["payment_intent"] == intent["id"]]
        left = charge["amount"] - sum(each["amount"] for each in before if each["status"] != "failed")
        if amount > left:
            raise Problem(400, code="charge_already_refunded", message="Already refunded")
        slow = not intent["payment_method"].startswith("pm_card")
        refund = self._add(
            "refund",
            "re",
            amount=amount,
            currency=intent["currency"],
            metadata=params.get("metadata", {}),
            payment_intent=intent["id"],
            charge=charge["id"],
            status="pending" if slow else "succeeded",
        )
        self._movement(-amount, refund, type_="refund")
        return refund

    def _movement(
        self, amount: int, source: Thing, *, type_: str = "charge", fee: bool = False, cost: int = 0
    ) -> Thing:
        currency, moved = source["currency"], amount
        if self.settles_in and self.settles_in != currency:
            currency, moved = self.settles_in, amount * self.euro_hundredths // 1000
        kept = abs(moved) * 29 // 1000 + 30 if fee else cost
        return self._add(
            "balance_transaction",
            "txn",
            amount=moved,
            currency=currency,
            fee=kept,
            type=type_,
            source=source["id"],
        )

    @contextmanager
    def running(self) -> Iterator[StripeServer]:
        """Serve while the block runs."""
        thread = threading.Thread(target=lambda: self._http.serve_forever(0.05), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()


def _kind_of(method: str) -> str:
    return next(each for each in _TYPES if method.startswith(f"pm_{each}_"))
