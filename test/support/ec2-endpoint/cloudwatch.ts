/** CloudWatch's PutMetricData, with its refusals. One bad datum fails the call. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
export interface PublishedDatum {
  readonly namespace: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string | undefined;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly timestamp: number | undefined;
}

export class CloudWatchError extends Error {
  constructor(public readonly code: string, message: string) {
    super(message);
  }
}

/** The body of a call in AWS JSON. @throws what CloudWatch refuses */
export function readPutMetricData(body: unknown): PublishedDatum[] {
  const { Namespace: namespace, MetricData: data } = body as { Namespace?: unknown; MetricData?: unknown };
  if (typeof namespace !== 'string' || !/^(?!:)[^]{1,255}$/.test(namespace)) throw invalid('Namespace', namespace);
  if (namespace.startsWith('AWS/')) throw invalid('Namespace', namespace);
  if (!Array.isArray(data) || data.length === 0) throw new CloudWatchError('MissingRequiredParameterException', 'The parameter MetricData is required.');
  if (data.length > 1000) throw invalid('MetricData', `a list of ${data.length}, of at most 1000`);
  return data.map(datum => readDatum(namespace, datum as Record<string, unknown>));
}

function readDatum(namespace: string, { MetricName: name, Value: value, Unit: unit, Dimensions: dimensions = [], Timestamp: timestamp }: Record<string, unknown>): PublishedDatum {
  if (typeof name !== 'string' || !/^[^]{1,255}$/.test(name)) throw invalid('MetricName', name);
  if (typeof value !== 'number' || !Number.isFinite(value) || Math.abs(value) > 2 ** 360) throw invalid('Value', value);
  if (!Array.isArray(dimensions) || dimensions.length > 30) throw invalid('Dimensions', 'more than 30');
  const read = dimensions.map(({ Name, Value }: { Name?: unknown; Value?: unknown }) => {
    if (typeof Name !== 'string' || !/^(?!:)[\x20-\x7e]{1,255}$/.test(Name)) throw invalid('Dimensions.Name', Name);
    if (typeof Value !== 'string' || !/^(?=.*\S)[\x20-\x7e]{1,1024}$/.test(Value)) throw invalid('Dimensions.Value', Value);
    return [Name, Value];
  });
  return { namespace, name, value, unit: typeof unit === 'string' ? unit : undefined, dimensions: Object.fromEntries(read), timestamp: typeof timestamp === 'number' ? timestamp : undefined };
}

const invalid = (parameter: string, value: unknown): CloudWatchError =>
  new CloudWatchError('InvalidParameterValueException', `The parameter ${parameter} has the value ${JSON.stringify(value)}, which is not allowed.`);
