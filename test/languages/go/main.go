package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	hygiene "github.com/cdk-network-hygiene/cdk-network-hygiene-go/cdknetworkhygiene"
)

func NewNetworkStack(scope constructs.Construct, id string) awscdk.Stack {
	stack := awscdk.NewStack(scope, &id, nil)
	bastion := awsec2.SecurityGroup_FromSecurityGroupId(stack, jsii.String("Bastion"), jsii.String("sg-0123456789abcdef0"), nil)

	networkHygiene := hygiene.NewNetworkHygiene(stack, jsii.String("NetworkHygiene"), &hygiene.NetworkHygieneProps{
		StaleRules: hygiene.StaleRules_RevokeAfter(awscdk.Duration_Days(jsii.Number(7)), &hygiene.RevokeAfterOptions{
			Sightings: jsii.Number(3),
		}),
		FlaggedIngressRules: &[]hygiene.FlaggedIngressRule{
			hygiene.FlaggedIngressRule_FromInternet(awsec2.Port_SSH(), &hygiene.InternetIngressRuleOptions{
				Match:  hygiene.RuleMatch_COVERS,
				Reason: jsii.String("use Session Manager"),
			}),
			hygiene.FlaggedIngressRule_InAnyGroup(awsec2.Peer_Ipv4(jsii.String("198.51.100.0/24")), awsec2.Port_Tcp(jsii.Number(3389)), &hygiene.FlaggedIngressRuleOptions{
				Reason: jsii.String("the old office"),
			}),
			hygiene.FlaggedIngressRule_FromIpPermissions(bastion, []map[string]interface{}{{
				"IpProtocol": "tcp",
				"FromPort":   5432,
				"ToPort":     5433,
				"IpRanges":   []map[string]string{{"CidrIp": "203.0.113.0/24"}},
			}}, nil),
		},
		VpnConnections: hygiene.VpnConnections_All(&hygiene.VpnConnectionsOptions{
			StaleAfter: awscdk.Duration_Days(jsii.Number(14)),
		}),
		Schedule:               awsscheduler.ScheduleExpression_Rate(awscdk.Duration_Minutes(jsii.Number(15))),
		MaxRevocationsPerSweep: jsii.Number(10),
	})

	networkHygiene.MetricVpnConnectionsDown(&awscloudwatch.MetricOptions{
		Period: awscdk.Duration_Minutes(jsii.Number(15)),
	}).CreateAlarm(stack, jsii.String("VpnDown"), &awscloudwatch.CreateAlarmOptions{
		Threshold:         jsii.Number(1),
		EvaluationPeriods: jsii.Number(2),
	})
	awscdk.NewCfnOutput(stack, jsii.String("IngressRulesRevoked"), &awscdk.CfnOutputProps{
		Value: networkHygiene.CustomResource().GetAttString(jsii.String("IngressRulesRevoked")),
	})
	return stack
}

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	NewNetworkStack(app, "Network")
	app.Synth(nil)
}
