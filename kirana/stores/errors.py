"""Facts that stop a verb about stores."""

from kirana.platform.errors import Conflict, Forbidden


class NotTheOwner(Forbidden):
    code = "not_the_owner"
    message = "Only the store's owner may do that."


class StoreClosed(Conflict):
    code = "store_closed"
    message = "This store is closed for good."


class LastOwner(Conflict):
    code = "last_owner"
    message = "The store needs an owner. Make somebody else an owner first."


class AlreadyMember(Conflict):
    code = "already_member"
    message = "They work in this store already."


class AlreadyInvited(Conflict):
    code = "already_invited"
    message = "They have an open invitation to this store. Send it again, or take it back."


class InvitationOver(Conflict):
    code = "invitation_over"
    message = "This invitation is not open any more. Ask the store for a new one."


class NotInvited(Forbidden):
    code = "not_invited"
    message = "This invitation is for another e-mail address. Sign in with the invited one."
