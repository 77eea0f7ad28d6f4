"""Everything the asking side keeps."""

from surveys.models.answers import (
    CommentReading,
    CommentSentiment,
    Contradiction,
    Response,
    ResponseReason,
    SentAnswer,
)
from surveys.models.api_keys import ApiKey
from surveys.models.asking import Bounce, Decision, Invitation, Message, OptOut, SamplingShare, Visit
from surveys.models.audit import ConfigurationChange
from surveys.models.catalogue import BusinessService, ResolutionTarget, ServiceAlias, ServiceUserCount
from surveys.models.changes import EvidenceChange
from surveys.models.follow_ups import FollowUp, FollowUpReceiver, HookDelivery, HookKind, ServiceNotice
from surveys.models.intake import IntakeEvent, IntakeSource
from surveys.models.jobs import Job
from surveys.models.people import ErasedMark, ExclusionProposal, Person, User
from surveys.models.sentiment import SentimentVersion
from surveys.models.silent_samples import SilentSample, SilentSampleLine
from surveys.models.surveys import Question, SendingRule, Survey, SurveyVersion
from surveys.models.tickets import Resolution, Ticket

__all__ = [
    "ApiKey",
    "Bounce",
    "BusinessService",
    "CommentReading",
    "CommentSentiment",
    "ConfigurationChange",
    "Contradiction",
    "Decision",
    "ErasedMark",
    "EvidenceChange",
    "ExclusionProposal",
    "FollowUp",
    "FollowUpReceiver",
    "HookDelivery",
    "HookKind",
    "IntakeEvent",
    "IntakeSource",
    "Invitation",
    "Job",
    "Message",
    "OptOut",
    "Person",
    "Question",
    "Resolution",
    "ResolutionTarget",
    "Response",
    "ResponseReason",
    "SamplingShare",
    "SendingRule",
    "SentAnswer",
    "SentimentVersion",
    "ServiceAlias",
    "ServiceUserCount",
    "ServiceNotice",
    "SilentSample",
    "SilentSampleLine",
    "Survey",
    "SurveyVersion",
    "Ticket",
    "User",
    "Visit",
]
