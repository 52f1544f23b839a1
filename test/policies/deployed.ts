/** A deployed template: names and ARNs instead of intrinsic functions, and roles with their policies. */
import { Role, type Statement } from './simulator';

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const REGION = 'eu-central-1';

const arn = (service: string, resource: string, account = ACCOUNT): string =>
  `arn:aws:${service}:${REGION}:${account}:${resource}`;

export const arns = {
  role: (name: string, account = ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`,
  bucket: (name: string): string => `arn:aws:s3:::${name}`,
  stateMachine: (name: string): string => arn('states', `stateMachine:${name}`),
  table: (name: string): string => arn('dynamodb', `table/${name}`),
  eventBus: (name: string): string => arn('events', `event-bus/${name}`),
  topic: (name: string): string => arn('sns', name),
  prefixList: (id: string, account?: string): string => arn('ec2', `prefix-list/${id}`, account),
  networkInterface: (id: string): string => arn('ec2', `network-interface/${id}`),
  subnet: (id: string): string => arn('ec2', `subnet/${id}`),
  queue: (name: string): string => arn('sqs', name),
  lambdaFunction: (name: string): string => arn('lambda', `function:${name}`),
  stack: (name: string): string => arn('cloudformation', `stack/${name}/11111111-2222-3333-4444-555555555555`),
  trail: (name: string, account?: string): string => arn('cloudtrail', `trail/${name}`, account),
  key: (id: string): string => arn('kms', `key/${id}`),
  logGroup: (name: string): string => arn('logs', `log-group:${name}:*`),
  /** The product of the findings of an account's own programs. */
  product: (account = ACCOUNT): string => arn('securityhub', `product/${account}/default`, account),
  securityGroup: (id: string, account?: string): string => arn('ec2', `security-group/${id}`, account),
  securityGroupRule: (id: string): string => arn('ec2', `security-group-rule/${id}`),
  vpc: (id: string, account?: string): string => arn('ec2', `vpc/${id}`, account),
};

type Properties = Readonly<Record<string, unknown>>;

/** The values of Ref and Fn::GetAtt for a resource. */
interface Physical {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const PHYSICAL = new Map<string, (name: string, account: string) => Physical>([
  ['AWS::DynamoDB::Table', name => ({ ref: name, attributes: { Arn: arns.table(name) } })],
  ['AWS::EC2::SecurityGroup', name => ({ ref: name, attributes: { GroupId: name } })],
  ['AWS::EC2::VPC', name => ({ ref: name, attributes: { VpcId: name } })],
  ['AWS::Events::Rule', name => ({ ref: name, attributes: { Arn: arn('events', `rule/${name}`) } })],
  ['AWS::Events::EventBus', name => ({ ref: name, attributes: { Arn: arns.eventBus(name), Name: name } })],
  ['AWS::IAM::Role', (name, account) => ({ ref: name, attributes: { Arn: arns.role(name, account) } })],
  ['AWS::KMS::Key', name => ({ ref: name, attributes: { Arn: arns.key(name), KeyId: name } })],
  ['AWS::Lambda::Alias', name => ({ ref: arn('lambda', `function:handler:${name}`), attributes: {} })],
  ['AWS::Lambda::Function', name => ({ ref: name, attributes: { Arn: arns.lambdaFunction(name) } })],
  ['AWS::Logs::LogGroup', name => ({ ref: name, attributes: { Arn: arns.logGroup(name) } })],
  ['AWS::S3::Bucket', name => ({ ref: name, attributes: { Arn: arns.bucket(name) } })],
  ['AWS::StepFunctions::StateMachine', name => ({
    ref: arns.stateMachine(name), attributes: { Arn: arns.stateMachine(name), Name: name },
  })],
  ['AWS::SQS::Queue', name => ({
    ref: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`, attributes: { Arn: arns.queue(name), QueueName: name },
  })],
  ['AWS::SNS::Topic', name => ({ ref: arns.topic(name), attributes: { TopicArn: arns.topic(name), TopicName: name } })],
]);

const PSEUDO_PARAMETERS = new Map([
  ['AWS::Partition', 'aws'], ['AWS::Region', REGION], ['AWS::URLSuffix', 'amazonaws.com'],
]);

export interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: Properties }>>;
}

/** The handlers in the bundle. */
export type Handler =
  | 'index.handler' | 'index.change' | 'findings.handler'
  | 'index.organization' | 'index.organizationRestore' | 'index.organizationChange' | 'findings.organization';

export class Deployed {
  /**
   * @param names the names of the resources of a type, if they differ from their logical ids
   * @param account the account of the roles
   */
  constructor(
    private readonly template: Template, private readonly names: ReadonlyMap<string, string> = new Map(),
    private readonly account = ACCOUNT,
  ) {}

  /** Returns the properties of every resource of a type. */
  public all(type: string): Properties[] {
    const found = Object.values(this.template.Resources).filter(({ Type }) => Type === type);
    return found.map(({ Properties }) => this.value(Properties ?? {}) as Properties);
  }

  /** Returns the function with a handler. */
  public functionOf(handler: Handler): Properties {
    const found = this.all('AWS::Lambda::Function').find(({ Handler: own }) => own === handler);
    if (found === undefined) throw new Error(`The template has no function with the handler ${handler}`);
    return found;
  }

  public environmentOf(handler: Handler): Record<string, string> {
    return (this.functionOf(handler).Environment as { Variables: Record<string, string> }).Variables;
  }

  /** Returns the role of a function with all of its policies. */
  public roleOf(handler: Handler): Role {
    return this.roleWith(String(this.functionOf(handler).Role));
  }

  /** Returns a role with a fixed name and all of its policies; without any if there is no such role. */
  public roleNamed(name: string): Role {
    return this.roleWith(arns.role(name, this.account));
  }

  /** Returns the trust policy of a role with a fixed name. */
  public trustOf(name: string): Statement[] {
    const role = this.all('AWS::IAM::Role').find(({ RoleName }) => RoleName === name);
    return (role?.AssumeRolePolicyDocument as { Statement: Statement[] } | undefined)?.Statement ?? [];
  }

  private roleWith(roleArn: string): Role {
    const policies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap(type => this.all(type));
    const own = policies.filter(({ Roles }) => (Roles as string[]).includes(roleArn.split('/')[1]));
    const documents = own.map(({ PolicyDocument }) => PolicyDocument as { Statement: Statement[] });
    return new Role(roleArn, documents.flatMap(({ Statement: each }) => each), this.keyPolicies());
  }

  /** @throws for an unknown intrinsic function or attribute */
  public value(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(each => this.value(each));
    if (typeof value !== 'object' || value === null) return value;
    const [[name, argument] = ['', undefined]] = Object.entries(value);
    switch (name) {
      case 'Ref': return this.reference(String(argument));
      case 'Fn::GetAtt': return this.attribute(...argument as [string, string]);
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, unknown[]];
        return parts.map(part => this.value(part)).join(separator);
      }
      case 'Fn::Sub': return String(argument).replace(/\$\{([\w:]+)\}/g, (_, each: string) => String(this.value({ Ref: each })));
      case 'Fn::Select': {
        const [index, list] = argument as [number, unknown];
        return (this.value(list) as unknown[])[index];
      }
      case 'Fn::Split': {
        const [separator, text] = argument as [string, unknown];
        return String(this.value(text)).split(separator);
      }
      default: break;
    }
    if (name.startsWith('Fn::')) throw new Error(`${name} is not known here`);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.value(each)]));
  }

  private keyPolicies(): Map<string, Statement[]> {
    const keys = Object.entries(this.template.Resources).filter(([, { Type }]) => Type === 'AWS::KMS::Key');
    return new Map(keys.map(([id, { Properties }]) => {
      const { KeyPolicy } = this.value(Properties) as { KeyPolicy: { Statement: Statement[] } };
      return [this.attribute(id, 'Arn'), KeyPolicy.Statement];
    }));
  }

  private reference(id: string): string {
    return id === 'AWS::AccountId' ? this.account : PSEUDO_PARAMETERS.get(id) ?? this.physical(id).ref;
  }

  private physical(id: string): Physical {
    const { Type: type, Properties } = this.template.Resources[id] ?? { Type: '' };
    const physical = PHYSICAL.get(type);
    const name = this.names.get(type) ?? (typeof Properties?.RoleName === 'string' ? Properties.RoleName : id);
    return physical?.(name, this.account) ?? { ref: name, attributes: {} };
  }

  private attribute(id: string, name: string): string {
    const value = this.physical(id).attributes[name];
    if (value === undefined) throw new Error(`${id} has no attribute ${name} here`);
    return value;
  }
}
