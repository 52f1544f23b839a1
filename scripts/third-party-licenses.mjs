// Returns the licenses of the packages in a bundle, because minifying removes their own notices.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @param moduleIds the paths of the bundled modules */
export function thirdPartyLicenses(moduleIds) {
  const folders = new Set(moduleIds.filter(id => id.includes('node_modules')).map(packageFolder));
  const packages = [...folders].map(folder => ({ folder, ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }));
  packages.sort((a, b) => `${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1);
  const byText = new Map();
  for (const each of packages) {
    const text = licenseText(each.folder) ?? `Licence: ${each.license}\n`;
    byText.set(text, [...byText.get(text) ?? [], `${each.name} ${each.version} (${each.license})`]);
  }
  return [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text.trim()}\n`).join(`\n${'-'.repeat(80)}\n\n`);
}

function packageFolder(path) {
  let folder = dirname(path);
  while (!existsSync(join(folder, 'package.json')) || JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === undefined) folder = dirname(folder);
  return folder;
}

function licenseText(folder) {
  const file = readdirSync(folder).find(name => /^licen[cs]e/i.test(name));
  return file && readFileSync(join(folder, file), 'utf8');
}
