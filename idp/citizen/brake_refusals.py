"""Why an account is not locked, or not unlocked, by its own person."""

from idp.errors import Kind, Refusal


class AlreadyLocked(Refusal):
    """The account was locked before, by its person or by staff.

    Operator: nothing to do; `idp accounts show` tells since when.
    """

    code = "already_locked"
    kind = Kind.CONFLICT


class LockRests(Refusal):
    """The account was unlocked within the last day: until the day is over a code to the phone alone does not lock it.

    Operator: whoever calls because of it is to have the phone number blocked. `idp interventions suspend` locks.
    """

    code = "lock_rests"
    kind = Kind.NOT_ALLOWED


class NotLocked(Refusal):
    """An account that is to be unlocked is not locked.

    Operator: nothing to do; the person signs in as usual.
    """

    code = "not_locked"
    kind = Kind.CONFLICT


class LockedByOthers(Refusal):
    """The account is suspended, and not by its own person alone: who suspended it restores it.

    Operator: `idp accounts show` tells its state, and the interventions who acted and why.
    """

    code = "locked_by_others"
    kind = Kind.NOT_ALLOWED


class UnlockTooSoon(Refusal):
    """The account was locked by a code to the phone less than a day ago: password and second factor do not unlock it.

    Operator: at a counter, with the card, it is unlocked at once: `idp accounts activation-code`.
    """

    code = "unlock_too_soon"
    kind = Kind.NOT_ALLOWED
