module example.com/network

go 1.25

require (
	github.com/aws/aws-cdk-go/awscdk/v2 v2.263.0
	github.com/aws/constructs-go/constructs/v10 v10.6.0
	github.com/aws/jsii-runtime-go v1.140.0
	github.com/cdk-network-hygiene/cdk-network-hygiene-go/cdknetworkhygiene v0.1.0
)

// The package's go.mod asks for the versions of these assets that npm had when it was made, and a module proxy need not have them. aws-cdk-go asks for these.
replace (
	github.com/cdklabs/awscdk-asset-awscli-go/awscliv1/v2 => github.com/cdklabs/awscdk-asset-awscli-go/awscliv1/v2 v2.2.282
	github.com/cdklabs/awscdk-asset-node-proxy-agent-go/nodeproxyagentv6/v2 => github.com/cdklabs/awscdk-asset-node-proxy-agent-go/nodeproxyagentv6/v2 v2.1.2
)

// The test packaged it there.
replace github.com/cdk-network-hygiene/cdk-network-hygiene-go/cdknetworkhygiene => ../packages/go/cdknetworkhygiene
