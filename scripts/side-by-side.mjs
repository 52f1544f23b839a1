// Runs commands side by side, and fails when one of them fails. The last command follows --, with its arguments.
// Usage: node scripts/side-by-side.mjs "<command>" ... -- <command> [argument ...]
// The outputs are printed in the order of the commands.
import { spawn } from 'node:child_process';

const given = process.argv.slice(2);
const end = given.indexOf('--');
const [last, ...lastArguments] = given.slice(end + 1);
// The commands get no input, so that a command that asks for some does not wait forever.
const stdio = ['ignore', 'pipe', 'pipe'];
const commands = [
  ...given.slice(0, end).map(command => ({ command, started: spawn(command, { shell: true, stdio }) })),
  { command: [last, ...lastArguments].join(' '), started: spawn(last, lastArguments, { stdio }) },
];

/** Keeps the output of a command until it may be shown. */
function heldOutput({ stdout, stderr }) {
  const held = [];
  let isShown = false;
  for (const [from, to] of [[stdout, process.stdout], [stderr, process.stderr]]) {
    from.on('data', chunk => isShown ? to.write(chunk) : held.push([to, chunk]));
  }
  return () => {
    isShown = true;
    for (const [to, chunk] of held.splice(0)) to.write(chunk);
  };
}

const running = commands.map(({ command, started }) => {
  const show = heldOutput(started);
  const exit = new Promise((resolve, reject) => started.once('error', reject).once('close', code => resolve(code ?? 1)));
  return { command, show, exit };
});

for (const { command, show, exit } of running) {
  show();
  const code = await exit;
  if (code === 0) continue;
  process.exitCode = 1;
  console.error(`Failed with ${code}: ${command}`);
}
