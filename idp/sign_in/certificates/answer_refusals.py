"""Why an answer to a challenge signs nobody in. People read one of two sentences; the audit has the exact `reason`."""

from idp.errors import Kind, Refusal


class AnswerUnreadable(Refusal):
    """What was sent in answer to a challenge is neither a Web eID token nor a CMS signature, or not one that is clear.

    Operator: the audit has the reason. The same one from many people: their signing program has changed what it makes.
    """

    code = "answer_unreadable"


class AnswerNotSigned(Refusal):
    """The answer to a challenge does not prove that somebody signed this challenge here with the key of a certificate.

    Operator: the audit has the reason. `sha1` and `other_algorithm`: the person's signing program is too old;
    `other_content` and `wrong_signature` are usual once, when a page was left open. Again and again they are an attack.
    """

    code = "answer_not_signed"
    kind = Kind.NOT_ALLOWED
