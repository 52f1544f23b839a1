/**
 * Takes the ids of what a call changed from a record of CloudTrail.
 *
 * EC2 has two renderings of a call, and a list may be an array or an object in either. So the ids are found by their
 * keys, no matter what is around them, and believed only if they have the form of EC2's ids. Nothing else of the
 * request or of the response is taken.
 */

/** The ids of a kind. */
type IdKind = 'group' | 'rule' | 'peering' | 'transitGateway' | 'transitGatewayAttachment' | 'vpc';

export type Ids = Readonly<Record<IdKind, readonly string[]>>;

/**
 * A call changes the rules of one group, which can have 1,000 rules. A record with more ids than this is not one of
 * EC2.
 */
const MOST_IDS = 2000;

/** The kind of the ids under a key. Keys are compared in lower case, and those of a list end in `s`. */
const KINDS: ReadonlyMap<string, IdKind> = new Map([
  ['groupid', 'group'],
  ['securitygroupid', 'group'],
  ['securitygroupruleid', 'rule'],
  ['vpcpeeringconnectionid', 'peering'],
  ['transitgatewayid', 'transitGateway'],
  ['transitgatewayattachmentid', 'transitGatewayAttachment'],
  ['vpcid', 'vpc'],
]);

const PREFIXES: Readonly<Record<IdKind, string>> = {
  group: 'sg',
  rule: 'sgr',
  peering: 'pcx',
  transitGateway: 'tgw',
  transitGatewayAttachment: 'tgw-attach',
  vpc: 'vpc',
};

/**
 * EC2's ids have 8 or 17 hexadecimal digits. It refuses a whole call with an id of another form, such as `sg-EXAMPLE1`,
 * so this counts as no id. Fewer digits are accepted: they occur in tests, and a group that EC2 refuses is isolated.
 */
const DIGITS = '([0-9a-f]{1,8}|[0-9a-f]{17})';

const FORMS = new Map(Object.entries(PREFIXES).map(([kind, prefix]) => [kind, new RegExp(`^${prefix}-${DIGITS}$`)]));

/**
 * Keys that describe the traffic of rules, or tags. A group in there is the source of a rule. The call did not change
 * it.
 */
const DESCRIPTIONS =
  /^(ip(v6)?ranges?|(unknown)?ippermissions?(ingress|egress)?(set)?|groups?(set)?|useridgrouppairs?(set)?|referenced.*|source.*|prefixlist.*|tags?|tagset|tagspecifications?(set)?)$/;

/**
 * Returns the ids in values of unknown shape, each once, in the order in which they stand.
 *
 * It keeps its own stack, because a value may be nested deeper than calls can be.
 *
 * @returns undefined if there are more than {@link MOST_IDS}
 */
export function idsIn(...values: readonly unknown[]): Ids | undefined {
  const found = new Map<IdKind, Set<string>>();
  let count = 0;
  const stack: Array<{ readonly value: unknown; readonly kind?: IdKind }> = [];
  const push = (entries: ReadonlyArray<{ readonly value: unknown; readonly kind?: IdKind }>): void => {
    for (let index = entries.length - 1; index >= 0; index--) stack.push(entries[index]);
  };
  push(values.map(value => ({ value })));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value, kind } = next;
    if (Array.isArray(value)) {
      push(value.map((each: unknown) => ({ value: each, kind })));
    } else if (typeof value === 'object' && value !== null) {
      push(Object.entries(value).flatMap(([key, each]: [string, unknown]) => {
        const name = key.toLowerCase();
        // A list may put its entries under a key of its own, so an unknown key keeps the kind of the one above.
        return DESCRIPTIONS.test(name) ? [] : [{ value: each, kind: KINDS.get(name.replace(/s$/, '')) ?? kind }];
      }));
    } else if (typeof value === 'string' && kind !== undefined && FORMS.get(kind)?.test(value)) {
      const ids = found.get(kind) ?? new Set();
      found.set(kind, ids.add(value));
      count = [...found.values()].reduce((sum, { size }) => sum + size, 0);
      if (count > MOST_IDS) return undefined;
    }
  }
  const of = (kind: IdKind): string[] => [...found.get(kind) ?? []];
  return {
    group: of('group'),
    rule: of('rule'),
    peering: of('peering'),
    transitGateway: of('transitGateway'),
    transitGatewayAttachment: of('transitGatewayAttachment'),
    vpc: of('vpc'),
  };
}
