// Keeps CHANGELOG.md, in the current folder, at a release. The release workflow runs it; so can a person.
// Usage: node scripts/changelog.mjs <version> <YYYY-MM-DD>      heads what is unreleased with the version and the date
//        node scripts/changelog.mjs <version> --notes <file>   writes the release's notes, and leaves CHANGELOG.md alone
// A version may be given as its tag, such as v1.2.3.
import { readFileSync, writeFileSync } from 'node:fs';

const USAGE = 'Usage: node scripts/changelog.mjs <version> (<YYYY-MM-DD> | --notes <file>)';
const FILE = 'CHANGELOG.md';
const UNRELEASED = 'Unreleased';

function fail(problem) {
  console.error(problem);
  process.exit(1);
}

/** The sections of the file: the title of each, and the text below it. */
const sectionsOf = text => text.split(/^## /m).slice(1).map(section => {
  const [title] = section.split('\n', 1);
  return { title: title.trim(), body: section.slice(title.length).trim() };
});

const isOf = version => ({ title }) => title === version || title.startsWith(`${version} (`);

/** The text of what is unreleased. An empty one means that nobody wrote down what the release changes. */
function unreleased(sections, version) {
  const section = sections.find(({ title }) => title === UNRELEASED);
  if (!section) fail(`${FILE} has no section "## ${UNRELEASED}" to release as ${version}. Add it above the other versions.`);
  if (section.body === '') {
    fail(`"${UNRELEASED}" in ${FILE} is empty. Add a line below it that says what ${version} changes for users.`);
  }
  return section.body;
}

/** On a release's page, links of the repository lead nowhere, so they become addresses of the files at its tag. */
function withAddresses(notes, version) {
  const { repository } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const files = `${repository.url.replace(/\.git$/, '')}/blob/v${version}/`;
  return notes.replace(/\]\((?![a-z]+:|#)/g, `](${files}`);
}

const [given = '', dateOrOption = '', notesFile] = process.argv.slice(2);
const version = given.replace(/^v/, '');
if (!/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version)) fail(`"${given}" is not a version such as 1.2.3.\n${USAGE}`);

const text = readFileSync(FILE, 'utf8');
const sections = sectionsOf(text);
const released = sections.find(isOf(version));

if (dateOrOption === '--notes') {
  if (!notesFile) fail(`The file for the notes is missing.\n${USAGE}`);
  writeFileSync(notesFile, `${withAddresses(released?.body ?? unreleased(sections, version), version)}\n`);
} else {
  if (!/^\d{4}-\d\d-\d\d$/.test(dateOrOption)) fail(`"${dateOrOption}" is not a date such as 2026-01-31.\n${USAGE}`);
  if (released) {
    console.log(`${FILE} has "${released.title}" already, and stays as it is.`);
  } else {
    unreleased(sections, version);
    writeFileSync(FILE, text.replace(/^## Unreleased[^\S\n]*$/m, `## ${UNRELEASED}\n\n## ${version} (${dateOrOption})`));
  }
}
