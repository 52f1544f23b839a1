/**
 * Decides whether IAM would allow a request, with @cloud-copilot/iam-simulate and the data of the Service Authorization
 * Reference. The simulator is under the AGPL, so only tests may import it.
 */
import { runSimulation } from '@cloud-copilot/iam-simulate';

/** A statement without intrinsic functions. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | string[];
  readonly Resource?: string | string[];
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;
}

/** A request to IAM. */
export interface IamRequest {
  readonly action: string;
  /** The ARN; `*` for an action without resources. */
  readonly resource: string;
  /** Single-valued and list-valued context keys. */
  readonly context: Readonly<Record<string, string | string[]>>;
}

export type Verdict = 'Allowed' | 'ImplicitlyDenied' | 'ExplicitlyDenied';

interface Simulated {
  readonly verdict: Verdict;
  /** Context keys that the action does not support. */
  readonly unknownKeys: readonly string[];
}

/** The policies of a role, which can decide requests. */
export class Role {
  private readonly policies: Array<{ name: string; policy: object }>;
  private readonly simulated = new Map<string, Promise<Simulated>>();

  /**
   * @param keyPolicies the statements of KMS key policies by key ARN; for other keys, IAM policies decide
   * @param sessionPolicy the policy of the session in which the role acts
   */
  constructor(
    public readonly arn: string, public readonly statements: readonly Statement[],
    private readonly keyPolicies: ReadonlyMap<string, readonly Statement[]> = new Map(),
    private readonly sessionPolicy?: object,
  ) {
    this.policies = [{ name: 'policy', policy: document(statements) }];
  }

  /** Returns the role in a session with a policy, which is JSON text. */
  public inSession(policy: string): Role {
    return new Role(this.arn, this.statements, this.keyPolicies, JSON.parse(policy) as object);
  }

  /** @throws for an impossible request: its action, its resource or a context key does not exist */
  public async decide(request: IamRequest): Promise<Verdict> {
    const { verdict, unknownKeys } = await this.simulateOnce(request);
    const [key] = unknownKeys;
    if (key !== undefined) throw new Error(`${request.action} of ${request.resource} has no ${key}`);
    return verdict;
  }

  /** Whether any of the requests is allowed. Context keys that an action does not support are left out. */
  public async allowsAny(requests: readonly IamRequest[]): Promise<boolean> {
    for (const request of requests) {
      const { verdict } = await this.simulateOnce(request).catch((error: unknown) => {
        // An ARN of a version or an alias of a function has both types. Then any statement for the action counts.
        if (!String(error).includes('multiple.resource.types')) throw error;
        return { verdict: this.names(request.action) ? 'Allowed' : 'ImplicitlyDenied' };
      });
      if (verdict === 'Allowed') return true;
    }
    return false;
  }

  /** Whether a statement allows an action on any resource. */
  private names(action: string): boolean {
    const patterns = this.statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action);
    return patterns.some(pattern => new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 'i').test(action));
  }

  private simulateOnce(request: IamRequest): Promise<Simulated> {
    const key = JSON.stringify(request);
    const simulated = this.simulated.get(key) ?? this.simulate(request);
    this.simulated.set(key, simulated);
    return simulated;
  }

  private async simulate({ action, resource, context }: IamRequest): Promise<Simulated> {
    const account = this.arn.split(':')[4];
    // The default key policy of KMS says that IAM policies decide.
    const Principal = { AWS: `arn:aws:iam::${account}:root` };
    const ofIam: Statement = { Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' };
    const keyPolicy = this.keyPolicies.get(resource) ?? [ofIam];
    const resourcePolicy = action.startsWith('kms:') ? document(keyPolicy) : undefined;
    // A trail has no policy of its own. The caller's policies decide about the copy of an organization's trail. The
    // trust policy of a role is not known here: mayAssume decides by it.
    const isByCaller = /^(cloudtrail|sts):/.test(action);
    const owner = isByCaller ? account : resource.split(':')[4] || account;
    const answer = await runSimulation({
      request: {
        principal: this.arn, action, contextVariables: { ...context },
        resource: { resource, accountId: owner },
      },
      identityPolicies: this.policies, serviceControlPolicies: [], resourceControlPolicies: [], resourcePolicy,
      sessionPolicy: this.sessionPolicy,
    }, {});
    if (answer.resultType === 'error') {
      throw new Error(`${action} of ${resource} cannot be simulated: ${JSON.stringify(answer.errors)}`);
    }
    const results = answer.resultType === 'single' ? [answer.result] : answer.results;
    const unknownKeys = results.flatMap(({ ignoredContextKeys }) => ignoredContextKeys ?? []);
    return { verdict: answer.overallResult, unknownKeys };
  }
}

/** The one who asks to assume a role, and what the request says. */
export interface Assumption {
  readonly principal: string;
  readonly organizationId?: string;
  readonly externalId?: string;
}

/** Whether a principal may assume a role, if its own policies allow it to assume any role. */
export async function mayAssume(
  role: string, trust: readonly Statement[], { principal, organizationId, externalId }: Assumption,
): Promise<boolean> {
  const anyRole: Statement = { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' };
  const answer = await runSimulation({
    request: {
      principal, action: 'sts:AssumeRole', resource: { resource: role, accountId: role.split(':')[4] },
      contextVariables: {
        // A session of a role has the ARN of the role here.
        'aws:PrincipalArn': principal.replace(/:sts:(.*):assumed-role\/([^/]+)\/.*/, ':iam:$1:role/$2'),
        ...organizationId !== undefined && { 'aws:PrincipalOrgID': organizationId },
        ...externalId !== undefined && { 'sts:ExternalId': externalId },
      },
    },
    identityPolicies: [{ name: 'policy', policy: document([anyRole]) }],
    serviceControlPolicies: [], resourceControlPolicies: [], resourcePolicy: document(trust),
  }, {});
  if (answer.resultType === 'error') throw new Error(`${principal} cannot be simulated: ${JSON.stringify(answer.errors)}`);
  return answer.overallResult === 'Allowed';
}

const document = (statements: readonly Statement[]): object => ({ Version: '2012-10-17', Statement: statements });
