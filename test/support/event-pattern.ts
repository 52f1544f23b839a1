/**
 * Decides whether EventBridge would match an event with a pattern. It knows the operators that this library uses, and
 * throws for others.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export type Pattern = Readonly<Record<string, unknown>>;

export function matches(pattern: Pattern, event: unknown): boolean {
  return Object.entries(pattern).every(([key, wanted]) => {
    if (key === '$or') return (wanted as Pattern[]).some(each => matches(each, event));
    const field = isObject(event) ? event[key] : undefined;
    return Array.isArray(wanted) ? wanted.some(each => matchesField(each, field)) : matches(wanted as Pattern, field);
  });
}

function matchesField(matcher: unknown, field: unknown): boolean {
  const values = valuesOf(field);
  if (!isObject(matcher)) return values.includes(matcher);
  const [[operator, argument], ...others] = Object.entries(matcher);
  if (others.length > 0) throw new Error(`${JSON.stringify(matcher)} has more than one operator`);
  switch (operator) {
    // An object is no value: `exists` is about leaves.
    case 'exists': return argument === values.length > 0;
    // A field that is absent has no value that differs.
    case 'anything-but': return values.some(value => ![argument].flat().includes(value));
    default: throw new Error(`The operator ${operator} is not known here`);
  }
}

/** A list in an event matches if one of its members does. */
function valuesOf(field: unknown): unknown[] {
  if (Array.isArray(field)) return field.flatMap(valuesOf);
  return field === undefined || isObject(field) ? [] : [field];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
