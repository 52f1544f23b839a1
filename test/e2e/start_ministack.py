"""Starts MiniStack with a default bus that takes events of AWS services from the run, which stands for CloudTrail. As on
AWS, its PutEvents would refuse them: only AWS itself puts events of the source aws.ec2 on a bus."""
from ministack.app import main
from ministack.services import eventbridge

# The default of the parameter allow_aws_source, which MiniStack sets for its own events.
eventbridge._put_events.__defaults__ = (True,)
main()
