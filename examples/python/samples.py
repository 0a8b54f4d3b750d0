"""Submissions of fictitious people about fictitious shops."""

from datetime import datetime, timedelta, timezone

from google.protobuf.timestamp_pb2 import Timestamp

from triage.v1 import moments_pb2, submissions_pb2

BEIJING = timezone(timedelta(hours=8))

# Sub-districts of the sample bureau file with one competent station each.
ZHAOTAN = "内蒙古自治区包头市昆都仑区沼潭街道富强路{}号"
SHIFUDONGLU = "昆区市府东路街道青年路{}号"
BAIYUNLU = "昆区白云路街道永盛路{}号"


def timestamp(time):
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


def at(time):
    """A moment known to the second (时刻)."""
    return moments_pb2.Moment(time=timestamp(time))


def minutes_ago(minutes):
    return datetime.now(BEIJING).replace(microsecond=0) - timedelta(minutes=minutes)


def part(text, **more):
    return submissions_pb2.Part(text=text, **more)


def submission(number, premises, received, complaint=None, report=None, shop="示例惠民便利店", **person):
    """A submission (登记件) with a full complainant unless said otherwise; both parts are the caller's choice."""
    person = {"name": "示例张三", "phone": "13900000001", **person}
    return submissions_pb2.Submission(
        registration_number=number,
        received=at(received),
        channel=submissions_pb2.RECEIPT_CHANNEL_PLATFORM,
        complainant=submissions_pb2.Complainant(**{key: value for key, value in person.items() if value is not None}),
        respondent=submissions_pb2.Respondent(name=shop, premises=premises),
        complaint=complaint,
        report=report,
    )


def changed(message, **fields):
    """A copy with other fields: changed(submission, complainant__phone="13900000002")."""
    copy = type(message)()
    copy.CopyFrom(message)
    for path, value in fields.items():
        *steps, last = path.split("__")
        target = copy
        for step in steps:
            target = getattr(target, step)
        if value is None:
            target.ClearField(last)
        elif hasattr(value, "DESCRIPTOR"):
            getattr(target, last).CopyFrom(value)
        elif isinstance(value, list):
            target.ClearField(last)
            getattr(target, last).extend(value)
        else:
            setattr(target, last, value)
    return copy
