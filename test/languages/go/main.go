package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	hygiene "github.com/cdk-network-hygiene/cdk-network-hygiene-go/cdknetworkhygiene"
)

func NewNetworkStack(scope constructs.Construct, id string) awscdk.Stack {
	stack := awscdk.NewStack(scope, &id, nil)
	bastion := awsec2.SecurityGroup_FromSecurityGroupId(stack, jsii.String("Bastion"), jsii.String("sg-0123456789abcdef0"), nil)
	engineers := awsiam.Role_FromRoleName(stack, jsii.String("Engineers"), jsii.String("network-engineers"), nil)
	onCall := awssns.NewTopic(stack, jsii.String("OnCall"), nil)

	networkHygiene := hygiene.NewNetworkHygiene(stack, jsii.String("NetworkHygiene"), &hygiene.NetworkHygieneProps{
		StaleRules: hygiene.StaleRules_RevokeAfter(awscdk.Duration_Days(jsii.Number(7)), &hygiene.RevokeAfterOptions{
			Sightings: jsii.Number(3),
		}),
		FlaggedIngressRules: &[]hygiene.FlaggedIngressRule{
			hygiene.FlaggedIngressRule_FromInternet(awsec2.Port_SSH(), &hygiene.InternetIngressRuleOptions{
				Match:  hygiene.RuleMatch_COVERS,
				Reason: jsii.String("use Session Manager"),
			}),
			hygiene.FlaggedIngressRule_InAnyGroup(awsec2.Peer_Ipv4(jsii.String("198.51.100.0/24")), awsec2.Port_Tcp(jsii.Number(3389)), &hygiene.AnyGroupIngressRuleOptions{
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
		EventBus:               awsevents.NewEventBus(stack, jsii.String("NetworkEvents"), nil),
		Notifications:          onCall,
	})
	networkHygiene.GrantRestore(engineers)
	networkHygiene.AddQueryDefinitions()
	awscdk.NewCfnOutput(stack, jsii.String("IngressRulesRevoked"), &awscdk.CfnOutputProps{
		Value: networkHygiene.CustomResource().GetAttString(jsii.String("IngressRulesRevoked")),
	})

	networkHygiene.OnIngressRuleRevoked(jsii.String("IngressRuleRevoked"), &awsevents.OnEventOptions{
		Target: awseventstargets.NewSqsQueue(awssqs.NewQueue(stack, jsii.String("Revocations"), nil), nil),
		EventPattern: &awsevents.EventPattern{
			Detail: &map[string]interface{}{"vpcId": []string{"vpc-0123456789abcdef0"}},
		},
	})

	alarms := networkHygiene.AddAlarms(&hygiene.NetworkHygieneAlarmsOptions{
		Action: awscloudwatchactions.NewSnsAction(onCall),
		StaleRulesPresent: &hygiene.AgeAlarmOptions{
			OlderThan: awscdk.Duration_Days(jsii.Number(10)),
		},
		VpnConnectionsDown: &hygiene.VpnConnectionsDownAlarmOptions{
			Threshold:         jsii.Number(2),
			EvaluationPeriods: jsii.Number(4),
			DatapointsToAlarm: jsii.Number(3),
		},
		VpnConnectionsDegraded: &hygiene.CountAlarmOptions{
			Enabled: jsii.Bool(false),
		},
		SweepMissing: &hygiene.SweepAlarmOptions{
			Period: awscdk.Duration_Minutes(jsii.Number(30)),
		},
	})
	alarms.AddOkAction(awscloudwatchactions.NewSnsAction(onCall))
	if sweepMissing := alarms.SweepMissing(); sweepMissing != nil {
		awscdk.NewCfnOutput(stack, jsii.String("Heartbeat"), &awscdk.CfnOutputProps{
			Value: sweepMissing.AlarmArn(),
		})
	}
	networkHygiene.MetricVpnConnectionsStale(&awscloudwatch.MetricOptions{
		Period: awscdk.Duration_Minutes(jsii.Number(15)),
	}).CreateAlarm(stack, jsii.String("VpnStale"), &awscloudwatch.CreateAlarmOptions{
		Threshold:         jsii.Number(1),
		EvaluationPeriods: jsii.Number(2),
	})

	network := hygiene.NewNetworkHygieneDashboard(stack, jsii.String("Dashboard"), &hygiene.NetworkHygieneDashboardProps{
		Hygienes:        &[]hygiene.NetworkHygieneBase{networkHygiene},
		DefaultInterval: awscdk.Duration_Days(jsii.Number(14)),
	})
	network.Dashboard().AddWidgets(awscloudwatch.NewTextWidget(&awscloudwatch.TextWidgetProps{
		Markdown: jsii.String("Who is on call: see the wiki"),
		Width:    jsii.Number(24),
		Height:   jsii.Number(1),
	}))
	overview := awscloudwatch.NewDashboard(stack, jsii.String("Overview"), nil)
	overview.AddWidgets(networkHygiene.FindingsWidget(&hygiene.FindingsWidgetOptions{
		Title:  jsii.String("Network"),
		Height: jsii.Number(8),
	}))
	overview.AddWidgets(*networkHygiene.Widgets()...)
	networkHygiene.FindingsFunction().GrantInvoke(engineers)
	return stack
}

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	NewNetworkStack(app, "Network")
	app.Synth(nil)
}
