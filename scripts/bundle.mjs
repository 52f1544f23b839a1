// Bundles the handler into assets/handler, ahead of publishing: who uses the library needs no bundler and no Docker.
// Usage: node scripts/bundle.mjs [folder], or node scripts/bundle.mjs --sdk <file> [package to leave out] for the benchmark
// Three files: sdk.mjs, what is used of the AWS SDK, minified; index.mjs and findings.mjs, the code of the handler and of the findings table, with its names
// and lines, readable in a stack trace. Two more are loaded only by a sweep that looks for unused security groups: holders-sdk.mjs and holders.mjs, likewise. Only a function that imports findings into Security Hub loads security-hub-imports.mjs. Without arguments, it also bundles the command line into assets/cli, in one file of its own.
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { thirdPartyLicenses } from './third-party-licenses.mjs';

const at = path => fileURLToPath(new URL(`../${path}`, import.meta.url));

/**
 * The limit for all files together. A larger bundle makes cold starts slower; `npm run bench:bundle` measures by how much. The clients of EventBridge and SNS
 * take 19,000 bytes each, as `--sdk` without each of them shows. The last raises are for the handler's own code, and added no dependency: from 480,000 for
 * pausing, reading the ledger item by item and isolating failures; from 540,000 for runs of some groups, the configuration in the ledger, the allowance and the
 * forecast; from 600,000 for the endpoints of the function's VPC and the reports on VPN connections. The raise from 760,000 is for the function that changes
 * trigger: the clients of SQS and CloudFormation take 20,000 bytes each, those of Lambda and CloudTrail 39,000 each, and its own code 55,000. The raise from 950,000 is for
 * deciding about, recording and reporting unused security groups. The raise from 1,000,000 is for the runs of an organization, which take 66,000 bytes; the
 * clients that only they need are in a file of their own. The raise from 1,100,000 is for the findings table of an organization, which takes 33,000 bytes; only
 * its function loads that file. The raise from 1,150,000 is for revocation windows, the final notice, approvals, exemptions with a date, chat messages and Security
 * Hub; they added no dependency to these files.
 */
const BUDGET_BYTES = 1_225_000;

/**
 * The limit for the two files of the search for unused security groups. No other sweep loads them, so they cost no cold start. The clients of forty services
 * take 25,000 bytes each on average.
 */
const HOLDERS_BUDGET_BYTES = 1_150_000;

/** The limit for the SDK's part that only the hub of an organization loads. */
const ORGANIZATION_BUDGET_BYTES = 600_000;

/** The limit for the import of findings into Security Hub. The client for it is in `sdk.mjs`, and takes 1,000 bytes, because it shares the code of another one. */
const SECURITY_HUB_BUDGET_BYTES = 80_000;

/** The limit for the command line. Most of it is the SDK with every way to get credentials. */
const CLI_BUDGET_BYTES = 800_000;

const resolve = {
  // Without this, `main` would win: the CommonJS build of each SDK package, whose unused code cannot be removed.
  mainFields: ['module', 'main'],
  alias: { '@smithy/core/event-streams': at('bundle/event-streams.ts') },
};

const options = {
  platform: 'node',
  cwd: at('.'),
  resolve: { ...resolve, alias: { ...resolve.alias, '@aws-sdk/credential-provider-node': at('bundle/credentials.ts') } },
  transform: { target: 'node22' },
  onLog(level, log, defaultHandler) {
    if (level === 'warn' && log.code !== 'CIRCULAR_DEPENDENCY') throw new Error(`${log.code}: ${log.message}`);
    if (level !== 'warn') defaultHandler(level, log);
  },
};
/** The modules that are files of their own. All but `sdk` are imported at run time. */
const OTHER_FILES = ['sdk', 'holders-sdk', 'holders', 'organization-sdk', 'security-hub-imports'];
const othersAreFiles = {
  name: 'others-are-files',
  resolveId: (source, importer) => {
    const name = importer && OTHER_FILES.find(each => source.endsWith(`/${each}`));
    return name && { id: `./${name}.mjs`, external: true };
  },
};

async function bundleHandler(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const sdk = await bundleSdk(`${folder}/sdk.mjs`);
  const organizationSdk = await write({ ...options, input: at('bundle/organization-sdk.ts') }, { file: `${folder}/organization-sdk.mjs`, minify: true });
  const holdersSdk = await write({ ...options, input: at('bundle/holders-sdk.ts') }, { file: `${folder}/holders-sdk.mjs`, minify: true });
  const entries = [
    ['index', 'index.mjs'], ['findings', 'findings.mjs'], ['aws/holders/index', 'holders.mjs'],
    ['core/security-hub/security-hub-imports', 'security-hub-imports.mjs'],
  ];
  for (const [entry, file] of entries) {
    const input = { ...options, input: at(`lambda/${entry}.ts`), plugins: [othersAreFiles] };
    await write(input, { file: `${folder}/${file}`, minify: { compress: true, mangle: false, codegen: false } });
  }
  const sizeOf = files => files.reduce((sum, file) => sum + statSync(`${folder}/${file}`).size, 0);
  return {
    bytes: sizeOf(['findings.mjs', 'index.mjs', 'sdk.mjs']), holdersBytes: sizeOf(['holders.mjs', 'holders-sdk.mjs']),
    organizationBytes: sizeOf(['organization-sdk.mjs']), securityHubBytes: sizeOf(['security-hub-imports.mjs']),
    moduleIds: [...sdk.moduleIds, ...holdersSdk.moduleIds, ...organizationSdk.moduleIds],
  };
}

/** On a laptop, credentials come from anywhere, so the SDK's own chain stays. */
async function bundleCli(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const chunk = await write(
    // The package supports Node.js 20.
    { ...options, resolve, transform: { target: 'node20' }, input: at('cli/index.ts') },
    { file: `${folder}/index.mjs`, minify: true, banner: '#!/usr/bin/env node' },
  );
  return { bytes: statSync(`${folder}/index.mjs`).size, moduleIds: chunk.moduleIds };
}

/** @param without a package to leave out */
function bundleSdk(file, without) {
  const leaveOut = { name: 'leave-out', transform: (code, id) => id.endsWith('/bundle/sdk.ts') ? code.replace(new RegExp(`export \\{[^}]*\\} from ['"]${without}['"];`), '') : undefined };
  return write({ ...options, input: at('bundle/sdk.ts'), plugins: without ? [leaveOut] : [] }, { file, minify: true });
}

async function write(input, output) {
  const bundle = await rolldown(input);
  const result = await bundle.write({ format: 'esm', codeSplitting: false, comments: false, ...output });
  if (result.output.length !== 1) throw new Error(`expected one file, got ${result.output.map(each => each.fileName)}`);
  const [chunk] = result.output;
  const isKnown = each => each.startsWith('node:') || builtinModules.includes(each) || OTHER_FILES.some(name => each === `./${name}.mjs`);
  // A module that is imported at run time becomes part of the importing file, unless it is a file of its own.
  const left = [...chunk.imports, ...chunk.dynamicImports].filter(each => each !== chunk.fileName && !isKnown(each));
  if (left.length > 0) throw new Error(`not bundled into ${basename(output.file)}: ${left}`);
  console.log(`${basename(output.file)} ${Buffer.byteLength(chunk.code)} bytes, sha256 ${createHash('sha256').update(chunk.code).digest('hex').slice(0, 16)}`);
  return chunk;
}

const [first, file, without] = process.argv.slice(2);
if (first === '--sdk') {
  await bundleSdk(file, without);
} else {
  const handler = await bundleHandler(first ?? at('assets/handler'));
  if (handler.bytes > BUDGET_BYTES) throw new Error(`The handler has grown to ${handler.bytes} bytes; its budget is ${BUDGET_BYTES}`);
  if (handler.holdersBytes > HOLDERS_BUDGET_BYTES) {
    throw new Error(`The search for unused security groups has grown to ${handler.holdersBytes} bytes; its budget is ${HOLDERS_BUDGET_BYTES}`);
  }
  if (handler.organizationBytes > ORGANIZATION_BUDGET_BYTES) {
    throw new Error(`The SDK's part for organizations has grown to ${handler.organizationBytes} bytes; its budget is ${ORGANIZATION_BUDGET_BYTES}`);
  }
  if (handler.securityHubBytes > SECURITY_HUB_BUDGET_BYTES) {
    throw new Error(`The import into Security Hub has grown to ${handler.securityHubBytes} bytes; its budget is ${SECURITY_HUB_BUDGET_BYTES}`);
  }
  const cli = first === undefined ? await bundleCli(at('assets/cli')) : { bytes: 0, moduleIds: [] };
  if (cli.bytes > CLI_BUDGET_BYTES) throw new Error(`The command line has grown to ${cli.bytes} bytes; its budget is ${CLI_BUDGET_BYTES}`);
  const licenses = thirdPartyLicenses([...new Set([...handler.moduleIds, ...cli.moduleIds])]);
  if (first === undefined) writeFileSync(at('assets/THIRD_PARTY_LICENSES'), licenses);
}
