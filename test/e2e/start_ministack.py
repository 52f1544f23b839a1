"""Starts MiniStack with two changes. Its default bus takes events of AWS services from the run, which stands for
CloudTrail. And the list of dashboards has times as numbers, as CloudWatch's JSON protocol has them."""
from ministack.app import main
from ministack.services import cloudwatch, eventbridge

# The default of the parameter allow_aws_source of PutEvents, which MiniStack sets for its own events. As on AWS, PutEvents
# refuses the sources of AWS services otherwise.
eventbridge._put_events.__defaults__ = (True,)

json_timestamps = cloudwatch._json_timestamps


def json_times(value):
    answer = json_timestamps(value)
    if isinstance(answer, dict) and "LastModified" in answer:
        answer["LastModified"] = cloudwatch._json_timestamp(answer["LastModified"])
    return answer


# MiniStack calls it for each part of an answer, too.
cloudwatch._json_timestamps = json_times
main()
