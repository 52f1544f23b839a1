package com.example.network;

import io.github.cdknetworkhygiene.FlaggedIngressRule;
import io.github.cdknetworkhygiene.FlaggedIngressRuleOptions;
import io.github.cdknetworkhygiene.InternetIngressRuleOptions;
import io.github.cdknetworkhygiene.NetworkHygiene;
import io.github.cdknetworkhygiene.RevokeAfterOptions;
import io.github.cdknetworkhygiene.RuleMatch;
import io.github.cdknetworkhygiene.StaleRules;
import io.github.cdknetworkhygiene.VpnConnections;
import io.github.cdknetworkhygiene.VpnConnectionsOptions;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.cloudwatch.CreateAlarmOptions;
import software.amazon.awscdk.services.cloudwatch.MetricOptions;
import software.amazon.awscdk.services.ec2.ISecurityGroup;
import software.amazon.awscdk.services.ec2.Peer;
import software.amazon.awscdk.services.ec2.Port;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.scheduler.ScheduleExpression;
import software.constructs.Construct;

public class NetworkStack extends Stack {
    public NetworkStack(final Construct scope, final String id) {
        super(scope, id);
        ISecurityGroup bastion = SecurityGroup.fromSecurityGroupId(this, "Bastion", "sg-0123456789abcdef0");

        NetworkHygiene hygiene = NetworkHygiene.Builder.create(this, "NetworkHygiene")
            .staleRules(StaleRules.revokeAfter(Duration.days(7), RevokeAfterOptions.builder().sightings(3).build()))
            .flaggedIngressRules(List.of(
                FlaggedIngressRule.fromInternet(Port.SSH,
                    InternetIngressRuleOptions.builder().match(RuleMatch.COVERS).reason("use Session Manager").build()),
                FlaggedIngressRule.inAnyGroup(Peer.ipv4("198.51.100.0/24"), Port.tcp(3389),
                    FlaggedIngressRuleOptions.builder().reason("the old office").build()),
                FlaggedIngressRule.fromIpPermissions(bastion, List.of(Map.of(
                    "IpProtocol", "tcp", "FromPort", 5432, "ToPort", 5433, "IpRanges", List.of(Map.of("CidrIp", "203.0.113.0/24")))))))
            .vpnConnections(VpnConnections.all(VpnConnectionsOptions.builder().staleAfter(Duration.days(14)).build()))
            .schedule(ScheduleExpression.rate(Duration.minutes(15)))
            .maxRevocationsPerSweep(10)
            .build();

        hygiene.metricVpnConnectionsDown(MetricOptions.builder().period(Duration.minutes(15)).build())
            .createAlarm(this, "VpnDown", CreateAlarmOptions.builder().threshold(1).evaluationPeriods(2).build());
        CfnOutput.Builder.create(this, "IngressRulesRevoked").value(hygiene.getCustomResource().getAttString("IngressRulesRevoked")).build();
    }
}
