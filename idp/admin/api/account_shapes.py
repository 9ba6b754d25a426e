"""What calls about accounts take and give."""

from typing import Final

from idp.accounts.restrictions import Kind, Method, Reach
from idp.accounts.states import State
from idp.admin.api.shapes import Choice, Day, Flag, Id, Maybe, Members, Moment, Number, Rows, Text, Whole
from idp.admin.people.purposes import LONGEST_CASE, Purpose
from idp.interventions.orders import LONGEST_ASKED_BY, LONGEST_BASIS, LONGEST_NOTICE, Act, Reason

_PROVINCE: Final = Text(2, 2, pattern="[0-9]{2}", example="15")
_CLIENT_ID: Final = Text(64, example="demo-province-portal")
_PORTALS: Final = Rows(_CLIENT_ID, most=100_000)

LOOK_UP: Final = Members(
    {
        "wanted": Text(100, example="003190001234"),
        "purpose": Choice(tuple(Purpose)),
        "case": Text(LONGEST_CASE, example="TK03-2026-18"),
    },
    about="`wanted` is the whole of a citizen number, a phone, an account's id or an error reference. `case` is the "
    "ticket or letter that an auditor can find; nobody's number may be in it.",
)

SHOWN_SCOPE: Final = Members(
    {"reach": Choice(tuple(Reach)), "portal": Maybe(_CLIENT_ID), "province": Maybe(_PROVINCE)},
    about="`portal` is null where the portal is out of the caller's reach.",
)
RESTRICTION: Final = Members(
    {
        "act": Id(),
        "kind": Choice(tuple(Kind)),
        "scope": SHOWN_SCOPE,
        "method": Maybe(Choice(tuple(Method))),
        "until": Maybe(Moment()),
    }
)
ACCOUNT: Final = Members(
    {
        "account": Id(),
        "state": Choice(tuple(State)),
        "since": Moment(),
        "level": Whole(1, 2),
        "opened": Moment(),
        "province": Maybe(Text(20)),
        "phone": Maybe(Text(40)),
        "second_factors": Rows(Text(20), most=10),
        "restrictions": Rows(RESTRICTION, most=10_000),
        "allowed": Rows(Choice(tuple(Act)), most=len(Act)),
        "look_up_until": Moment(),
    },
    about="Nothing of who it is: the phone is masked. `allowed` are the acts that the caller's role may do to it now.",
)

ORDER: Final = Members(
    {
        "act": Choice(tuple(Act)),
        "reason": Choice(tuple(Reason)),
        "basis": Text(LONGEST_BASIS, example="Biên bản 12/2026"),
        "asked_by": Text(LONGEST_ASKED_BY, 0),
        "scope": Members({"portal": _CLIENT_ID, "province": _PROVINCE}, optional=frozenset({"portal", "province"})),
        "until": Moment(),
        "method": Choice(tuple(Method)),
        "notice": Text(LONGEST_NOTICE, 0),
        "undoes": Id(),
        "received_on": Day(),
        "dry_run": Flag(),
    },
    optional=frozenset({"asked_by", "scope", "until", "method", "notice", "undoes", "received_on", "dry_run"}),
    about="`scope` names one portal or one province, or is left out for everything. `received_on` is when a competent "
    "authority's request came in. `dry_run` gives what would come of it, and does nothing.",
)
DONE: Final = Members({"id": Id(), "account": Id(), "portals": Whole(), "answer_due": Maybe(Moment())})
_ENDING: Final = ("sessions", "grants", "families", "sign_ins", "codes", "devices", "messages")
BLAST_RADIUS: Final = Members(
    {
        "ends": Members(
            dict.fromkeys(_ENDING, Whole()), about="How many of each. `messages` are letters to the person."
        ),
        "told": _PORTALS,
        "told_elsewhere": Whole(),
        "unheard": _PORTALS,
        "unheard_elsewhere": Whole(),
    },
    about="`told` get a logout token; `unheard` met the person in thirty days and find out when they next ask. Portals "
    "out of the caller's reach are counted only.",
)

ACT: Final = Members(
    {
        "id": Id(),
        "account": Id(),
        "act": Choice(tuple(Act)),
        "reason": Choice(tuple(Reason)),
        "basis": Text(LONGEST_BASIS),
        "asked_by": Text(LONGEST_ASKED_BY, 0),
        "actor": Text(64),
        "scope": SHOWN_SCOPE,
        "method": Maybe(Choice(tuple(Method))),
        "notice": Text(LONGEST_NOTICE, 0),
        "until": Maybe(Moment()),
        "ended": Maybe(Moment()),
        "made": Moment(),
        "job": Maybe(Id()),
        "undoes": Maybe(Id()),
    }
)
ACTS: Final = Members({"acts": Rows(ACT, most=100_000)})

RECEIPT: Final = Members(
    {
        "portal": Maybe(_CLIENT_ID),
        "state": Choice(("queued", "sent", "acknowledged", "failed")),
        "tries": Whole(),
        "seconds": Maybe(Number()),
        "reason": Maybe(Text(64)),
        "queued": Moment(),
        "settled": Maybe(Moment()),
    }
)
LEDGER: Final = Members(
    {"act": Id(), "settled": Flag(), "acknowledged": Flag(), "receipts": Rows(RECEIPT, most=100_000)},
    about="`settled`: nothing is under way any more. `acknowledged`: every portal that had to be told has taken it.",
)
