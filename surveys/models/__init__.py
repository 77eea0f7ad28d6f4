"""Everything the asking side keeps."""

from surveys.models.answers import CommentSentiment, Response, ResponseReason
from surveys.models.asking import Decision, Invitation, Message, OptOut, Visit
from surveys.models.catalogue import BusinessService, ServiceAlias, ServiceUserCount
from surveys.models.changes import EvidenceChange
from surveys.models.intake import IntakeEvent, IntakeSource
from surveys.models.people import Person, User
from surveys.models.surveys import Question, SendingRule, Survey, SurveyVersion
from surveys.models.tickets import Resolution, Ticket

__all__ = [
    "BusinessService",
    "CommentSentiment",
    "Decision",
    "EvidenceChange",
    "IntakeEvent",
    "IntakeSource",
    "Invitation",
    "Message",
    "OptOut",
    "Person",
    "Question",
    "Resolution",
    "Response",
    "ResponseReason",
    "SendingRule",
    "ServiceAlias",
    "ServiceUserCount",
    "Survey",
    "SurveyVersion",
    "Ticket",
    "User",
    "Visit",
]
