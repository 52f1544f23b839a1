/** Tests which accounts are swept, and in which of them rules may be revoked. */
import { resolveAccounts } from '../../../../lambda/core/organization/accounts';
import type { Directory, KnownAccount } from '../../../../lambda/core/organization-ports';
import type { AccountsConfiguration } from '../../../../src/contract/organization';
import { awsError } from '../../../support/aws-error';

const [A, B, C, D] = ['111111111111', '222222222222', '333333333333', '444444444444'];
const UNIT = 'ou-a1b2-c3d4e5f6';
const OTHER = 'ou-a1b2-c3d4e5f7';

const active = (id: string): KnownAccount => ({ id, name: `name-${id}`, state: 'ACTIVE' });

interface World {
  readonly known?: readonly KnownAccount[] | Error;
  readonly units?: Readonly<Record<string, readonly string[] | Error>>;
}

function directory({ known = [A, B, C].map(active), units = {} }: World): Directory {
  const answer = (value: readonly string[] | Error = awsError('ParentNotFoundException', 'no')): string[] => {
    if (value instanceof Error) throw value;
    return [...value];
  };
  return {
    accounts: async () => {
      if (known instanceof Error) throw known;
      return [...known];
    },
    accountsBelow: async unit => answer(units[unit]),
    enabledRegions: async () => [],
  };
}

async function resolved(
  accounts: AccountsConfiguration, revokeIn: AccountsConfiguration | undefined, world: World = {},
): Promise<{ swept: string[]; revoking: string[]; unread: number; leftOut: readonly string[] }> {
  const found = await resolveAccounts({ accounts, revokeIn }, directory(world));
  return {
    swept: found.accounts.map(({ account }) => account), unread: found.unread.length, leftOut: found.leftOut,
    revoking: found.accounts.filter(({ mayRevoke }) => mayRevoke).map(({ account }) => account),
  };
}

const ALL: AccountsConfiguration = { kind: 'all' };
const DENIED = awsError('AccessDeniedException', 'no');

test.each<[string, AccountsConfiguration, AccountsConfiguration | undefined, World, object]>([
  ['every account, and none to revoke in by default', ALL, undefined, {}, { swept: [A, B, C], revoking: [] }],
  ['a list', { kind: 'list', ids: [B, A] }, { kind: 'list', ids: [A] }, {}, { swept: [A, B], revoking: [A] }],
  ['units, with what is below them', { kind: 'organizationalUnits', ids: [UNIT] }, ALL, { units: { [UNIT]: [A, C] } },
    { swept: [A, C], revoking: [A, C] }],
  ['all but an account and a unit', { kind: 'all', except: [A, UNIT] }, ALL, { units: { [UNIT]: [B] } },
    { swept: [C], revoking: [C] }],
  ['exceptions of revokeIn only', ALL, { kind: 'all', except: [UNIT] }, { units: { [UNIT]: [B] } },
    { swept: [A, B, C], revoking: [A, C] }],
  ['no account of revokeIn that is not swept', { kind: 'list', ids: [A] }, ALL, {}, { swept: [A], revoking: [A] }],
])('selects %s', async (_, accounts, revokeIn, world, expected) => {
  expect(await resolved(accounts, revokeIn, world)).toMatchObject({ ...expected, unread: 0, leftOut: [] });
});

test('leaves out accounts that are closed or not in the organization, and says which', async () => {
  const known = [active(A), { id: B, state: 'SUSPENDED' }, { id: C, state: 'PENDING_CLOSURE' }];
  expect(await resolved({ kind: 'list', ids: [A, B, C, D] }, ALL, { known })).toMatchObject({
    swept: [A], leftOut: [`${B}: its state is SUSPENDED`, `${C}: its state is PENDING_CLOSURE`, `${D}: not in the organization`],
  });
});

test.each<[string, AccountsConfiguration, AccountsConfiguration, World, readonly string[]]>([
  ['the accounts of the organization', { kind: 'list', ids: [A] }, { kind: 'list', ids: [A] }, { known: DENIED }, [A]],
  ['a unit of revokeIn', ALL, { kind: 'organizationalUnits', ids: [UNIT] }, { units: { [UNIT]: DENIED } }, [A, B, C]],
  ['an exception of revokeIn', ALL, { kind: 'all', except: [UNIT] }, { units: { [UNIT]: DENIED } }, [A, B, C]],
  ['an exception of accounts', { kind: 'all', except: [UNIT] }, ALL, { units: { [UNIT]: DENIED } }, [A, B, C]],
])('revokes nowhere if %s cannot be read, and sweeps all the same', async (_, accounts, revokeIn, world, swept) => {
  expect(await resolved(accounts, revokeIn, world)).toMatchObject({ swept, revoking: [], unread: 1 });
});

test('one unit that cannot be read costs only its own accounts', async () => {
  const units = { [UNIT]: DENIED, [OTHER]: [B] };
  const both: AccountsConfiguration = { kind: 'organizationalUnits', ids: [UNIT, OTHER] };
  expect(await resolved(both, both, { units })).toMatchObject({ swept: [B], revoking: [B], unread: 1 });
});
