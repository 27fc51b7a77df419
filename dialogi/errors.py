"""The one error type of Dialogi: a code of the public contract and a sentence for the person.

The sentence is an English gettext message; it is translated where it is shown, never here.
"""

STATUS = {
    "not_found": 404,
    "forbidden": 403,
    "wrong_phase": 409,
    "invalid": 400,
    "too_long": 400,
    "empty": 400,
    "unknown_command": 400,
    "conflict": 409,
    "op_reused": 409,
    "quota_full": 409,
    "hidden": 409,
    "room_full": 409,
    "slow_down": 429,
    "unavailable": 503,
    "internal": 500,
}


def N_(message: str) -> str:  # noqa: N802 - the name that message extraction looks for
    """Mark `message` for translation; it comes back as it is."""
    return message


class Refusal(Exception):
    """Something was asked for that Dialogi does not do; nothing was changed.

    `code` is one of the contract's error codes, `message` an English sentence that says what to
    do (with `%(name)s` places for `params`), `field` the key of the payload that is at fault.
    """

    def __init__(self, code: str, message: str, *, field: str | None = None, **params: object):
        super().__init__(code, message, field, params)
        self.code = code
        self.message = message
        self.field = field
        self.params = params

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return STATUS[self.code]

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


def not_found() -> Refusal:
    """The same answer for what does not exist and for what belongs to another event."""
    return Refusal("not_found", N_("We cannot find that. Reload the page and try again."))


def forbidden() -> Refusal:
    """For what exists but is not this person's to do."""
    return Refusal(
        "forbidden", N_("This is not yours to do. Ask the facilitator if you need it done.")
    )
