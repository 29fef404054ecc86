// Given to a process by --import: it is killed at one step of writing a file beside its place.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';

const [name = '', step = ''] = (process.env['SERIN_TEST_DIES'] ?? '').split(':');
const { openSync, writeFileSync, fsyncSync, renameSync } = fs;
let beside = -1;

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('a killed process goes on');
}

fs.openSync = (...args) => {
  const file = openSync(...args);
  if (basename(String(args[0])) === `${name}.new`) beside = file;
  return file;
};
fs.writeFileSync = (file, data, options) => {
  if (file !== beside || step !== 'half' || typeof data !== 'string') return writeFileSync(file, data, options);
  writeFileSync(file, data.slice(0, data.length / 2), options);
  return die();
};
fs.fsyncSync = (file) => (file === beside && step === 'written' ? die() : fsyncSync(file));
fs.renameSync = (from, to) => {
  if (basename(String(to)) !== name) return renameSync(from, to);
  if (step === 'synced') die();
  renameSync(from, to);
  if (step === 'renamed') die();
};
syncBuiltinESMExports();
