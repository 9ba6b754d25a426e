"""Four eyes: what one person proposes and another decides, and what was done at once and is looked at afterwards.

A proposal is open for a day. Whoever made it may withdraw it and never approve it. Where nobody else can be waited for,
breaking the glass does it at once, and another person reviews it. Four eyes hold from the moment when there are two
people who may approve: before that one acts alone, and the audit says so.

It keeps proposals and says who may decide them; what is proposed, and how it is carried out, the rooms above know.
They hand over what carries it out (`then`), which runs in the deciding transaction: a proposal that cannot be carried
out stays open. Relied on by keys, pki, interventions, admin and the command line.
"""

from idp.approvals.approvers import four_eyes_hold
from idp.approvals.deciding import ApprovalByProposer, ProposalClosed, approve, refuse, withdraw_all
from idp.approvals.glass import ReviewByActor, ReviewDone, break_glass, break_glass_of, review
from idp.approvals.listing import find, listed, waiting
from idp.approvals.proposal import LIFETIME, Kind, Proposal, State, Summary
from idp.approvals.proposing import ProposalRepeated, propose
from idp.approvals.submitting import Submitted, Way, submit

__all__ = [
    "LIFETIME",
    "ApprovalByProposer",
    "Kind",
    "Proposal",
    "ProposalClosed",
    "ProposalRepeated",
    "ReviewByActor",
    "ReviewDone",
    "State",
    "Submitted",
    "Summary",
    "Way",
    "approve",
    "break_glass",
    "break_glass_of",
    "find",
    "four_eyes_hold",
    "listed",
    "propose",
    "refuse",
    "review",
    "submit",
    "waiting",
    "withdraw_all",
]
