/** Tests what the handler gets from each selection of accounts, and what is refused. */
import { CfnParameter, Lazy } from 'aws-cdk-lib';
import { HygieneAccounts } from '../src';
import { aStack } from './support/synthesized-stack';
import { MOST_IDS } from '../src/contract/decode-organization';

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const UNIT = 'ou-a1b2-c3d4e5f6';
const ROOT = 'r-a1b2';

it.each([
  ['a list', HygieneAccounts.list([ACCOUNT, OTHER]), { kind: 'list', ids: [ACCOUNT, OTHER] }],
  [
    'a list without the accounts of a unit', HygieneAccounts.list([ACCOUNT], { except: [UNIT] }),
    { kind: 'list', ids: [ACCOUNT], except: [UNIT] },
  ],
  [
    'units', HygieneAccounts.organizationalUnits([UNIT, ROOT]), { kind: 'organizationalUnits', ids: [UNIT, ROOT] },
  ],
  [
    'units without an account', HygieneAccounts.organizationalUnits([ROOT], { except: [ACCOUNT, UNIT] }),
    { kind: 'organizationalUnits', ids: [ROOT], except: [ACCOUNT, UNIT] },
  ],
  ['all', HygieneAccounts.all(), { kind: 'all' }],
  ['all but one', HygieneAccounts.all({ except: [OTHER] }), { kind: 'all', except: [OTHER] }],
])('%s reaches the handler as it is declared', (_, { _configuration }, expected) => {
  expect(JSON.parse(JSON.stringify(_configuration))).toEqual(expected);
});

const AN_ACCOUNT = 'give the id of an account as a text of 12 digits';
const A_UNIT = 'give the id of an organizational unit or root, such as ou-a1b2-c3d4e5f6 or r-a1b2';

it.each<[string, () => unknown, string]>([
  ['no accounts', () => HygieneAccounts.list([]), 'HygieneAccounts.list: accountIds: got []; give at least one id'],
  [
    'no units', () => HygieneAccounts.organizationalUnits([]),
    'HygieneAccounts.organizationalUnits: organizationalUnitIds: got []; give at least one id',
  ],
  [
    'an empty list of exceptions', () => HygieneAccounts.all({ except: [] }),
    'HygieneAccounts.all: except: got []; leave it out to leave out none',
  ],
  [
    'an account as a number, which loses leading zeros', () => HygieneAccounts.list([ACCOUNT, 12345678901 as never]),
    `HygieneAccounts.list: accountIds[1]: got 12345678901; ${AN_ACCOUNT}, such as '011122223333'; a number loses its leading zeros`,
  ],
  ['a wildcard', () => HygieneAccounts.list(['*']), `HygieneAccounts.list: accountIds[0]: got "*"; ${AN_ACCOUNT}`],
  [
    'a unit among accounts', () => HygieneAccounts.list([UNIT]),
    `HygieneAccounts.list: accountIds[0]: got "${UNIT}"; ${AN_ACCOUNT}`,
  ],
  [
    'an account among units', () => HygieneAccounts.organizationalUnits([ACCOUNT]),
    `HygieneAccounts.organizationalUnits: organizationalUnitIds[0]: got "${ACCOUNT}"; ${A_UNIT}`,
  ],
  [
    'the name of a unit as an exception', () => HygieneAccounts.all({ except: ['Sandbox'] }),
    'HygieneAccounts.all: except[0]: got "Sandbox"; give the id of an account (12 digits) or of an organizational unit (ou-…)',
  ],
  ['a text', () => HygieneAccounts.list(ACCOUNT as never), `HygieneAccounts.list: accountIds: got "${ACCOUNT}"; give a list`],
  [
    'a text, with an example of a list', () => HygieneAccounts.list(ACCOUNT as never),
    "give a list of plain texts, such as ['111122223333']",
  ],
  [
    'accounts one by one', () => HygieneAccounts.list(ACCOUNT as never, OTHER as never),
    `HygieneAccounts.list: got "${OTHER}" as options; put all ids into one list: list(["${ACCOUNT}", "${OTHER}"])`,
  ],
  [
    'units after a list', () => HygieneAccounts.organizationalUnits([ROOT], UNIT as never),
    `HygieneAccounts.organizationalUnits: got "${UNIT}" as options; put all ids into one list: organizationalUnits(["${ROOT}", "${UNIT}"])`,
  ],
  ['nothing', () => HygieneAccounts.list(undefined as never), 'HygieneAccounts.list: accountIds: got undefined; give a list'],
  ['null as exceptions', () => HygieneAccounts.all({ except: null as never }), 'HygieneAccounts.all: except: got null; give'],
  [
    'an id that is selected and left out', () => HygieneAccounts.list([ACCOUNT, OTHER], { except: [OTHER] }),
    `HygieneAccounts.list: except[0]: got "${OTHER}", which accountIds names, too; leave out one of the two`,
  ],
  [
    'more ids than the configuration has room for',
    () => HygieneAccounts.list(Array.from({ length: MOST_IDS + 1 }, (_, index) => String(index).padStart(12, '0'))),
    `HygieneAccounts.list: accountIds: got ${MOST_IDS + 1} ids; give at most ${MOST_IDS}`,
  ],
])('%s is refused', (_, select, message) => {
  expect(select).toThrow(message);
});

describe('a value that is known at deployment only is refused', () => {
  const parameter = new CfnParameter(aStack(), 'Accounts', { type: 'CommaDelimitedList' }).valueAsList;

  it.each<[string, () => unknown, string]>([
    [
      'as an id', () => HygieneAccounts.list([aStack().account]),
      'HygieneAccounts.list: accountIds[0]: got a text that is known at deployment only; give the id of an account',
    ],
    [
      'as a list', () => HygieneAccounts.organizationalUnits(parameter),
      'organizationalUnitIds: got a list that is known at deployment only; give a list of plain texts',
    ],
    [
      'as an exception', () => HygieneAccounts.all({ except: [Lazy.string({ produce: () => UNIT })] }),
      'HygieneAccounts.all: except[0]: got a text that is known at deployment only; give the id',
    ],
    [
      'as the exceptions', () => HygieneAccounts.all({ except: parameter }),
      'HygieneAccounts.all: except: got a list that is known at deployment only; give a list of plain texts',
    ],
  ])('%s', (_, select, message) => {
    expect(select).toThrow(message);
  });
});
