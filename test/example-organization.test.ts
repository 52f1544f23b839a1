/** Tests the example of an organization as the CDK synthesizes it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXAMPLE_CONTEXT } from './support/example-context';
import { SynthesizedApp } from './support/synthesized-app';

const CONTEXT = EXAMPLE_CONTEXT.organization;

interface Manifest {
  readonly artifacts: Record<string, {
    readonly type: string;
    readonly dependencies?: string[];
    readonly metadata?: Record<string, ReadonlyArray<{ readonly type: string; readonly data: unknown }>>;
  }>;
}

describe('with the context of a user', () => {
  const app = SynthesizedApp.fromExample('organization');
  const { artifacts } = JSON.parse(readFileSync(join(app.folder, 'manifest.json'), 'utf8')) as Manifest;
  afterAll(() => app.dispose());

  it('the hub is deployed after its members', () => {
    const dependencies = artifacts.HygieneHub.dependencies?.filter(each => artifacts[each].type === 'aws:cloudformation:stack');
    expect(dependencies?.sort()).toEqual(['HygieneManagementMember', 'HygieneMembers']);
    for (const member of ['HygieneManagementMember', 'HygieneMembers']) {
      expect(artifacts[member].dependencies?.filter(each => each.startsWith('Hygiene')))
        .toEqual([`${member}.assets`]);
    }
  });

  it('there are no warnings', () => {
    const said = Object.values(artifacts).flatMap(({ metadata = {} }) => Object.values(metadata).flat())
      .filter(({ type }) => ['aws:cdk:warning', 'aws:cdk:error'].includes(type));
    expect(said).toEqual([]);
  });
});

it.each(Object.keys(CONTEXT))('is refused without %s, so that it names no account but those of the user', missing => {
  const context = Object.fromEntries(Object.entries(CONTEXT).filter(([key]) => key !== missing));
  expect(() => SynthesizedApp.fromExample('organization', context)).toThrow(
    `${missing}: not as a text in "context" of cdk.json; add it, or give -c ${missing}=...`,
  );
});
