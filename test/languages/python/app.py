from aws_cdk import App, CfnOutput, Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_scheduler as scheduler
from cdk_network_hygiene import FlaggedIngressRule, NetworkHygiene, RuleMatch, StaleRules, VpnConnections
from constructs import Construct


class NetworkStack(Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        bastion = ec2.SecurityGroup.from_security_group_id(self, "Bastion", "sg-0123456789abcdef0")

        hygiene = NetworkHygiene(
            self,
            "NetworkHygiene",
            stale_rules=StaleRules.revoke_after(Duration.days(7), sightings=3),
            flagged_ingress_rules=[
                FlaggedIngressRule.from_internet(ec2.Port.SSH, match=RuleMatch.COVERS, reason="use Session Manager"),
                FlaggedIngressRule.in_any_group(ec2.Peer.ipv4("198.51.100.0/24"), ec2.Port.tcp(3389), reason="the old office"),
                FlaggedIngressRule.from_ip_permissions(
                    bastion,
                    [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5433, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}],
                ),
            ],
            vpn_connections=VpnConnections.all(stale_after=Duration.days(14)),
            schedule=scheduler.ScheduleExpression.rate(Duration.minutes(15)),
            max_revocations_per_sweep=10,
        )

        vpn_down = hygiene.metric_vpn_connections_down(period=Duration.minutes(15))
        vpn_down.create_alarm(self, "VpnDown", threshold=1, evaluation_periods=2)
        CfnOutput(self, "IngressRulesRevoked", value=hygiene.custom_resource.get_att_string("IngressRulesRevoked"))


app = App()
NetworkStack(app, "Network")
app.synth()
