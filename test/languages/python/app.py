from aws_cdk import App, CfnOutput, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from cdk_network_hygiene import (
    AgeAlarmOptions,
    CountAlarmOptions,
    FlaggedIngressRule,
    NetworkHygiene,
    NetworkHygieneDashboard,
    RuleMatch,
    StaleRules,
    SweepAlarmOptions,
    VpnConnections,
)
from constructs import Construct


class NetworkStack(Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        bastion = ec2.SecurityGroup.from_security_group_id(self, "Bastion", "sg-0123456789abcdef0")
        engineers = iam.Role.from_role_name(self, "Engineers", "network-engineers")
        on_call = sns.Topic(self, "OnCall")

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
            event_bus=events.EventBus(self, "NetworkEvents"),
            notifications=on_call,
        )
        hygiene.grant_restore(engineers)
        hygiene.add_query_definitions()
        CfnOutput(self, "IngressRulesRevoked", value=hygiene.custom_resource.get_att_string("IngressRulesRevoked"))

        hygiene.on_ingress_rule_revoked(
            "IngressRuleRevoked",
            target=targets.SqsQueue(sqs.Queue(self, "Revocations")),
            event_pattern=events.EventPattern(detail={"vpcId": ["vpc-0123456789abcdef0"]}),
        )

        alarms = hygiene.add_alarms(
            action=cloudwatch_actions.SnsAction(on_call),
            stale_rules_present=AgeAlarmOptions(older_than=Duration.days(10)),
            # A dictionary does, too.
            vpn_connections_down={"threshold": 2, "evaluation_periods": 4, "datapoints_to_alarm": 3},
            vpn_connections_degraded=CountAlarmOptions(enabled=False),
            sweep_missing=SweepAlarmOptions(period=Duration.minutes(30)),
        )
        alarms.add_ok_action(cloudwatch_actions.SnsAction(on_call))
        if alarms.sweep_missing:
            CfnOutput(self, "Heartbeat", value=alarms.sweep_missing.alarm_arn)
        vpn_stale = hygiene.metric_vpn_connections_stale(period=Duration.minutes(15))
        vpn_stale.create_alarm(self, "VpnStale", threshold=1, evaluation_periods=2)

        network = NetworkHygieneDashboard(self, "Dashboard", hygienes=[hygiene], default_interval=Duration.days(14))
        network.dashboard.add_widgets(cloudwatch.TextWidget(markdown="Who is on call: see the wiki", width=24, height=1))
        overview = cloudwatch.Dashboard(self, "Overview")
        overview.add_widgets(hygiene.findings_widget(title="Network", height=8))
        overview.add_widgets(*hygiene.widgets())
        hygiene.findings_function.grant_invoke(engineers)


app = App()
NetworkStack(app, "Network")
app.synth()
