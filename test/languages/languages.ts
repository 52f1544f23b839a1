/**
 * How users of each language package, install and run the library, in a folder with the bindings in `packages` and the
 * apps beside it.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { page } from '../support/pages';
import { run } from '../support/programs';

export interface Packaged {
  /** The folder of this run. */
  readonly folder: string;
  readonly version: string;
}

export interface Language {
  readonly name: string;
  /** The name of the language for jsii-pacmak, and of the folder of its app. */
  readonly target: string;
  /** The programs that it needs. If one is missing, the language is skipped. */
  readonly needs: readonly string[];
  /** The steps in order. If there is an app, the last one synthesizes into CDK_OUTDIR. */
  readonly steps: ReadonlyArray<
    readonly [what: string, work: (packaged: Packaged, env: Readonly<Record<string, string>>) => Promise<void>]
  >;
  /** Whether there is no app to compare. */
  readonly isPackagedOnly?: boolean;
}

const python = (folder: string): string => join(folder, 'python', '.venv', 'bin', 'python');
const only = (folder: string, extension: string): string => {
  const files = readdirSync(folder).filter(file => file.endsWith(extension));
  if (files.length !== 1) throw new Error(`${folder} holds ${files.length} files that end with ${extension}, not one`);
  return join(folder, files[0]);
};

/** The apps that a reader of the page has after each of its steps. */
function pythonSnippets(): Record<'look' | 'revoke', string> {
  const [report, look, revoke] = page('docs/python.md').snippetsIn('python').map(({ text }) => text);
  const insertedAt = (line: RegExp, text: string): string => {
    if (!line.test(report)) throw new Error(`The first snippet of docs/python.md has no line ${line.source}`);
    return report.replace(line, () => text);
  };
  return {
    look: insertedAt(/^app\.synth\(\)$/m, `${look}\napp.synth()`),
    revoke: insertedAt(/^hygiene = .*$/m, revoke),
  };
}

export const TYPESCRIPT: Language = {
  name: 'TypeScript',
  target: 'typescript',
  needs: ['npm'],
  steps: [
    [
      'packages and installs',
      async ({ folder }) => {
        await run(join(folder, 'source'), [
          'npm',
          'pack',
          '--ignore-scripts',
          '--pack-destination',
          join(folder, 'typescript'),
        ]);
        await run(join(folder, 'typescript'), [
          'npm',
          'install',
          '--ignore-scripts',
          '--no-audit',
          '--no-fund',
          only(join(folder, 'typescript'), '.tgz'),
        ]);
      },
    ],
    [
      'type-checks',
      ({ folder }) =>
        run(join(folder, 'typescript'), [
          process.execPath,
          require.resolve('typescript/bin/tsc'),
          '--noEmit',
          '--strict',
          '--module',
          'node16',
          '--target',
          'es2022',
          '--skipLibCheck',
          'app.ts',
        ]),
    ],
    [
      'synthesizes',
      ({ folder }, env) =>
        run(
          join(folder, 'typescript'),
          [process.execPath, '--import', pathToFileURL(require.resolve('tsx')).href, 'app.ts'],
          env,
        ),
    ],
  ],
};

export const LANGUAGES: readonly Language[] = [
  {
    name: 'Python',
    target: 'python',
    needs: ['python3'],
    steps: [
      ['makes an environment', ({ folder }) => run(join(folder, 'python'), ['python3', '-m', 'venv', '.venv'])],
      [
        'packages',
        ({ folder }) =>
          run(join(folder, 'packages', 'python'), [
            python(folder),
            '-m',
            'pip',
            'wheel',
            '--no-deps',
            '--wheel-dir',
            'dist',
            '.',
          ]),
      ],
      // The wheel on the command line satisfies requirements.txt, even if an index has a package of this name.
      [
        'installs',
        ({ folder }) =>
          run(join(folder, 'python'), [
            python(folder),
            '-m',
            'pip',
            'install',
            '-r',
            'requirements.txt',
            only(join(folder, 'packages', 'python', 'dist'), '.whl'),
          ]),
      ],
      ['synthesizes the snippets of docs/python.md', async ({ folder }) => {
        const app = join(folder, 'python');
        for (const [name, text] of Object.entries(pythonSnippets())) {
          writeFileSync(join(app, `${name}.py`), text);
          await run(app, [python(folder), `${name}.py`], { CDK_OUTDIR: join(app, name) });
        }
      }],
      ['synthesizes', ({ folder }, env) => run(join(folder, 'python'), [python(folder), 'app.py'], env)],
    ],
  },
  {
    name: 'Java',
    target: 'java',
    needs: ['java', 'mvn'],
    steps: [
      [
        'packages, compiles and synthesizes',
        ({ folder, version }, env) => {
          // One Maven build contains both, so Maven passes the package to the app, and nothing stays in the user's
          // local repository.
          writeFileSync(
            join(folder, 'pom.xml'),
            `<project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion><groupId>com.example</groupId><artifactId>both</artifactId><version>1.0</version><packaging>pom</packaging>
          <modules><module>packages/java</module><module>java</module></modules>
        </project>`,
          );
          const asNotPublished = ['-Dmaven.javadoc.skip=true', '-Dmaven.source.skip=true'];
          return run(
            folder,
            [
              'mvn',
              '--batch-mode',
              '--no-transfer-progress',
              ...asNotPublished,
              `-Dcdk-network-hygiene.version=${version}`,
              'package',
            ],
            {
              ...env,
              // Java ignores TMPDIR, and jsii's runtime leaves a folder behind.
              JAVA_TOOL_OPTIONS: `-Djava.io.tmpdir=${folder}`,
            },
          );
        },
      ],
    ],
  },
  {
    name: 'Go',
    target: 'go',
    needs: ['go'],
    steps: [
      ['compiles', ({ folder }) => run(join(folder, 'go'), ['go', 'build', '-mod=mod', '-o', 'network', '.'])],
      ['synthesizes', ({ folder }, env) => run(join(folder, 'go'), [join(folder, 'go', 'network')], env)],
    ],
  },
  {
    name: '.NET',
    target: 'dotnet',
    needs: ['dotnet'],
    steps: [
      [
        'packages',
        ({ folder }) =>
          run(join(folder, 'packages', 'dotnet', 'CdkNetworkHygiene'), [
            'dotnet',
            'pack',
            '--configuration',
            'Release',
            '--output',
            'dist',
          ]),
      ],
    ],
    isPackagedOnly: true,
  },
];
