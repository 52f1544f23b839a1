/**
 * An app that is deployed into a world of the command line: its stack is in CloudFormation, its function in Lambda, and
 * its configuration in the ledger, because the bundled handler has had the request of the custom resource.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CliWorld } from './world';
import { FINGERPRINT_PROPERTY } from '../../../src/contract/names';
import { Deployed, type Template } from '../../policies/deployed';
import { customResourceEvent, ResponseBucket } from '../../support/cloudformation';
import { SCHEDULED } from '../../support/deployment';
import type { FunctionOutcome, Stack, StackParameter } from '../../support/ec2-endpoint';
import { type InvocationOptions, type InvocationOutcome, LambdaProcess } from '../../support/lambda-process';
import { HANDLER_FOLDER } from '../../wire/world';

export const FUNCTION_NAME = 'handler';

export interface DeployOptions {
  /** The name of the stack. Default: that of the only template. */
  readonly stackName?: string;
  /** The physical ids of the resources of a type. */
  readonly names?: Readonly<Record<string, string>>;
  readonly parameters?: readonly StackParameter[];
  /** The values of exports, by their names. */
  readonly imports?: Readonly<Record<string, string>>;
  /** The time by which the clock of the function is ahead. It may be negative. */
  readonly clockOffsetMillis?: number;
}

export class DeployedApp {
  /** Deploys the stack, as a new one or as an update. @throws when the custom resource fails */
  public static async deploy(world: CliWorld, folder: string, options: DeployOptions = {}): Promise<DeployedApp> {
    const { parameters, clockOffsetMillis } = options;
    const stackName = options.stackName ?? onlyStack(folder);
    const text = readFileSync(join(folder, `${stackName}.template.json`), 'utf8');
    const template = JSON.parse(text, imported(options.imports ?? {})) as Template;
    const names = new Map(Object.entries({
      'AWS::DynamoDB::Table': world.dynamoDb.tableName, 'AWS::Lambda::Function': FUNCTION_NAME, ...options.names,
    }));
    const deployed = new Deployed(template, names);
    const resources = Object.entries(template.Resources).map(([logicalId, { Type }]) =>
      ({ logicalId, physicalId: String(deployed.value({ Ref: logicalId })), type: Type }));
    const stack = world.ec2.addStack({ stackName, resources, parameters });
    const app = new DeployedApp(world, stack, deployed, await startLambda(world, deployed, clockOffsetMillis));
    await app.sendRequest(await bucketOf(world));
    world.ec2.addFunction(FUNCTION_NAME, {
      aliases: deployed.all('AWS::Lambda::Alias').map(({ Name }) => String(Name)),
      environment: deployed.environmentOf('index.handler'),
      run: ({ payload, qualifier }) => app.run(payload, { qualifier }),
    });
    return app;
  }

  private constructor(
    private readonly world: CliWorld, public readonly stack: Stack, public readonly deployed: Deployed,
    private readonly lambda: LambdaProcess,
  ) {}

  /** Returns the same app at another time. */
  public async at(clockOffsetMillis: number): Promise<DeployedApp> {
    const { world, stack, deployed } = this;
    return new DeployedApp(world, stack, deployed, await startLambda(world, deployed, clockOffsetMillis));
  }

  /** Runs a scheduled sweep. */
  public sweep(): Promise<InvocationOutcome> {
    return this.lambda.invoke(SCHEDULED);
  }

  /** Runs the function, as Lambda does for an invocation that waits for its result. */
  private async run(payload: unknown, options: InvocationOptions): Promise<FunctionOutcome> {
    const { result, error } = await this.lambda.invoke(payload, undefined, options);
    return error === undefined ? { result } : { error };
  }

  private async sendRequest(bucket: ResponseBucket): Promise<void> {
    const [properties] = this.deployed.all('Custom::NetworkHygiene');
    if (!(FINGERPRINT_PROPERTY in properties)) throw new Error('The template has no custom resource of this version');
    const event = customResourceEvent('Create', bucket.url, properties);
    await this.lambda.invoke({ ...event, StackId: this.stack.stackId });
    const answer = bucket.received.at(-1)?.body;
    if (answer?.Status !== 'SUCCESS') throw new Error(`The deployment failed: ${answer?.Reason}\n${this.lambda.printed}`);
  }
}

/** Replaces imports while JSON is parsed. */
const imported = (values: Readonly<Record<string, string>>) => (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'Fn::ImportValue' in value
    ? values[String(value['Fn::ImportValue'])] : value;

async function startLambda(
  world: CliWorld, deployed: Deployed, clockOffsetMillis: number | undefined,
): Promise<LambdaProcess> {
  const lambda = await LambdaProcess.start({
    handlerFolder: HANDLER_FOLDER, functionName: FUNCTION_NAME, endpointUrl: world.ec2.url,
    dynamoDbUrl: world.dynamoDb.url, env: deployed.environmentOf('index.handler'), clockOffsetMillis,
  });
  world.atEnd.push(() => lambda.release());
  return lambda;
}

function onlyStack(folder: string): string {
  const [stack, ...others] = readdirSync(folder).flatMap(name => /^(.+)\.template\.json$/.exec(name)?.[1] ?? []);
  if (stack === undefined || others.length > 0) throw new Error(`${folder} has not one template`);
  return stack;
}

/** The bucket stops with the world. */
async function bucketOf(world: CliWorld): Promise<ResponseBucket> {
  const bucket = await ResponseBucket.start();
  world.atEnd.push(() => bucket.stop());
  return bucket;
}
