package com.example.network;

import io.github.cdknetworkhygiene.AgeAlarmOptions;
import io.github.cdknetworkhygiene.CountAlarmOptions;
import io.github.cdknetworkhygiene.FindingsWidgetOptions;
import io.github.cdknetworkhygiene.FlaggedIngressRule;
import io.github.cdknetworkhygiene.AnyGroupIngressRuleOptions;
import io.github.cdknetworkhygiene.InternetIngressRuleOptions;
import io.github.cdknetworkhygiene.NetworkHygiene;
import io.github.cdknetworkhygiene.NetworkHygieneAlarms;
import io.github.cdknetworkhygiene.NetworkHygieneAlarmsOptions;
import io.github.cdknetworkhygiene.NetworkHygieneDashboard;
import io.github.cdknetworkhygiene.RevokeAfterOptions;
import io.github.cdknetworkhygiene.RuleMatch;
import io.github.cdknetworkhygiene.StaleRules;
import io.github.cdknetworkhygiene.SweepAlarmOptions;
import io.github.cdknetworkhygiene.VpnConnections;
import io.github.cdknetworkhygiene.VpnConnectionsDownAlarmOptions;
import io.github.cdknetworkhygiene.VpnConnectionsOptions;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.cloudwatch.CreateAlarmOptions;
import software.amazon.awscdk.services.cloudwatch.Dashboard;
import software.amazon.awscdk.services.cloudwatch.IWidget;
import software.amazon.awscdk.services.cloudwatch.MetricOptions;
import software.amazon.awscdk.services.cloudwatch.TextWidget;
import software.amazon.awscdk.services.cloudwatch.actions.SnsAction;
import software.amazon.awscdk.services.ec2.ISecurityGroup;
import software.amazon.awscdk.services.ec2.Peer;
import software.amazon.awscdk.services.ec2.Port;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.events.EventBus;
import software.amazon.awscdk.services.events.EventPattern;
import software.amazon.awscdk.services.events.OnEventOptions;
import software.amazon.awscdk.services.events.targets.SqsQueue;
import software.amazon.awscdk.services.iam.IRole;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.scheduler.ScheduleExpression;
import software.amazon.awscdk.services.sns.Topic;
import software.amazon.awscdk.services.sqs.Queue;
import software.constructs.Construct;

public class NetworkStack extends Stack {
    public NetworkStack(final Construct scope, final String id) {
        super(scope, id);
        ISecurityGroup bastion = SecurityGroup.fromSecurityGroupId(this, "Bastion", "sg-0123456789abcdef0");
        IRole engineers = Role.fromRoleName(this, "Engineers", "network-engineers");
        Topic onCall = new Topic(this, "OnCall");

        NetworkHygiene hygiene = NetworkHygiene.Builder.create(this, "NetworkHygiene")
            .staleRules(StaleRules.revokeAfter(Duration.days(7), RevokeAfterOptions.builder().sightings(3).build()))
            .flaggedIngressRules(List.of(
                FlaggedIngressRule.fromInternet(Port.SSH,
                    InternetIngressRuleOptions.builder().match(RuleMatch.COVERS).reason("use Session Manager").build()),
                FlaggedIngressRule.inAnyGroup(Peer.ipv4("198.51.100.0/24"), Port.tcp(3389),
                    AnyGroupIngressRuleOptions.builder().reason("the old office").build()),
                FlaggedIngressRule.fromIpPermissions(bastion, List.of(Map.of(
                    "IpProtocol", "tcp", "FromPort", 5432, "ToPort", 5433, "IpRanges", List.of(Map.of("CidrIp", "203.0.113.0/24")))))))
            .vpnConnections(VpnConnections.all(VpnConnectionsOptions.builder().staleAfter(Duration.days(14)).build()))
            .schedule(ScheduleExpression.rate(Duration.minutes(15)))
            .maxRevocationsPerSweep(10)
            .eventBus(new EventBus(this, "NetworkEvents"))
            .notifications(onCall)
            .build();
        hygiene.grantRestore(engineers);
        hygiene.addQueryDefinitions();
        CfnOutput.Builder.create(this, "IngressRulesRevoked").value(hygiene.getCustomResource().getAttString("IngressRulesRevoked")).build();

        hygiene.onIngressRuleRevoked("IngressRuleRevoked", OnEventOptions.builder()
            .target(new SqsQueue(new Queue(this, "Revocations")))
            .eventPattern(EventPattern.builder().detail(Map.of("vpcId", List.of("vpc-0123456789abcdef0"))).build())
            .build());

        NetworkHygieneAlarms alarms = hygiene.addAlarms(NetworkHygieneAlarmsOptions.builder()
            .action(new SnsAction(onCall))
            .staleRulesPresent(AgeAlarmOptions.builder().olderThan(Duration.days(10)).build())
            .vpnConnectionsDown(VpnConnectionsDownAlarmOptions.builder().threshold(2).evaluationPeriods(4).datapointsToAlarm(3).build())
            .vpnConnectionsDegraded(CountAlarmOptions.builder().enabled(false).build())
            .sweepMissing(SweepAlarmOptions.builder().period(Duration.minutes(30)).build())
            .build());
        alarms.addOkAction(new SnsAction(onCall));
        if (alarms.getSweepMissing() != null) {
            CfnOutput.Builder.create(this, "Heartbeat").value(alarms.getSweepMissing().getAlarmArn()).build();
        }
        hygiene.metricVpnConnectionsStale(MetricOptions.builder().period(Duration.minutes(15)).build())
            .createAlarm(this, "VpnStale", CreateAlarmOptions.builder().threshold(1).evaluationPeriods(2).build());

        NetworkHygieneDashboard network = NetworkHygieneDashboard.Builder.create(this, "Dashboard")
            .hygienes(List.of(hygiene))
            .defaultInterval(Duration.days(14))
            .build();
        network.getDashboard().addWidgets(TextWidget.Builder.create().markdown("Who is on call: see the wiki").width(24).height(1).build());
        Dashboard overview = new Dashboard(this, "Overview");
        overview.addWidgets(hygiene.findingsWidget(FindingsWidgetOptions.builder().title("Network").height(8).build()));
        overview.addWidgets(hygiene.widgets().toArray(new IWidget[0]));
        hygiene.getFindingsFunction().grantInvoke(engineers);
    }
}
