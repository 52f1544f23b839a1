/** The versions of CDK and cdk-nag with which the AwsSolutions pack is run. docs/compliance.md lists them. */
export interface Versions {
  readonly cdk: string;
  readonly constructs: string;
  /** The versions of cdk-nag. */
  readonly nag: readonly string[];
  /** Why this version of CDK is tested. */
  readonly reason: string;
}

export const VERSIONS: readonly Versions[] = [
  { cdk: '2.189.1', constructs: '10.5.1', nag: ['2.0.0', '2.38.2'], reason: 'the lowest CDK, with the first and the last cdk-nag 2' },
  { cdk: '2.258.0', constructs: '10.5.1', nag: ['3.0.0'], reason: 'the first CDK that can run cdk-nag 3' },
  { cdk: '2.263.0', constructs: '10.6.0', nag: ['2.38.2', '3.0.2'], reason: 'the CDK of the other languages' },
  { cdk: '2.276.0', constructs: '10.6.0', nag: ['3.0.2'], reason: 'a CDK that reads brackets in the ids of rules' },
];
